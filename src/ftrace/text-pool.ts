import { fromBytes, type Untrusted } from "../model/text.ts";

const SLOTS = 4096;
/** Longer texts are paths of execs, which cost the kernel a thousand times more than decoding them costs here. */
const LONGEST = 128;

/**
 * Gives the same string for the same bytes without decoding them again: a storm has few names and millions of records.
 * Holds at most 4096 texts; a newcomer takes the place of what hashed to the same slot, so hostile names cannot grow it.
 */
export class TextPool {
  readonly #bytes: (Uint8Array | undefined)[] = Array.from({ length: SLOTS });
  readonly #texts: Untrusted[] = Array.from({ length: SLOTS }, () => "");

  /** The text of at most `size` bytes from `at`, ended by NUL. The caller has checked that they lie in the page. */
  read(page: DataView, at: number, size: number): Untrusted {
    let hash = 0x811c9dc5;
    let length = 0;
    for (; length < size; length++) {
      const byte = page.getUint8(at + length);
      if (byte === 0) break;
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    if (length === 0) return "";
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const known = this.#bytes[slot];
    if (known !== undefined && known.length === length && sameBytes(known, page, at))
      return this.#texts[slot] as Untrusted;
    const fresh = new Uint8Array(page.buffer, page.byteOffset + at, length).slice();
    const text = fromBytes(fresh);
    if (length <= LONGEST) {
      this.#bytes[slot] = fresh;
      this.#texts[slot] = text;
    }
    return text;
  }
}

function sameBytes(known: Uint8Array, page: DataView, at: number): boolean {
  for (let i = 0; i < known.length; i++) if (known[i] !== page.getUint8(at + i)) return false;
  return true;
}
