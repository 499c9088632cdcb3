import { fromBytes, type Untrusted } from "../../model/text.ts";

const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const ESCAPES: Readonly<Record<number, number>> = {
  0x6e: 10,
  0x74: 9,
  0x72: 13,
  0x62: 8,
  0x66: 12,
  0x76: 11,
  0x61: 7,
  0x65: 27,
};

/** A string in a log, and where the rest begins. */
export interface CString {
  text: Untrusted;
  /** Behind the closing quote and the dots of a string that was cut. */
  end: number;
}

/**
 * Reads a string as strace writes it (src/util.c string_quote): C escapes, octal of one to three digits, `\x2f`; `...` behind it
 * when -s cut it. @returns null when it does not end before `to`
 */
export function readString(bytes: Uint8Array, from: number, to: number): CString | null {
  const end = endOfString(bytes, from, to);
  if (end === -1) return null;
  const out = new Uint8Array(end - from);
  let length = 0;
  for (let at = from + 1; at < end; at++) {
    let byte = bytes[at] as number;
    if (byte === BACKSLASH && at + 1 < end) {
      byte = bytes[++at] as number;
      if (byte >= 0x30 && byte <= 0x37) {
        let value = byte - 0x30;
        for (let digits = 1; digits < 3 && isOctal(bytes[at + 1] as number); digits++)
          value = value * 8 + (bytes[++at] as number) - 0x30;
        byte = value & 0xff;
      } else if (byte === 0x78) {
        const value = Number.parseInt(String.fromCharCode(bytes[at + 1] as number, bytes[at + 2] as number), 16);
        if (!Number.isNaN(value)) {
          byte = value;
          at += 2;
        }
      } else byte = ESCAPES[byte] ?? byte;
    }
    out[length++] = byte;
  }
  const cut = bytes[end + 1] === 0x2e && bytes[end + 2] === 0x2e && bytes[end + 3] === 0x2e;
  return { text: fromBytes(out.subarray(0, length)) + (cut ? "..." : ""), end: end + (cut ? 4 : 1) };
}

/** Where the string that begins with the quote at `from` has its closing quote; -1 when it has none. */
export function endOfString(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from + 1; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte === BACKSLASH) at++;
    else if (byte === QUOTE) return at;
  }
  return -1;
}

function isOctal(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x37;
}
