import type { RandomBytes } from "../../model/random-bytes.ts";

/** The file cannot be what it says. `at` is the byte where that shows. */
export class DamagedTrace extends Error {
  readonly at: number;

  constructor(why: string, at: number) {
    super(why);
    this.at = at;
  }
}

const WINDOW = 1 << 16;
/** No single piece that describes a trace is larger; the formats of all events of a kernel take 3 MB. */
const MOST = 64 << 20;

/** Reads little-endian numbers and texts one after another. What is not there any more throws `DamagedTrace`. */
export class Cursor {
  at: number;
  readonly #source: RandomBytes;
  #window: Uint8Array = new Uint8Array(0);
  #windowAt = 0;

  constructor(source: RandomBytes, at: number) {
    this.#source = source;
    this.at = at;
  }

  /** The next bytes; valid until the next call. */
  take(length: number): Uint8Array {
    if (length > MOST)
      throw new DamagedTrace(`a piece of ${length} bytes is larger than any that describes a trace`, this.at);
    const from = this.at - this.#windowAt;
    if (from < 0 || from + length > this.#window.length) {
      this.#window = this.#source.read(this.at, Math.max(length, WINDOW));
      this.#windowAt = this.at;
      if (this.#window.length < length)
        throw new DamagedTrace(`the file ends after ${this.#source.size} bytes`, this.at);
    }
    const start = this.at - this.#windowAt;
    this.at += length;
    return this.#window.subarray(start, start + length);
  }

  u8(): number {
    return this.take(1)[0] as number;
  }

  u16(): number {
    return view(this.take(2)).getUint16(0, true);
  }

  u32(): number {
    return view(this.take(4)).getUint32(0, true);
  }

  /** A 64-bit number; beyond 2^53 it cannot be a place or a size and comes out rounded. */
  u64(): number {
    const bytes = view(this.take(8));
    return bytes.getUint32(4, true) * 4_294_967_296 + bytes.getUint32(0, true);
  }

  /** Latin-1 text of this many bytes. */
  text(length: number): string {
    return Buffer.from(this.take(length)).toString("latin1");
  }

  /** Latin-1 text up to a NUL, which is read too; at most `most` bytes. */
  string(most = 4096): string {
    const begin = this.at;
    let text = "";
    for (let byte = this.u8(); byte !== 0; byte = this.u8()) {
      if (text.length >= most) throw new DamagedTrace(`a name of more than ${most} bytes`, begin);
      text += String.fromCharCode(byte);
    }
    return text;
  }
}

/** Bytes in memory as a source. */
export function inMemory(bytes: Uint8Array): RandomBytes {
  return { size: bytes.length, read: (at, length) => bytes.subarray(at, Math.min(bytes.length, at + length)) };
}

export function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
