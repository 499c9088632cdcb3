import { isUtf8, type Untrusted } from "../model/text.ts";

/**
 * A result as JSON: keys in the order of the object, two blanks of indentation, a newline at the end. Text that is not
 * valid UTF-8 (bytes kept as lone surrogates, see model/text.ts) becomes `{"bytes": "<base64>"}`. What is not finite
 * becomes null, as JSON.stringify does.
 *
 * Characters that a terminal would obey or not show (DEL, C1, bidi, zero-width, U+2028) are written as `\uXXXX`: the
 * text after parsing is the same, and `whoforks … --json` on a terminal is harmless.
 */
export function jsonReport(value: unknown): string {
  return JSON.stringify(plain(value), null, 2).replace(OBEYED, escapeUnits) + "\n";
}

/** The same on one line, for a stream of results (NDJSON). */
export function jsonLine(value: unknown): string {
  return `${compact(value)}\n`;
}

/** Printable ASCII without what JSON escapes: nearly every text of a log, and written as it is. */
const AS_IT_IS = /^[ !#-[\]-~]*$/;

/** As `JSON.stringify(plain(value))`, without making the plain value first: of a log it is called a million times. */
function compact(value: unknown): string {
  switch (typeof value) {
    case "string":
      return AS_IT_IS.test(value) ? `"${value}"` : escaped(value);
    case "number":
      return Number.isFinite(value) ? String(value) : "null";
    case "boolean":
      return value ? "true" : "false";
    case "object":
      break;
    default:
      return escaped(value);
  }
  if (value === null) return "null";
  if (Array.isArray(value)) return `[${value.map(compact).join(",")}]`;
  let text = "";
  for (const key of Object.keys(value)) {
    const inner: unknown = (value as Record<string, unknown>)[key];
    if (inner === undefined) continue;
    // Keys that are not UTF-8 may become one and the same.
    if (!AS_IT_IS.test(key)) return escaped(value);
    text += `${text === "" ? "" : ","}"${key}":${compact(inner)}`;
  }
  return `{${text}}`;
}

function escaped(value: unknown): string {
  return JSON.stringify(plain(value)).replace(OBEYED, escapeUnits);
}

const LONE = /\p{Cs}/gu;
const OBEYED = /[^\n\P{Cc}]|[\p{Cf}\p{Zl}\p{Zp}\p{Cn}\p{Default_Ignorable_Code_Point}]/gu;

function escapeUnits(character: string): string {
  let units = "";
  for (let at = 0; at < character.length; at++) units += `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`;
  return units;
}

function plain(value: unknown): unknown {
  if (typeof value === "string")
    return isUtf8(value) ? value : { bytes: Buffer.from(bytesOf(value)).toString("base64") };
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value ?? null;
  // Built with Object.fromEntries, so a key `__proto__` from arguments stays a plain key.
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => [isUtf8(key) ? key : key.replace(LONE, "\ufffd"), plain(inner)]),
  );
}

/**
 * As `toBytes` of model/text.ts, for text that was cut in the middle of a character as well: half a surrogate pair
 * becomes U+FFFD, so that a report never fails for it.
 */
function bytesOf(text: Untrusted): number[] {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00);
    else bytes.push(...encoder.encode(character));
  }
  return bytes;
}
