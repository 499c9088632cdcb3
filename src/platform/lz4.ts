/** Larger frames are no package lists. */
const MOST = 1 << 30;
const MAGIC = 0x184d2204;

/**
 * Unpacks LZ4 frames (lz4_Frame_format.md 1.6, lz4_Block_format.md), one after another; checksums are passed over. Null for
 * what is none, is cut off, or would be longer than `most` bytes.
 */
export function unpackLz4(packed: Buffer, most = MOST): Buffer | null {
  const out = new Output(most);
  let at = 0;
  while (at < packed.length) {
    const next = frame(packed, at, out);
    if (next === null) return null;
    at = next;
  }
  return out.bytes();
}

/** Unpacks one LZ4 block that stands without a frame. Null as `unpackLz4`. */
export function unpackLz4Block(block: Buffer, most: number): Buffer | null {
  const out = new Output(most);
  return sequences(block, out) ? out.bytes() : null;
}

/** Where the frame ends. */
function frame(packed: Buffer, start: number, out: Output): number | null {
  if (packed.length < start + 7 || packed.readUInt32LE(start) !== MAGIC) return null;
  const flags = packed[start + 4] as number;
  if (flags >> 6 !== 1) return null;
  const [blockChecksum, contentSize, contentChecksum, dictionary] = [16, 8, 4, 1].map((bit) => (flags & bit) !== 0);
  let at = start + 6 + (contentSize ? 8 : 0) + (dictionary ? 4 : 0) + 1;
  for (;;) {
    if (at + 4 > packed.length) return null;
    const word = packed.readUInt32LE(at);
    at += 4;
    if (word === 0) return at + (contentChecksum ? 4 : 0);
    const size = word & 0x7fffffff;
    if (at + size > packed.length) return null;
    const block = packed.subarray(at, at + size);
    // The highest bit: stored as it is.
    const whole = word >>> 31 === 1 ? out.append(block) : sequences(block, out);
    if (!whole) return null;
    at += size + (blockChecksum ? 4 : 0);
  }
}

/** Literals, then a copy of what was written before; the last sequence has literals alone. */
function sequences(block: Buffer, out: Output): boolean {
  for (let at = 0; at < block.length;) {
    const token = block[at++] as number;
    const length = (nibble: number): number => {
      let total = nibble;
      if (nibble === 15) for (let more = 255; more === 255 && at < block.length;) total += more = block[at++] as number;
      return total;
    };
    const literals = length(token >> 4);
    if (at + literals > block.length || !out.append(block.subarray(at, at + literals))) return false;
    at += literals;
    if (at === block.length) return true;
    if (at + 2 > block.length) return false;
    const distance = block.readUInt16LE(at);
    at += 2;
    if (!out.copy(distance, length(token & 15) + 4)) return false;
  }
  return true;
}

class Output {
  #buffer: Buffer;
  #length = 0;
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
    this.#buffer = Buffer.allocUnsafe(Math.min(most, 1 << 20));
  }

  append(bytes: Uint8Array): boolean {
    if (!this.#room(bytes.length)) return false;
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    return true;
  }

  /** The copy may overlap what it writes: then it repeats. */
  copy(distance: number, length: number): boolean {
    if (distance === 0 || distance > this.#length || !this.#room(length)) return false;
    const [buffer, from] = [this.#buffer, this.#length - distance];
    if (distance >= length) buffer.copyWithin(this.#length, from, from + length);
    else for (let n = 0; n < length; n++) buffer[this.#length + n] = buffer[from + n] as number;
    this.#length += length;
    return true;
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #room(more: number): boolean {
    const wanted = this.#length + more;
    if (wanted > this.#most) return false;
    if (wanted > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(wanted, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    return true;
  }
}
