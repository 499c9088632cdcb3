import { fromBytes, type Untrusted } from "../../model/text.ts";
import { unpackedData } from "./data.ts";
import { Pages } from "./pages.ts";

/**
 * A file of systemd's journal, read at the times that are asked for (systemd.io/JOURNAL_FILE_FORMAT, journal-def.h): a header,
 * objects of 8-byte alignment, entries in the order in which they were written, found through chained arrays of offsets. It may
 * be written meanwhile, cut off, or made by an enemy: nothing in it is believed before it lies inside the file, chains only
 * lead forward, and all counts have bounds.
 */

const SIGNATURE = "LPKSHHRH";
const COMPACT = 16;
/** XZ, LZ4, keyed hash, ZSTD, compact: what is understood of `incompatible_flags`. */
const KNOWN_FLAGS = 1 | 2 | 4 | 8 | COMPACT;
const HEADER = 208;

const DATA = 1;
const ENTRY = 3;
const ENTRY_ARRAY = 6;

const MOST_ARRAYS = 4096;
const MOST_ITEMS = 512;
const MOST_PAYLOAD = 1 << 20;
const KEPT_DATA = 20_000;

export interface JournalEntry {
  /** Milliseconds since 1970, by the clock of the host when it was written. */
  ms: number;
  /** Number of the entry among those of its journal. */
  number: bigint;
  /** Those of the fields asked for that it has; of one that it has several times, the last. */
  fields: ReadonlyMap<string, Untrusted>;
}

/** Why a file cannot be read. */
export type NoJournal = { problem: "no-journal" } | { problem: "newer"; flags: number };

export class JournalFile {
  /** Of its oldest and newest entry, milliseconds since 1970; null: it has none. */
  readonly span: { from: number; to: number } | null;
  /** Objects that are damaged where one was looked for. */
  damaged = 0;
  readonly #pages: Pages;
  readonly #compact: boolean;
  readonly #entries: number;
  readonly #firstArray: number;
  readonly #wanted: ReadonlySet<string>;
  readonly #data = new Map<number, readonly [string, Untrusted] | null>();
  #arrays: EntryArray[] | null = null;

  private constructor(pages: Pages, header: Buffer, wanted: ReadonlySet<string>) {
    this.#pages = pages;
    this.#wanted = wanted;
    this.#compact = (header.readUInt32LE(12) & COMPACT) !== 0;
    this.#entries = numberAt(header, 152);
    this.#firstArray = numberAt(header, 176);
    const [from, to] = [numberAt(header, 184) / 1000, numberAt(header, 192) / 1000];
    this.span = this.#entries === 0 || from === 0 ? null : { from, to: Math.max(from, to) };
  }

  /** @param wanted names of the fields that entries are given with */
  static open(fd: number, wanted: ReadonlySet<string>): JournalFile | NoJournal {
    const pages = new Pages(fd);
    const header = pages.read(0, HEADER);
    if (header === null || header.toString("latin1", 0, 8) !== SIGNATURE) return { problem: "no-journal" };
    const flags = header.readUInt32LE(12);
    if ((flags & ~KNOWN_FLAGS) !== 0) return { problem: "newer", flags };
    return new JournalFile(pages, header, wanted);
  }

  /** Entries of a stretch of time, milliseconds, in their order. Found by bisection: a clock that was set back may hide some. */
  async *between(from: number, to: number): AsyncGenerator<JournalEntry> {
    this.#arrays ??= this.#readArrays();
    for (const array of this.#arrays) {
      for (let index = this.#firstFrom(array, from); index < array.count; index++) {
        const offset = this.#itemOf(array, index);
        // The last array has room for entries to come.
        if (offset === 0) break;
        const entry = this.#head(offset);
        if (entry === null) this.damaged++;
        else if (entry.ms > to) break;
        else if (entry.ms >= from) yield { ...entry, fields: await this.#fields(offset, entry.size) };
      }
    }
  }

  /** The first entry of an array that is not before a time. A damaged one counts as before it. */
  #firstFrom(array: EntryArray, from: number): number {
    let [low, high] = [0, array.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      const offset = this.#itemOf(array, middle);
      const ms = offset === 0 ? Number.POSITIVE_INFINITY : (this.#head(offset)?.ms ?? Number.NEGATIVE_INFINITY);
      if (ms < from) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #readArrays(): EntryArray[] {
    const arrays: EntryArray[] = [];
    let left = this.#entries;
    for (let offset = this.#firstArray; offset !== 0 && left > 0 && arrays.length < MOST_ARRAYS;) {
      const object = this.#object(offset, ENTRY_ARRAY);
      const next = object === null ? null : this.#pages.read(offset + 16, 8);
      if (object === null || next === null) {
        this.damaged++;
        break;
      }
      const count = Math.min(left, Math.floor((object.size - 24) / this.#itemSize));
      arrays.push({ offset, count });
      left -= count;
      const following = numberAt(next, 0);
      if (following !== 0 && following <= offset) {
        this.damaged++;
        break;
      }
      offset = following;
    }
    return arrays;
  }

  get #itemSize(): 4 | 8 {
    return this.#compact ? 4 : 8;
  }

  /** Offset of an entry; 0: none, or outside of the file. */
  #itemOf({ offset }: EntryArray, index: number): number {
    const item = this.#pages.read(offset + 24 + index * this.#itemSize, this.#itemSize);
    if (item === null) return 0;
    return this.#compact ? item.readUInt32LE(0) : numberAt(item, 0);
  }

  #head(offset: number): { ms: number; number: bigint; size: number } | null {
    const object = this.#object(offset, ENTRY);
    const head = object === null || object.size < 64 ? null : this.#pages.read(offset + 16, 16);
    if (object === null || head === null) return null;
    return { number: head.readBigUInt64LE(0), ms: numberAt(head, 8) / 1000, size: object.size };
  }

  async #fields(entry: number, size: number): Promise<Map<string, Untrusted>> {
    const fields = new Map<string, Untrusted>();
    const item = this.#compact ? 4 : 16;
    const count = Math.min(MOST_ITEMS, Math.floor((size - 64) / item));
    for (let n = 0; n < count; n++) {
      const bytes = this.#pages.read(entry + 64 + n * item, this.#itemSize);
      if (bytes === null) break;
      const field = await this.#field(this.#compact ? bytes.readUInt32LE(0) : numberAt(bytes, 0));
      if (field !== null) fields.set(...field);
    }
    return fields;
  }

  /** Name and value of a data object; null: not asked for, or damaged. */
  async #field(offset: number): Promise<readonly [string, Untrusted] | null> {
    const known = this.#data.get(offset);
    if (known !== undefined) return known;
    const field = await this.#readField(offset);
    if (this.#data.size >= KEPT_DATA) this.#data.clear();
    this.#data.set(offset, field);
    return field;
  }

  async #readField(offset: number): Promise<readonly [string, Untrusted] | null> {
    const object = this.#object(offset, DATA);
    const begin = this.#compact ? 72 : 64;
    const payload =
      object === null ? null : this.#pages.read(offset + begin, Math.min(MOST_PAYLOAD, object.size - begin));
    const data = object === null || payload === null ? null : await unpackedData(payload, object.flags);
    if (data === null) {
      this.damaged++;
      return null;
    }
    const equals = data.indexOf(0x3d);
    const name = data.toString("latin1", 0, Math.max(0, Math.min(equals, 64)));
    return this.#wanted.has(name) ? [name, fromBytes(data.subarray(equals + 1))] : null;
  }

  /** Flags and size of the object at an offset, whole in the file; null: there is none of this type. */
  #object(offset: number, type: number): { flags: number; size: number } | null {
    const head = offset % 8 === 0 && offset > 0 ? this.#pages.read(offset, 16) : null;
    if (head === null || head[0] !== type) return null;
    const size = numberAt(head, 8);
    return size < 24 || offset + size > this.#pages.size ? null : { flags: head[1] as number, size };
  }
}

interface EntryArray {
  offset: number;
  count: number;
}

/** A 64-bit number. What is beyond 2^53 lies in no file, and is no time. */
function numberAt(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at));
}
