/**
 * Text that the examined host controls: names, paths, arguments, log lines.
 *
 * Linux names are bytes. Most are UTF-8 and become ordinary strings; a byte that is not part of valid UTF-8 becomes
 * the lone surrogate U+DC00 + byte (U+DC80..U+DCFF), as Python's `surrogateescape` does. So every name is a string
 * that compares and hashes as usual, and `toBytes` gives back exactly the bytes that came in.
 */
export type Untrusted = string;

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Decodes bytes without losing any: valid UTF-8 as text, every other byte as U+DC00 + byte. */
export function fromBytes(bytes: Uint8Array): Untrusted {
  try {
    return strict.decode(bytes);
  } catch {
    return decodeEscaping(bytes);
  }
}

/** In units of UTF-16, many at once: a string put together of single characters takes a hundred times the room of its text. */
function decodeEscaping(bytes: Uint8Array): Untrusted {
  const units = new Uint16Array(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length;) {
    const size = sequenceLength(bytes, at);
    const first = bytes[at] as number;
    if (size <= 1) units[length++] = size === 1 ? first : 0xdc00 + first;
    else {
      // Two to four bytes: five, four or three bits of the first, six of each that follows (RFC 3629, section 3).
      let code = first & (0x7f >> size);
      for (let k = 1; k < size; k++) code = (code << 6) | ((bytes[at + k] as number) & 0x3f);
      if (code < 0x10000) units[length++] = code;
      else {
        units[length++] = 0xd800 + ((code - 0x10000) >> 10);
        units[length++] = 0xdc00 + ((code - 0x10000) & 0x3ff);
      }
    }
    at += Math.max(1, size);
  }
  const parts: string[] = [];
  for (let at = 0; at < length; at += AT_ONCE)
    parts.push(String.fromCharCode(...units.subarray(at, Math.min(length, at + AT_ONCE))));
  return parts.join("");
}

/** Arguments of one call. */
const AT_ONCE = 8192;

/** Length of the valid UTF-8 sequence that starts at `at`, or 0 (RFC 3629 table: no overlong forms, no surrogates). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  const length =
    first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  for (let k = 1; k < length; k++) if (((bytes[at + k] as number) & 0xc0) !== 0x80) return 0;
  const second = bytes[at + 1] as number;
  if ((first === 0xe0 && second < 0xa0) || (first === 0xed && second > 0x9f)) return 0;
  if ((first === 0xf0 && second < 0x90) || (first === 0xf4 && second > 0x8f)) return 0;
  return length;
}

/** The bytes that `fromBytes` was given. A lone surrogate outside U+DC80..U+DCFF cannot come from there and throws. */
export function toBytes(text: Untrusted): Uint8Array {
  const encoder = new TextEncoder();
  if (isUtf8(text)) return encoder.encode(text);
  // At most three for a unit of UTF-16.
  const bytes = new Uint8Array(3 * text.length);
  let length = 0;
  let from = 0;
  const encodeUpTo = (to: number): void => {
    length += encoder.encodeInto(text.slice(from, to), bytes.subarray(length)).written;
  };
  for (let at = 0; at < text.length; at++) {
    const code = text.codePointAt(at) as number;
    if (code > 0xffff) at++;
    else if (code >= 0xd800 && code <= 0xdfff) {
      if (code < 0xdc80 || code > 0xdcff) throw new RangeError(`not a name read from bytes: U+${code.toString(16)}`);
      encodeUpTo(at);
      bytes[length++] = code - 0xdc00;
      from = at + 1;
    }
  }
  encodeUpTo(text.length);
  return bytes.slice(0, length);
}

/** Whether `toBytes` can give its bytes: whatever was read from bytes, but not every string that JSON may hold. */
export function isSpelt(text: Untrusted): boolean {
  return isUtf8(text) || !/\p{Cs}/u.test(text.replace(/[\udc80-\udcff]/gu, ""));
}

/** Whether the text is plain Unicode, i.e. can be written as a JSON string without loss. */
export function isUtf8(text: Untrusted): boolean {
  return !LONE_SURROGATE.test(text);
}
