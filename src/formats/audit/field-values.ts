import { fromBytes, type Untrusted } from "../../model/text.ts";
import { ENRICHED, hexDigit, QUOTE, SPACE } from "../text/bytes.ts";

/**
 * Bytes of an encoded field's value [from, to). `"text"` is literal: the kernel escapes nothing inside quotes and writes a
 * value that holds a quote, a space or a byte outside 0x21..0x7e as upper-case hexadecimal instead (audit_log_n_untrustedstring
 * in kernel/audit.c), so a quoted value is never decoded (`"3005"` is text) and lower-case hexadecimal is text too.
 * The result may be a view of `bytes`.
 * @returns null for the three ways of saying "none": `(null)`, `(none)`, `?`.
 */
export function encodedBytes(bytes: Uint8Array, from: number, to: number): Uint8Array | null {
  if (bytes[from] === QUOTE && from < to) {
    const end = bytes[to - 1] === QUOTE && to - 1 > from ? to - 1 : to;
    return bytes.subarray(from + 1, end);
  }
  return fromHex(bytes, from, to) ?? (saysNone(bytes, from, to) ? null : bytes.subarray(from, to));
}

/** As `encodedBytes`, as text. */
export function encodedText(bytes: Uint8Array, from: number, to: number): Untrusted | null {
  // The usual value is quoted, and then plain ASCII.
  if (
    bytes[from] === QUOTE &&
    bytes[to - 1] === QUOTE &&
    to - from >= 2 &&
    isAscii(bytes, from, to) &&
    Buffer.isBuffer(bytes)
  )
    return bytes.toString("latin1", from + 1, to - 1);
  const value = encodedBytes(bytes, from, to);
  return value === null ? null : fromBytes(value);
}

function isAscii(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if ((bytes[at] as number) >= 0x80) return false;
  return true;
}

/** Place after the value that begins at `from`: after the closing quote, or at the next space, separator or line end. */
export function valueEnd(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  if (bytes[at] === QUOTE) {
    at++;
    while (at < to && bytes[at] !== QUOTE && bytes[at] !== ENRICHED) at++;
    return at < to && bytes[at] === QUOTE ? at + 1 : at;
  }
  while (at < to && (bytes[at] as number) > SPACE) at++;
  return at;
}

function fromHex(bytes: Uint8Array, from: number, to: number): Uint8Array | null {
  const length = to - from;
  if (length === 0 || length % 2 === 1) return null;
  const out = new Uint8Array(length >> 1);
  for (let i = 0; i < out.length; i++) {
    const high = bytes[from + 2 * i] as number;
    const low = bytes[from + 2 * i + 1] as number;
    if (high > 0x46 || low > 0x46) return null;
    const value = (hexDigit(high) << 4) | hexDigit(low);
    if (value < 0) return null;
    out[i] = value;
  }
  return out;
}

const NONE = new Set(["?", "(null)", "(none)"]);

function saysNone(bytes: Uint8Array, from: number, to: number): boolean {
  return to - from <= 6 && NONE.has(String.fromCharCode(...bytes.subarray(from, to)));
}
