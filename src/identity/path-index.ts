import type { Steps } from "../model/steps.ts";
import { fromBytes, toBytes, type Untrusted } from "../model/text.ts";

/** One line of a file list: an owned path, and the number of the list it stands in. */
export interface ListedPath {
  path: Untrusted;
  list: number;
}

const NEWLINE = 10;
const SLASH = 47;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const LINES_A_STEP = 4096;

/**
 * All lines of all file lists, found by their last name. The lists stay bytes in one buffer; a string is made only of
 * the few lines that a question matches. 122,000 lines need about 20 ms and 10 MB this way, half of it the buffer.
 */
export class PathIndex {
  /** Lines that are no absolute path, by list. */
  readonly damaged: { list: number; line: Untrusted }[] = [];
  readonly #bytes: Uint8Array;
  readonly #listEnds: Uint32Array;
  #lines = 0;
  #starts = new Int32Array(1 << 14);
  /** Next line with the same hash, -1 at the end; runs beside `#starts`. */
  #next = new Int32Array(1 << 14);
  readonly #heads: Int32Array;

  /** `lists`: contents of the files, one path a line (deb-list format of /var/lib/dpkg/info/NAME.list). */
  static *of(lists: readonly Uint8Array[]): Steps<PathIndex> {
    const index = new PathIndex(lists);
    yield* index.#scan();
    return index;
  }

  private constructor(lists: readonly Uint8Array[]) {
    const separated = lists.flatMap((list) => (list.at(-1) === NEWLINE ? [list] : [list, Uint8Array.of(NEWLINE)]));
    this.#bytes = Buffer.concat(separated);
    this.#listEnds = new Uint32Array(lists.length);
    let end = 0;
    for (const [number, list] of lists.entries()) {
      end += list.at(-1) === NEWLINE ? list.length : list.length + 1;
      this.#listEnds[number] = end;
    }
    // About one head a path: paths are 60 bytes on average.
    this.#heads = new Int32Array(1 << Math.max(8, Math.ceil(Math.log2(end / 48 + 1)))).fill(-1);
  }

  /** Number of paths. */
  get size(): number {
    return this.#lines;
  }

  /** The lines whose last name is `name`, byte for byte. */
  named(name: Untrusted): ListedPath[] {
    const wanted = bytesOf(name);
    if (wanted.length === 0 || wanted.includes(SLASH) || wanted.includes(NEWLINE)) return [];
    const slot = slotOf(hashOfLastName(wanted, 0, wanted.length), this.#heads.length - 1);
    const found: ListedPath[] = [];
    for (let line = this.#heads[slot] as number; line >= 0; line = this.#next[line] as number) {
      const start = this.#starts[line] as number;
      const end = this.#bytes.indexOf(NEWLINE, start);
      if (!this.#endsWith(wanted, start, end)) continue;
      found.push({ path: fromBytes(this.#bytes.subarray(start, end)), list: this.#listAt(start) });
    }
    return found.reverse();
  }

  /** With everything in locals: this loop is most of the cost of the index. Lines are cut by the native search. */
  *#scan(): Steps<void> {
    const bytes = this.#bytes;
    const heads = this.#heads;
    const mask = heads.length - 1;
    let starts = this.#starts;
    let next = this.#next;
    let lines = 0;
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      if (bytes[start] === SLASH) {
        if (lines === starts.length) [starts, next] = [doubled(starts), doubled(next)];
        const slot = slotOf(hashOfLastName(bytes, start, end), mask);
        starts[lines] = start;
        next[lines] = heads[slot] as number;
        heads[slot] = lines++;
        if (lines % LINES_A_STEP === 0) yield;
      } else if (end > start) {
        this.damaged.push({ list: this.#listAt(start), line: fromBytes(bytes.subarray(start, end)) });
      }
      start = end + 1;
    }
    this.#starts = starts;
    this.#next = next;
    this.#lines = lines;
  }

  #endsWith(name: Uint8Array, start: number, end: number): boolean {
    const from = end - name.length;
    if (from - 1 < start || this.#bytes[from - 1] !== SLASH) return false;
    for (let k = 0; k < name.length; k++) if (this.#bytes[from + k] !== name[k]) return false;
    return true;
  }

  /** The list that holds this byte: the first one that ends after it. */
  #listAt(byte: number): number {
    let low = 0;
    let high = this.#listEnds.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#listEnds[middle] as number) > byte) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** A name that no bytes can spell is nobody's: as good as none. */
function bytesOf(name: Untrusted): Uint8Array {
  try {
    return toBytes(name);
  } catch {
    return new Uint8Array();
  }
}

/** FNV-1a from the end of the line back to its last slash. */
function hashOfLastName(bytes: Uint8Array, start: number, end: number): number {
  let hash = FNV_OFFSET | 0;
  for (let at = end - 1; at >= start; at--) {
    const byte = bytes[at] as number;
    if (byte === SLASH) break;
    hash = Math.imul(hash ^ byte, FNV_PRIME);
  }
  return hash;
}

function slotOf(hash: number, mask: number): number {
  return (hash ^ (hash >>> 15)) & mask;
}

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
