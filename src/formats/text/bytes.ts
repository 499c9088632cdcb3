/** Small helpers over the bytes of a log. Every line handed to them is followed by a byte below 0x21, so loops need no bounds. */

export const SPACE = 0x20;
export const QUOTE = 0x22;
export const ENRICHED = 0x1d;

/** The bytes of an ASCII word, for comparing. */
export function ascii(word: string): Uint8Array {
  return Uint8Array.from(word, (character) => character.charCodeAt(0));
}

/** Whether `word` stands at `at`. */
export function matches(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
  return true;
}

/** Value of a hexadecimal digit of either case, or -1. */
export function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  if (byte >= 0x61 && byte <= 0x66) return byte - 0x57;
  return byte >= 0x41 && byte <= 0x46 ? byte - 0x37 : -1;
}

/** Value of the decimal digits at `at`; -1 without any, or when there are more than nine. */
export function decimal(bytes: Uint8Array, at: number): number {
  let value = 0;
  let end = at;
  for (let byte = bytes[end] as number; byte >= 0x30 && byte <= 0x39; byte = bytes[++end] as number)
    value = value * 10 + byte - 0x30;
  return end === at || end > at + 9 ? -1 : value;
}

/** Position of `word` in [from, to), or -1. */
export function find(bytes: Uint8Array, from: number, to: number, word: Uint8Array): number {
  const last = to - word.length;
  for (let at = from; at <= last; at++) if (bytes[at] === word[0] && matches(bytes, at, word)) return at;
  return -1;
}
