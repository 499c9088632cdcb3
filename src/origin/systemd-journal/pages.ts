import * as fs from "node:fs";

const PAGE = 1 << 16;
const KEPT = 64;

/** Bytes of an open file at any place, through the pages read last. I/O errors throw. */
export class Pages {
  readonly size: number;
  readonly #fd: number;
  readonly #pages = new Map<number, Buffer>();

  constructor(fd: number) {
    this.#fd = fd;
    this.size = fs.fstatSync(fd).size;
  }

  /** Null where the file does not hold all of them. */
  read(offset: number, length: number): Buffer | null {
    if (!Number.isSafeInteger(offset) || offset < 0 || length < 0 || offset + length > this.size) return null;
    const first = Math.floor(offset / PAGE);
    const within = offset - first * PAGE;
    if (within + length <= PAGE) return whole(this.#page(first).subarray(within, within + length), length);
    const bytes = Buffer.allocUnsafe(length);
    return whole(bytes.subarray(0, fs.readSync(this.#fd, bytes, 0, length, offset)), length);
  }

  #page(number: number): Buffer {
    const known = this.#pages.get(number);
    if (known !== undefined) return known;
    const bytes = Buffer.allocUnsafe(PAGE);
    const page = bytes.subarray(0, fs.readSync(this.#fd, bytes, 0, PAGE, number * PAGE));
    this.#pages.set(number, page);
    const [oldest] = this.#pages.keys();
    if (this.#pages.size > KEPT && oldest !== undefined) this.#pages.delete(oldest);
    return page;
  }
}

/** The file may have become shorter. */
function whole(bytes: Buffer, length: number): Buffer | null {
  return bytes.length === length ? bytes : null;
}
