/** Writes small ELF files of every class and byte order, for tests. */
export interface Sample {
  bits: 32 | 64;
  littleEndian: boolean;
  machine: number;
  type: number;
  interpreter?: string;
  needed?: string[];
  buildId?: string;
  symbols?: boolean;
}

const PAGE = 0x1000;
const BASE = 0x400000;

export function elfSample(sample: Sample): Uint8Array {
  const { bits, littleEndian } = sample;
  const wide = bits === 64;
  const out = new DataView(new ArrayBuffer(2 * PAGE));
  const bytes = new Uint8Array(out.buffer);
  const half = (at: number, value: number) => out.setUint16(at, value, littleEndian);
  const word = (at: number, value: number) => out.setUint32(at, value, littleEndian);
  const long = (at: number, value: number) =>
    wide ? out.setBigUint64(at, BigInt(value), littleEndian) : word(at, value);
  const text = (at: number, value: string) => bytes.set(new TextEncoder().encode(value + "\0"), at);
  const size = wide ? 8 : 4;

  const segments: [type: number, offset: number, length: number, align: number][] = [[1, 0, 2 * PAGE, PAGE]];
  let at = 0x800;
  if (sample.interpreter !== undefined) {
    text(at, sample.interpreter);
    segments.push([3, at, sample.interpreter.length + 1, 1]);
    at += 0x100;
  }
  if (sample.buildId !== undefined) {
    const id = Buffer.from(sample.buildId, "hex");
    word(at, 4);
    word(at + 4, id.length);
    word(at + 8, 3);
    text(at + 12, "GNU");
    bytes.set(id, at + 16);
    segments.push([4, at, 16 + id.length, 4]);
    at += 0x100;
  }
  if (sample.needed !== undefined) {
    const strings = PAGE;
    let string = 1;
    const dynamic = at;
    for (const name of sample.needed) {
      long(at, 1);
      long(at + size, string);
      text(strings + string, name);
      string += name.length + 1;
      at += 2 * size;
    }
    long(at, 5);
    long(at + size, BASE + strings);
    at += 2 * size;
    segments.push([2, dynamic, at + 2 * size - dynamic, size]);
  }

  bytes.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, littleEndian ? 1 : 2, 1], 0);
  half(16, sample.type);
  half(18, sample.machine);
  word(20, 1);
  const header = wide ? 64 : 52;
  const program = wide ? 56 : 32;
  const section = wide ? 64 : 40;
  const sectionsAt = PAGE + 0x800;
  long(wide ? 32 : 28, header);
  long(wide ? 40 : 32, sectionsAt);
  const tail = wide ? 52 : 40;
  half(tail, header);
  half(tail + 2, program);
  half(tail + 4, segments.length);
  half(tail + 6, section);
  half(tail + 8, 2);
  for (const [number, [type, offset, length, align]] of segments.entries()) {
    const entry = header + number * program;
    word(entry, type);
    long(entry + (wide ? 8 : 4), offset);
    long(entry + (wide ? 16 : 8), BASE + offset);
    long(entry + (wide ? 32 : 16), length);
    long(entry + (wide ? 48 : 28), align);
  }
  word(sectionsAt + section + 4, sample.symbols ? 2 : 1);
  return bytes;
}
