import { fromBytes, type Untrusted } from "../model/text.ts";

/** Bytes of a file by position. Returns fewer than asked, or none, where the file ends. */
export type ByteSource = (offset: number, length: number) => Uint8Array;

/** One program header, see elf(5). */
export interface Segment {
  type: number;
  /** PF_X 1, PF_W 2, PF_R 4. */
  flags: number;
  offset: number;
  address: number;
  fileSize: number;
  alignment: number;
}

/** One section header. Names are left out: types say what is asked here, and a packer may strip or forge names. */
export interface Section {
  type: number;
  offset: number;
  size: number;
  alignment: number;
}

/** Header and tables of an ELF file, with what was wrong with them. */
export interface ElfFile {
  bits: 32 | 64;
  littleEndian: boolean;
  type: number;
  machine: number;
  segments: Segment[];
  sections: Section[];
  problems: string[];
}

const MAX_HEADERS = 4096;
/** e_phnum and e_shnum that say: the number is in section header 0 (elf(5), PN_XNUM). */
const EXTENDED = 0xffff;

/** Numbers in one byte order. Reading outside throws, so callers compare with `length` first. */
export class Fields {
  readonly #view: DataView;
  readonly #little: boolean;

  constructor(bytes: Uint8Array, littleEndian: boolean) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#little = littleEndian;
  }

  get length(): number {
    return this.#view.byteLength;
  }

  byte(at: number): number {
    return this.#view.getUint8(at);
  }

  half(at: number): number {
    return this.#view.getUint16(at, this.#little);
  }

  word(at: number): number {
    return this.#view.getUint32(at, this.#little);
  }

  /** A word of the class's size. Beyond 2^53 it is rounded: no file is that long. */
  long(at: number, bits: 32 | 64): number {
    return bits === 32 ? this.word(at) : Number(this.#view.getBigUint64(at, this.#little));
  }
}

/** Reads the ELF header and both header tables. Null when it is not ELF or not even its header is whole. */
export function readElfFile(source: ByteSource): ElfFile | null {
  const ident = source(0, 64);
  if (ident.length < 52 || ident[0] !== 0x7f || ident[1] !== 0x45 || ident[2] !== 0x4c || ident[3] !== 0x46)
    return null;
  const bits = ident[4] === 1 ? 32 : ident[4] === 2 ? 64 : null;
  if (bits === null || (ident[5] !== 1 && ident[5] !== 2) || (bits === 64 && ident.length < 64)) return null;
  const littleEndian = ident[5] === 1;
  const header = new Fields(ident, littleEndian);
  const wide = bits === 64;
  const file: ElfFile = {
    bits,
    littleEndian,
    type: header.half(16),
    machine: header.half(18),
    segments: [],
    sections: [],
    problems: [],
  };
  const tail = wide ? 52 : 40;
  const programs = {
    offset: header.long(wide ? 32 : 28, bits),
    size: header.half(tail + 2),
    count: header.half(tail + 4),
  };
  const sections = {
    offset: header.long(wide ? 40 : 32, bits),
    size: header.half(tail + 6),
    count: header.half(tail + 8),
  };
  if (sections.offset !== 0 && (sections.count === 0 || programs.count === EXTENDED)) {
    const [first] = readSections(source, file, { ...sections, count: 1 });
    if (first && sections.count === 0) sections.count = first.size;
    if (first && programs.count === EXTENDED) programs.count = first.info;
  }
  file.segments = readSegments(source, file, programs);
  file.sections = readSections(source, file, sections);
  return file;
}

interface Table {
  offset: number;
  size: number;
  count: number;
}

function readSegments(source: ByteSource, file: ElfFile, table: Table): Segment[] {
  const wide = file.bits === 64;
  return readTable(source, file, table, wide ? 56 : 32, "program headers", (entry, at) => ({
    type: entry.word(at),
    flags: entry.word(at + (wide ? 4 : 24)),
    offset: entry.long(at + (wide ? 8 : 4), file.bits),
    address: entry.long(at + (wide ? 16 : 8), file.bits),
    fileSize: entry.long(at + (wide ? 32 : 16), file.bits),
    alignment: entry.long(at + (wide ? 48 : 28), file.bits),
  }));
}

function readSections(source: ByteSource, file: ElfFile, table: Table): (Section & { info: number })[] {
  const wide = file.bits === 64;
  return readTable(source, file, table, wide ? 64 : 40, "section headers", (entry, at) => ({
    type: entry.word(at + 4),
    offset: entry.long(at + (wide ? 24 : 16), file.bits),
    size: entry.long(at + (wide ? 32 : 20), file.bits),
    info: entry.word(at + (wide ? 44 : 28)),
    alignment: entry.long(at + (wide ? 48 : 32), file.bits),
  }));
}

function readTable<T>(
  source: ByteSource,
  file: ElfFile,
  table: Table,
  size: number,
  what: string,
  read: (entry: Fields, at: number) => T,
): T[] {
  if (table.offset === 0 || table.count === 0) return [];
  if (table.size !== size) {
    file.problems.push(`${what} are ${table.size} bytes each, not ${size}`);
    return [];
  }
  const count = Math.min(table.count, MAX_HEADERS);
  const fields = new Fields(source(table.offset, count * size), file.littleEndian);
  const whole = Math.min(count, Math.floor(fields.length / size));
  if (whole < table.count) file.problems.push(`${whole} of ${table.count} ${what} can be read`);
  return Array.from({ length: whole }, (_, number) => read(fields, number * size));
}

/** Text up to the first NUL, at most `limit` bytes. */
export function stringAt(source: ByteSource, offset: number, limit = 4096): Untrusted {
  const bytes = source(offset, limit);
  const end = bytes.indexOf(0);
  return fromBytes(bytes.subarray(0, end < 0 ? bytes.length : end));
}
