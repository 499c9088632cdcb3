import { fromBytes, type Untrusted } from "../model/text.ts";

/** Tags of rpm headers (rpm's include/rpm/rpmtag.h). */
export const TAG = {
  headerSignatures: 62,
  headerImmutable: 63,
  rsaHeader: 268,
  sha256Header: 273,
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  installTime: 1008,
  arch: 1022,
  description: 1005,
  oldFileNames: 1027,
  fileSizes: 1028,
  fileStates: 1029,
  fileModes: 1030,
  fileDigests: 1035,
  fileFlags: 1037,
  fileTimes: 1034,
  fileUserName: 1039,
  fileGroupName: 1040,
  fileVerifyFlags: 1045,
  directoryIndexes: 1116,
  baseNames: 1117,
  directoryNames: 1118,
  fileCapabilities: 5010,
  payloadCompressor: 1125,
  fileLinks: 1036,
  digestAlgorithm: 5011,
} as const;

const ENTRY = 16;
const MOST_ENTRIES = 0xffff;
/** Values of one tag. The packages with most files have a few hundred thousand. */
const MOST_VALUES = 1 << 20;
/** Types: CHAR 1, INT8 2, INT16 3, INT32 4, INT64 5, STRING 6, BIN 7, STRING_ARRAY 8, I18NSTRING 9. */
const WIDTH: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4 };
const STRINGS = new Set([6, 8, 9]);
const BINARY = 7;

/**
 * One header as the database keeps it: number of index entries and bytes of data (big-endian words), the entries (tag,
 * type, offset, count), the data (rpm's lib/header.c). What is damaged is not there. A header with a tag of more than a million
 * texts or numbers is none: a few bytes that claim so many would cost gigabytes.
 */
export class RpmHeader {
  readonly #data: Buffer;
  readonly #entries = new Map<number, { type: number; offset: number; count: number }>();

  /** Null when it is none. */
  static read(blob: Buffer): RpmHeader | null {
    if (blob.length < 8) return null;
    const [entries, bytes] = [blob.readUInt32BE(0), blob.readUInt32BE(4)];
    if (entries === 0 || entries > MOST_ENTRIES || 8 + entries * ENTRY + bytes > blob.length) return null;
    const header = new RpmHeader(blob, entries, bytes);
    return header.#isBounded() ? header : null;
  }

  private constructor(blob: Buffer, entries: number, bytes: number) {
    const start = 8 + entries * ENTRY;
    this.#data = blob.subarray(start, start + bytes);
    for (let at = 8; at < start; at += ENTRY) {
      const [tag, type, offset, count] = [0, 4, 8, 12].map((field) => blob.readUInt32BE(at + field));
      this.#entries.set(tag as number, { type: type as number, offset: offset as number, count: count as number });
    }
  }

  #isBounded(): boolean {
    for (const { type, count } of this.#entries.values()) if (type !== BINARY && count > MOST_VALUES) return false;
    return true;
  }

  /** Bytes of a tag of type BIN; null: none, or cut off. */
  binary(tag: number): Buffer | null {
    const entry = this.#entries.get(tag);
    if (entry?.type !== BINARY || entry.offset + entry.count > this.#data.length) return null;
    return this.#data.subarray(entry.offset, entry.offset + entry.count);
  }

  string(tag: number): Untrusted | null {
    return this.strings(tag)[0] ?? null;
  }

  /** Texts of a tag; fewer than it claims where the data end. */
  strings(tag: number): Untrusted[] {
    const entry = this.#entries.get(tag);
    if (entry === undefined || !STRINGS.has(entry.type)) return [];
    const found: Untrusted[] = [];
    const wanted = entry.type === 6 ? 1 : entry.count;
    for (let at = entry.offset; found.length < wanted && at < this.#data.length;) {
      const end = this.#data.indexOf(0, at);
      if (end < 0) break;
      found.push(fromBytes(this.#data.subarray(at, end)));
      at = end + 1;
    }
    return found;
  }

  number(tag: number): number | null {
    return this.numbers(tag)[0] ?? null;
  }

  numbers(tag: number): number[] {
    const entry = this.#entries.get(tag);
    const width = entry === undefined ? undefined : WIDTH[entry.type];
    if (entry === undefined || width === undefined || entry.offset > this.#data.length) return [];
    const count = Math.min(entry.count, Math.floor((this.#data.length - entry.offset) / width));
    return Array.from({ length: count }, (_, index) => this.#data.readUIntBE(entry.offset + index * width, width));
  }
}
