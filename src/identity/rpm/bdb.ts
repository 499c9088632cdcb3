import type { Bytes } from "../../platform/sqlite/database.ts";

const HASH_MAGIC = 0x061561;
const HEAD = 26;
/** Page types of Berkeley DB 4 and 5 (dbinc/db_page.h): unsorted and sorted hash pages, overflow pages. */
const HASH_PAGES: ReadonlySet<number> = new Set([2, 13]);
const OVERFLOW = 7;
/** Item types on a hash page: the bytes themselves, or a place elsewhere. */
const KEYDATA = 1;
const OFFPAGE = 3;
const LONGEST = 64 << 20;
const MOST_PAGES = 1 << 22;

/** Whether the file is a Berkeley DB hash database, of either byte order. */
export function isBdb(read: Bytes): boolean {
  const head = read(0, 72);
  return head.length === 72 && (head.readUInt32LE(12) === HASH_MAGIC || head.readUInt32BE(12) === HASH_MAGIC);
}

/**
 * Header blobs of `Packages` as rpm 4.15 and older keep it (CentOS 7 and 8, old SUSE): a hash database whose keys are
 * package numbers. Every page is looked at, so no hash function is needed. Key 0 holds the last number given. A null blob
 * stands for what is damaged: an item, or all that is behind the end of the file.
 */
export function* bdbBlobs(read: Bytes): Generator<{ blob: Buffer | null; locator: string }> {
  const file = new HashFile(read);
  for (let number = 1; number <= file.lastPage; number++) {
    const page = file.page(number);
    const locator = `page ${number}`;
    if (page === null) return yield { blob: null, locator: `${locator}, where the file ends` };
    if (!HASH_PAGES.has(page[25] as number)) continue;
    const items = file.itemsOn(page);
    for (let index = 0; index + 1 < items.length; index += 2) {
      const key = file.content(items[index]);
      if (key?.length === 4 && key.every((byte) => byte === 0)) continue;
      yield { blob: key?.length === 4 ? file.content(items[index + 1]) : null, locator };
    }
  }
}

class HashFile {
  readonly lastPage: number;
  readonly #read: Bytes;
  readonly #little: boolean;
  readonly #pageSize: number;
  /** A page belongs to one item: without this, a chain that leads to itself becomes an item of any length, many times. */
  readonly #chained = new Set<number>();

  constructor(read: Bytes) {
    this.#read = read;
    const head = read(0, 72);
    this.#little = head.readUInt32LE(12) === HASH_MAGIC;
    this.#pageSize = Math.max(512, Math.min(65_536, this.#word(head, 20)));
    this.lastPage = Math.min(this.#word(head, 32), MOST_PAGES);
  }

  page(number: number): Buffer | null {
    const page = this.#read(number * this.#pageSize, this.#pageSize);
    return page.length === this.#pageSize ? page : null;
  }

  /** Items of a hash page, each before the one before it; null: one that is not there. */
  itemsOn(page: Buffer): (Buffer | null)[] {
    const count = Math.min(this.#half(page, 20), (page.length - HEAD) >> 1);
    let end = page.length;
    return Array.from({ length: count }, (_, index) => {
      const start = this.#half(page, HEAD + index * 2);
      if (start >= end || start < HEAD + count * 2) return null;
      const item = page.subarray(start, end);
      end = start;
      return item;
    });
  }

  /** What an item holds, or what is at the place that it names. */
  content(item: Buffer | null | undefined): Buffer | null {
    if (item?.[0] === KEYDATA) return item.subarray(1);
    if (item?.[0] !== OFFPAGE || item.length < 12) return null;
    return this.#chain(this.#word(item, 4), this.#word(item, 8));
  }

  #chain(first: number, length: number): Buffer | null {
    if (length > LONGEST) return null;
    const parts: Buffer[] = [];
    let left = length;
    for (let number = first; left > 0 && number !== 0;) {
      const page = this.page(number);
      if (page === null || page[25] !== OVERFLOW || this.#chained.has(number)) return null;
      this.#chained.add(number);
      const part = page.subarray(HEAD, HEAD + Math.min(left, this.#half(page, 22)));
      if (part.length === 0) return null;
      parts.push(part);
      left -= part.length;
      number = this.#word(page, 16);
    }
    return left > 0 ? null : Buffer.concat(parts);
  }

  #half(bytes: Buffer, at: number): number {
    return this.#little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
  }

  #word(bytes: Buffer, at: number): number {
    return this.#little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  }
}
