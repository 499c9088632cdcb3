/**
 * Finds one word again and again in lines, looking at few of their bytes: the one at the word's end tells how far the word
 * may be moved (Horspool 1980). Worth it for words of more than four bytes that are mostly not there.
 */
export class WordFinder {
  readonly #word: Uint8Array;
  /** How far to move when this byte stands at the word's end. */
  readonly #moves: Uint8Array;

  /** @param word of 2 to 255 bytes */
  constructor(word: Uint8Array) {
    const last = word.length - 1;
    this.#word = word;
    this.#moves = new Uint8Array(256).fill(word.length);
    for (let at = 0; at < last; at++) this.#moves[word[at] as number] = last - at;
  }

  /** Position of the word in [from, to), or -1. */
  find(bytes: Uint8Array, from: number, to: number): number {
    const word = this.#word;
    const moves = this.#moves;
    const last = word.length - 1;
    for (let end = from + last; end < to; end += moves[bytes[end] as number] as number) {
      let at = last;
      while (at >= 0 && bytes[end - last + at] === word[at]) at--;
      if (at < 0) return end - last;
    }
    return -1;
  }
}
