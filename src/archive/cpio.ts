import { fromBytes } from "../model/text.ts";
import type { ContentSink } from "./entry.ts";

const HEADER = 110;
/** Since rpm 4.12 for files above 4 GiB: only the number of the file in the header follows (rpm's lib/cpio.c). */
const SHORT_HEADER = 14;
const TRAILER = "TRAILER!!!";
const LONGEST_NAME = 1 << 16;

/** What a member of a cpio stream is named by: its name, or the number of the file in the rpm header. */
export interface CpioMember {
  name: string | null;
  index: number | null;
}

/**
 * Reads a cpio stream in the new ASCII format as rpm writes it (magic 070701 and 070702, and 07070X with a number in place of
 * names and sizes), in bounded memory. `sizeOf` gives sizes by number. `push` gives false when it needs no more.
 */
export class CpioReader {
  readonly #take: (member: CpioMember) => ContentSink | null | "enough";
  readonly #sizeOf: (index: number) => number;
  #held: Buffer = Buffer.alloc(0);
  #left = 0;
  #padding = 0;
  #sink: ContentSink | null = null;
  #ended = false;
  damaged: string | null = null;

  constructor(take: (member: CpioMember) => ContentSink | null | "enough", sizeOf: (index: number) => number) {
    this.#take = take;
    this.#sizeOf = sizeOf;
  }

  push(bytes: Uint8Array): boolean {
    let data = Buffer.concat([this.#held, bytes]);
    while (!this.#ended) {
      if (this.#left > 0) {
        const part = data.subarray(0, this.#left);
        this.#sink?.write(part);
        this.#left -= part.length;
        data = data.subarray(part.length);
        if (this.#left > 0) break;
        this.#close();
      }
      const skipped = Math.min(this.#padding, data.length);
      this.#padding -= skipped;
      data = data.subarray(skipped);
      if (this.#padding > 0) break;
      const used = this.#header(data);
      if (used === 0) break;
      data = data.subarray(used);
    }
    this.#held = Buffer.from(data);
    return !this.#ended;
  }

  /** Bytes that the next header took; 0 when it is not there whole. */
  #header(data: Buffer): number {
    if (data.length < 6) return 0;
    const magic = data.toString("latin1", 0, 6);
    if (magic === "07070X") {
      // The whole of magic and number is 14 bytes, padded to 16.
      if (data.length < SHORT_HEADER + 2) return 0;
      const index = hex(data, 6);
      this.#open({ name: null, index }, this.#sizeOf(index));
      return SHORT_HEADER + 2;
    }
    if (magic !== "070701" && magic !== "070702") return this.#damage("no cpio header where one should be");
    if (data.length < HEADER) return 0;
    const [size, nameSize] = [hex(data, 54), hex(data, 94)];
    if (nameSize === 0 || nameSize > LONGEST_NAME) return this.#damage("a name in the archive is longer than any name");
    const end = HEADER + nameSize + pad(HEADER + nameSize);
    if (data.length < end) return 0;
    const name = fromBytes(data.subarray(HEADER, HEADER + nameSize - 1));
    if (name === TRAILER) {
      this.#ended = true;
      return end;
    }
    this.#open({ name, index: null }, size);
    return end;
  }

  #open(member: CpioMember, size: number): void {
    if (!Number.isSafeInteger(size) || size < 0) return void this.#damage("a size in the archive is no number");
    const taken = this.#take(member);
    if (taken === "enough") return void (this.#ended = true);
    this.#sink = taken;
    this.#left = size;
    this.#padding = pad(size);
    if (size === 0) this.#close();
  }

  #close(): void {
    this.#sink?.end();
    this.#sink = null;
  }

  #damage(what: string): 0 {
    this.damaged = what;
    this.#ended = true;
    return 0;
  }
}

function hex(data: Buffer, at: number): number {
  const text = data.toString("latin1", at, at + 8);
  return /^[0-9a-f]{8}$/i.test(text) ? Number.parseInt(text, 16) : Number.NaN;
}

function pad(length: number): number {
  return (4 - (length % 4)) % 4;
}
