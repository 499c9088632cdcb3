const ENTRIES = 8192;
const SLOTS = ENTRIES * 4;
const ARENA = 4 << 20;
const FIRST_ARENA = 64 << 10;
/** Longer byte strings are made anew each time. */
const LONGEST = 64 << 10;
const PROBES = 32;

/**
 * Gives one shared value for every occurrence of the same bytes, so that what a storm repeats a hundred thousand times is
 * decoded once. Bounded: when its 8,192 entries or 4 MiB are full it starts again, and values met later are made anew.
 * The hash is seeded per process, so that a log cannot be written to collide.
 */
export class ByteInterner<T> {
  readonly #make: (bytes: Uint8Array, from: number, to: number) => T;
  readonly #slots = new Int32Array(SLOTS);
  readonly #hashes = new Int32Array(ENTRIES);
  readonly #starts = new Int32Array(ENTRIES + 1);
  #arena = new Uint8Array(FIRST_ARENA);
  readonly #seed = (Math.random() * 0x7fffffff) | 0;
  #values: T[] = [];
  /** The entry given last: a storm asks for the same again and again. */
  #last = -1;

  constructor(make: (bytes: Uint8Array, from: number, to: number) => T) {
    this.#make = make;
  }

  /** The value of the bytes [from, to). */
  get(bytes: Uint8Array, from: number, to: number): T {
    const length = to - from;
    if (this.#last !== -1 && this.#same(this.#last, bytes, from, length)) return this.#values[this.#last] as T;
    if (length > LONGEST) return this.#make(bytes, from, to);
    let hash = this.#seed;
    for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
    hash ^= hash >>> 15;
    const slots = this.#slots;
    let slot = hash & (SLOTS - 1);
    for (let probe = 0; probe < PROBES; probe++) {
      const entry = (slots[slot] as number) - 1;
      if (entry === -1) return this.#add(bytes, from, to, hash, slot);
      if (this.#hashes[entry] === hash && this.#same(entry, bytes, from, length)) {
        this.#last = entry;
        return this.#values[entry] as T;
      }
      slot = (slot + 1) & (SLOTS - 1);
    }
    return this.#make(bytes, from, to);
  }

  #same(entry: number, bytes: Uint8Array, from: number, length: number): boolean {
    const start = this.#starts[entry] as number;
    if ((this.#starts[entry + 1] as number) - start !== length) return false;
    const arena = this.#arena;
    for (let i = 0; i < length; i++) if (arena[start + i] !== bytes[from + i]) return false;
    return true;
  }

  #add(bytes: Uint8Array, from: number, to: number, hash: number, slot: number): T {
    const value = this.#make(bytes, from, to);
    let entry = this.#values.length;
    if (entry === ENTRIES || (this.#starts[entry] as number) + to - from > ARENA) {
      this.#slots.fill(0);
      this.#values = [];
      entry = 0;
      slot = hash & (SLOTS - 1);
    }
    const start = this.#starts[entry] as number;
    if (start + to - from > this.#arena.length) {
      const wider = new Uint8Array(Math.min(ARENA, Math.max(this.#arena.length * 2, start + to - from)));
      wider.set(this.#arena);
      this.#arena = wider;
    }
    this.#arena.set(bytes.subarray(from, to), start);
    this.#starts[entry + 1] = start + to - from;
    this.#hashes[entry] = hash;
    this.#values.push(value);
    this.#slots[slot] = entry + 1;
    this.#last = entry;
    return value;
  }
}
