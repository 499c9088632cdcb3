import type { RandomBytes } from "../../model/random-bytes.ts";
import { unpacker, type Unpack } from "./compression.ts";
import { Cursor, DamagedTrace, inMemory } from "./cursor.ts";
import type { Description, TraceBuffer } from "./description.ts";
import { Option, Section } from "./layout.ts";

const PACKED = 1;
const MOST_CPUS = 65_536;
/** An honest file has one section of options, or one more for each time it was written to again. */
const MOST_OPTION_SECTIONS = 64;

/**
 * Reads all that describes the trace of a version 7 file (trace-cmd.dat.v7(5)); the cursor stands behind the page size.
 * Throws `DamagedTrace`, also for a compression that is not known here.
 */
export function readVersionSeven(cursor: Cursor, description: Description, source: RandomBytes): void {
  description.compression = cursor.string(64);
  cursor.string(64);
  const unpack = unpacker(description.compression);
  const sections = new Sections(source, unpack);
  const begun = new Set<number>();
  const later: (() => void)[] = [];
  for (let next = cursor.u64(); next !== 0;) {
    if (begun.has(next) || begun.size >= MOST_OPTION_SECTIONS)
      throw new DamagedTrace("its options lead round in a circle", next);
    begun.add(next);
    next = readOptions(sections.open(next, Section.options), description, sections, later);
  }
  // Formats and names may stand anywhere: they are read when it is known where, so that damage there costs only them.
  for (const read of later) read();
}

/** @returns where the next section of options stands, 0 for none */
function readOptions(cursor: Cursor, description: Description, sections: Sections, later: (() => void)[]): number {
  for (;;) {
    const kind = cursor.u16();
    const data = Uint8Array.from(cursor.take(cursor.u32()));
    const inside = new Cursor(inMemory(data), 0);
    if (kind === Option.done) return data.length >= 8 ? inside.u64() : 0;
    if (description.option(kind, data)) continue;
    if (kind === Option.buffer) description.buffers.push(bufferOf(inside, sections));
    else if (kind === Option.headerInfo)
      later.unshift(() => description.headerInfo(sections.open(inside.u64(), Section.headerInfo)));
    else if (kind === Option.ftraceEvents)
      later.push(() => description.ftraceEvents(sections.open(inside.u64(), Section.ftraceEvents)));
    else if (kind === Option.eventFormats)
      later.push(() => description.eventFormats(sections.open(inside.u64(), Section.eventFormats)));
    else if (kind === Option.cmdlines)
      later.push(() => description.cmdlines(sections.open(inside.u64(), Section.cmdlines)));
  }
}

function bufferOf(option: Cursor, sections: Sections): TraceBuffer {
  const packed = sections.isPacked(option.u64());
  const name = option.string();
  const clock = option.string();
  option.u32();
  const count = option.u32();
  if (count > MOST_CPUS) throw new DamagedTrace(`${count} CPUs`, option.at - 4);
  const cpus = Array.from({ length: count }, () => ({ cpu: option.u32(), at: option.u64(), size: option.u64() }));
  return { name, clock, cpus, packed };
}

/** Sections by their place, unpacked. */
class Sections {
  readonly #source: RandomBytes;
  readonly #unpack: Unpack | null;

  constructor(source: RandomBytes, unpack: Unpack | null) {
    this.#source = source;
    this.#unpack = unpack;
  }

  isPacked(at: number): boolean {
    const cursor = new Cursor(this.#source, at);
    cursor.u16();
    return (cursor.u16() & PACKED) !== 0;
  }

  open(at: number, kind: number): Cursor {
    const cursor = new Cursor(this.#source, at);
    const found = cursor.u16();
    if (found !== kind) throw new DamagedTrace(`a section of kind ${found} where one of kind ${kind} should be`, at);
    const flags = cursor.u16();
    // The number of a description that nobody needs, and the size as stored.
    cursor.u32();
    cursor.u64();
    if ((flags & PACKED) === 0) return cursor;
    if (this.#unpack === null) throw new DamagedTrace("it is packed in a way that is not known here", at);
    const packed = cursor.u32();
    const length = cursor.u32();
    return new Cursor(inMemory(this.#unpack(cursor.take(packed), length, cursor.at)), 0);
  }
}
