/** Magic number and version of the format (bbolt db.go). */
const MAGIC = 0xed0cdaed;
const VERSION = 2;
/** Flags of a page (page.go) and of an element that is a bucket (bucket.go). */
const BRANCH = 0x01;
const LEAF = 0x02;
const BUCKET = 0x01;
/** A header: id (8 bytes), flags (2), count (2), overflow (4). */
const HEADER = 16;
/** An element of either kind of page, as it stands after the header. */
const ELEMENT = 16;
/** A bucket's value: the page of its root (8), a sequence (8); root 0: a page follows in the value itself. */
const BUCKET_HEADER = 16;
/** Pages deeper than this, and more of them, have no place in the databases of container managers. */
const MAX_DEPTH = 32;
const MAX_PAGES = 100_000;
const MAX_ENTRIES = 2_000_000;

/** A key of a bucket with its value, or the bucket that it stands for. */
export interface BoltEntry {
  key: Buffer;
  value: Buffer | BoltBucket;
}

/** The database is none, or damaged, or was written to while it was read. */
export class BoltDamage extends Error {}

/**
 * A database of bbolt (go.etcd.io/bbolt: a B+ tree in pages, of which the newest of two meta pages names the root), read whole
 * into memory: nothing of it is locked, and a page that is not the one it should be is damage. Whoever writes changes no page
 * that the newest meta page leads to, but may reuse older ones while the file is read.
 */
export class BoltBucket {
  readonly #file: BoltFile;
  readonly #root: { page: number } | { inline: Buffer };

  constructor(file: BoltFile, root: { page: number } | { inline: Buffer }) {
    this.#file = file;
    this.#root = root;
  }

  /** Opens a database; throws `BoltDamage`. */
  static open(bytes: Buffer): BoltBucket {
    const file = new BoltFile(bytes);
    return new BoltBucket(file, { page: file.rootPage });
  }

  /** Entries by their keys. Throws `BoltDamage`. */
  *entries(): Generator<BoltEntry> {
    const page = "page" in this.#root ? this.#file.page(this.#root.page) : this.#root.inline;
    yield* this.#walk(page, 0);
  }

  /** The bucket of a key; null: there is none. */
  bucket(name: string): BoltBucket | null {
    const found = this.#find(name);
    return found instanceof BoltBucket ? found : null;
  }

  /** The value of a key; null: there is none. */
  value(name: string): Buffer | null {
    const found = this.#find(name);
    return found === null || found instanceof BoltBucket ? null : found;
  }

  #find(name: string): BoltEntry["value"] | null {
    const wanted = Buffer.from(name);
    for (const { key, value } of this.entries()) if (key.equals(wanted)) return value;
    return null;
  }

  *#walk(page: Buffer, depth: number): Generator<BoltEntry> {
    if (depth > MAX_DEPTH) throw new BoltDamage("its pages are too deep");
    const flags = at(page, 8, 2);
    const count = at(page, 10, 2);
    for (let i = 0; i < count; i++) {
      this.#file.countEntry();
      const element = HEADER + i * ELEMENT;
      if ((flags & BRANCH) !== 0) yield* this.#walk(this.#file.page(at(page, element + 8, 8)), depth + 1);
      else if ((flags & LEAF) !== 0) yield this.#entryAt(page, element);
      else throw new BoltDamage("a page that is neither branch nor leaf");
    }
  }

  #entryAt(page: Buffer, element: number): BoltEntry {
    const isBucket = (at(page, element, 4) & BUCKET) !== 0;
    const from = element + at(page, element + 4, 4);
    const keySize = at(page, element + 8, 4);
    const key = part(page, from, keySize);
    const value = part(page, from + keySize, at(page, element + 12, 4));
    if (!isBucket) return { key, value };
    const root = at(value, 0, 8);
    const inline = root === 0 ? part(value, BUCKET_HEADER, value.length - BUCKET_HEADER) : null;
    return { key, value: new BoltBucket(this.#file, inline === null ? { page: root } : { inline }) };
  }
}

class BoltFile {
  readonly rootPage: number;
  readonly #bytes: Buffer;
  readonly #pageSize: number;
  #read = 0;
  #entries = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    // The second meta page stands after the first, whose size only a good one tells.
    const metas = [0, 4096, 8192, 16_384, 65_536].flatMap((offset) => metaAt(bytes, offset) ?? []);
    const [newest] = metas.sort((a, b) => b.transaction - a.transaction);
    if (newest === undefined) throw new BoltDamage("no database of bbolt");
    this.#pageSize = newest.pageSize;
    this.rootPage = newest.root;
  }

  /** A page may be led to again and again. */
  countEntry(): void {
    if (++this.#entries > MAX_ENTRIES) throw new BoltDamage("more entries than are read");
  }

  page(id: number): Buffer {
    if (++this.#read > MAX_PAGES) throw new BoltDamage("more pages than a tree can have");
    const start = id * this.#pageSize;
    const first = part(this.#bytes, start, this.#pageSize);
    if (at(first, 0, 8) !== id) throw new BoltDamage("a page is another one: it was written to while it was read");
    const overflow = at(first, 12, 4);
    return overflow === 0 ? first : part(this.#bytes, start, (1 + overflow) * this.#pageSize);
  }
}

/** A meta page whose checksum is right: where the root is, and which transaction wrote it; null: none is here. */
function metaAt(bytes: Buffer, offset: number): { pageSize: number; root: number; transaction: number } | null {
  const meta = offset + HEADER;
  if (bytes.length < meta + 64) return null;
  if (at(bytes, meta, 4) !== MAGIC || at(bytes, meta + 4, 4) !== VERSION) return null;
  if (fnv64a(bytes.subarray(meta, meta + 56)) !== bytes.readBigUInt64LE(meta + 56)) return null;
  const pageSize = at(bytes, meta + 8, 4);
  if (pageSize < 512 || pageSize > 1 << 20) return null;
  return { pageSize, root: at(bytes, meta + 16, 8), transaction: at(bytes, meta + 48, 8) };
}

/** A number of 2, 4 or 8 bytes; the machine's own order, which is little-endian wherever this runs. */
function at(bytes: Buffer, offset: number, size: 2 | 4 | 8): number {
  if (offset < 0 || offset + size > bytes.length) throw new BoltDamage("it ends too early");
  if (size === 2) return bytes.readUInt16LE(offset);
  return size === 4 ? bytes.readUInt32LE(offset) : Number(bytes.readBigUInt64LE(offset));
}

function part(bytes: Buffer, offset: number, size: number): Buffer {
  if (!(offset >= 0 && size >= 0 && offset + size <= bytes.length)) throw new BoltDamage("it ends too early");
  return bytes.subarray(offset, offset + size);
}

/** FNV-1a of 64 bits (hash/fnv of Go). */
function fnv64a(bytes: Buffer): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}
