import type { Bytes } from "../../platform/sqlite/database.ts";

const PAGE = 4096;
const SLOT = 16;
const BLOCK = 16;
const LONGEST = 64 << 20;
const MOST_PAGES = 4096;
const magic = (name: string): number => Buffer.from(name, "latin1").readUInt32LE(0);

/**
 * Header blobs of an ndb database (openSUSE; rpm's lib/backend/ndb/rpmpkg.c): a head, pages of slots (package number,
 * first block, blocks), blobs of blocks of 16 bytes, all little-endian. Null when it is none.
 */
export function* ndbBlobs(read: Bytes): Generator<{ blob: Buffer | null; locator: string }> {
  const pages = Math.min(read(0, 32).readUInt32LE(12), MOST_PAGES);
  const slots = read(0, pages * PAGE);
  if (slots.length < pages * PAGE) yield { blob: null, locator: `byte ${slots.length}, where the file ends` };
  const blobs = new Blobs(read);
  // The head takes the room of the first two slots.
  for (let at = 2 * SLOT; at + SLOT <= slots.length; at += SLOT) {
    if (slots.readUInt32LE(at) !== magic("Slot")) {
      yield { blob: null, locator: `slot at byte ${at}` };
      continue;
    }
    const [number, block, blocks] = [4, 8, 12].map((field) => slots.readUInt32LE(at + field)) as [
      number,
      number,
      number,
    ];
    if (block === 0) continue;
    yield { blob: blobs.at(number, block * BLOCK, blocks * BLOCK), locator: `package ${number}` };
  }
}

/** Whether the file is one. */
export function isNdb(read: Bytes): boolean {
  const head = read(0, 32);
  return head.length === 32 && head.readUInt32LE(0) === magic("RpmP");
}

class Blobs {
  readonly #read: Bytes;
  #used = 0;
  #end = 0;

  constructor(read: Bytes) {
    this.#read = read;
  }

  /**
   * Null: none, or a damaged one. Blobs do not overlap, so all together are no longer than the place where the last one ends:
   * without this a file of a few megabytes could name one blob a million times.
   */
  at(number: number, offset: number, room: number): Buffer | null {
    const head = this.#read(offset, 16);
    if (head.length < 16 || head.readUInt32LE(0) !== magic("BlbS") || head.readUInt32LE(4) !== number) return null;
    const length = head.readUInt32LE(12);
    const end = Math.max(this.#end, offset + 16 + length);
    if (length > LONGEST || length + 16 > room || this.#used + length > end) return null;
    this.#used += length;
    const blob = this.#read(offset + 16, length);
    if (blob.length < length) return null;
    this.#end = end;
    return blob;
  }
}
