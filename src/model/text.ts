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

function decodeEscaping(bytes: Uint8Array): Untrusted {
  let out = "";
  let i = 0;
  while (i < bytes.length) {
    const length = sequenceLength(bytes, i);
    if (length === 0) out += String.fromCharCode(0xdc00 + (bytes[i++] as number));
    else {
      out += strict.decode(bytes.subarray(i, i + length));
      i += length;
    }
  }
  return out;
}

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
  if (isUtf8(text)) return new TextEncoder().encode(text);
  const parts: number[] = [];
  const encoder = new TextEncoder();
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (code >= 0xdc80 && code <= 0xdcff) parts.push(code - 0xdc00);
    else if (code >= 0xd800 && code <= 0xdfff)
      throw new RangeError(`not a name read from bytes: U+${code.toString(16)}`);
    else parts.push(...encoder.encode(character));
  }
  return Uint8Array.from(parts);
}

/** Whether `toBytes` can give its bytes: whatever was read from bytes, but not every string that JSON may hold. */
export function isSpelt(text: Untrusted): boolean {
  return isUtf8(text) || !/\p{Cs}/u.test(text.replace(/[\udc80-\udcff]/gu, ""));
}

/** Whether the text is plain Unicode, i.e. can be written as a JSON string without loss. */
export function isUtf8(text: Untrusted): boolean {
  return !LONE_SURROGATE.test(text);
}
