const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const LONGEST = 1 << 20;
const FIRST_CARRY = 16 << 10;
const STRIDE = 16 << 10;

/**
 * Cuts a stream into lines without copying them, except those that two chunks share. A line ends with LF or CRLF; a line of
 * more than 1 MiB (kernel and auditd write at most 9 kB) is not kept but reported by its beginning.
 */
export class LineCutter {
  readonly #take: (bytes: Uint8Array, from: number, to: number) => void;
  readonly #tooLong: (beginning: Uint8Array) => void;
  /** Beginning of a line whose end has not come yet. */
  #carry = Buffer.allocUnsafe(FIRST_CARRY);
  #carried = 0;
  #isTooLong = false;
  /** Number of the line being taken, from 1; begins again with each file. */
  line = 0;

  /** @param take gets a line [from, to) without its end; the byte at `to` is there and below 0x21 */
  constructor(take: (bytes: Uint8Array, from: number, to: number) => void, tooLong: (beginning: Uint8Array) => void) {
    this.#take = take;
    this.#tooLong = tooLong;
  }

  push(chunk: Uint8Array): void {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = 0;
    if (this.#carried > 0 || this.#isTooLong) {
      const end = bytes.indexOf(NEWLINE, 0);
      if (end === -1) return this.#keep(bytes, 0, bytes.length);
      this.#keep(bytes, 0, end);
      this.#takeCarried();
      at = end + 1;
    }
    while (at < bytes.length) {
      const next = this.#takeLines(bytes, at, at + STRIDE);
      if (next === at) return this.#keep(bytes, at, bytes.length);
      at = next;
    }
  }

  /**
   * Takes the lines that begin in [from, to). @returns where the next one begins, `from` when none ends any more.
   * Called for 16 KiB at a time: a loop over the whole chunk would be optimised in mid-flight, without its end, again and again.
   */
  #takeLines(bytes: Buffer, from: number, to: number): number {
    let at = from;
    while (at < to) {
      const end = bytes.indexOf(NEWLINE, at);
      if (end === -1) return at;
      this.line++;
      if (end - at > LONGEST) this.#tooLong(bytes.subarray(at, at + 120));
      else this.#take(bytes, at, end > at && bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end);
      at = end + 1;
    }
    return at;
  }

  /** The file ends: a last line without newline is a line too. Line numbers begin again. */
  endFile(): void {
    if (this.#carried > 0 || this.#isTooLong) this.#takeCarried();
    this.line = 0;
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    if (this.#isTooLong) return;
    const length = this.#carried + to - from;
    if (length > LONGEST) {
      this.#isTooLong = true;
      if (this.#carried < 120) {
        bytes.copy(this.#carry, this.#carried, from, Math.min(to, from + 120));
        this.#carried += Math.min(to - from, 120);
      }
      return;
    }
    if (length + 1 > this.#carry.length) {
      const wider = Buffer.allocUnsafe(Math.max(length + 1, this.#carry.length * 2));
      this.#carry.copy(wider, 0, 0, this.#carried);
      this.#carry = wider;
    }
    bytes.copy(this.#carry, this.#carried, from, to);
    this.#carried = length;
  }

  #takeCarried(): void {
    const length = this.#carried;
    const tooLong = this.#isTooLong;
    this.#carried = 0;
    this.#isTooLong = false;
    this.line++;
    if (tooLong) return this.#tooLong(this.#carry.subarray(0, Math.min(120, length)));
    this.#carry[length] = NEWLINE;
    this.#take(this.#carry, 0, length > 0 && this.#carry[length - 1] === CARRIAGE_RETURN ? length - 1 : length);
  }
}
