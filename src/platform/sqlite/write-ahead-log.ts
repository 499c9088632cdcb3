import type { Bytes } from "./database.ts";

const HEAD = 32;
const FRAME = 24;
const MAGICS = [0x377f0682, 0x377f0683];

/**
 * The write-ahead log beside an SQLite database: pages that are committed and not yet in the file
 * (https://www.sqlite.org/fileformat2.html, section 4). A frame counts when it carries the salts of the log's head, its
 * checksum is right and a commit follows it.
 */
export class WriteAheadLog {
  readonly #read: Bytes;
  readonly #pageSize: number;
  /** Page to the place of its last committed frame. */
  readonly #frames = new Map<number, number>();

  /** Null when there is no log, or it belongs to another page size. */
  static read(read: Bytes, pageSize: number): WriteAheadLog | null {
    const head = read(0, HEAD);
    if (head.length < HEAD || !MAGICS.includes(head.readUInt32BE(0)) || head.readUInt32BE(8) !== pageSize) return null;
    return new WriteAheadLog(read, pageSize, head);
  }

  private constructor(read: Bytes, pageSize: number, head: Buffer) {
    this.#read = read;
    this.#pageSize = pageSize;
    const bigEndian = head.readUInt32BE(0) === MAGICS[1];
    const salts = head.subarray(16, 24);
    let sum = checksum([0, 0], head.subarray(0, 24), bigEndian);
    const pending = new Map<number, number>();
    for (let at = HEAD; ; at += FRAME + pageSize) {
      const frame = read(at, FRAME + pageSize);
      if (frame.length < FRAME + pageSize || !frame.subarray(8, 16).equals(salts)) return;
      sum = checksum(checksum(sum, frame.subarray(0, 8), bigEndian), frame.subarray(FRAME), bigEndian);
      if (frame.readUInt32BE(16) !== sum[0] || frame.readUInt32BE(20) !== sum[1]) return;
      pending.set(frame.readUInt32BE(0), at + FRAME);
      if (frame.readUInt32BE(4) === 0) continue;
      for (const [page, place] of pending) this.#frames.set(page, place);
      pending.clear();
    }
  }

  page(number: number): Buffer | null {
    const place = this.#frames.get(number);
    return place === undefined ? null : this.#read(place, this.#pageSize);
  }
}

/** Section 4.2: two sums over pairs of words. */
function checksum([a, b]: readonly [number, number], bytes: Buffer, bigEndian: boolean): [number, number] {
  let [first, second] = [a, b];
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    const [x, y] = bigEndian
      ? [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)]
      : [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
    first = (first + x + second) >>> 0;
    second = (second + y + first) >>> 0;
  }
  return [first, second];
}
