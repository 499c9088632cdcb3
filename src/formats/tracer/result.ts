import { constants } from "node:os";
import { SPACE } from "../text/bytes.ts";

const ERRNO = new Map(Object.entries(constants.errno));
/** No result with its words is longer. */
const LONGEST = 400;

/** What a call returned. `value` null: `?`, i.e. it did not return. `error`: 0, or the negative errno. */
export interface CallResult {
  /** Where the `)` before it stands. */
  at: number;
  value: number | null;
  error: number;
}

const RESULT =
  /^(?:(\?)(?: ERESTART[A-Z_]*)?|(-1) ([A-Z][A-Z0-9]*)|-1 \(errno (\d+)\)|(-?\d+)|(0x[0-9a-f]+))(?:<|[ ]|$)/;

/**
 * Finds the result of a call from the right: `) = 5`, `)     = -1 ENOENT (No such file or directory) <0.000012>`, `) = 7<sh>`,
 * `) = ?`. What stands between may hold `) = 1` too (arguments are programs, in `sh -c`): so quotes must be closed before it.
 * `strict` false: strings are not escaped (ltrace), and quotes are not counted.
 */
export function findResult(bytes: Uint8Array, from: number, to: number, strict: boolean): CallResult | null {
  const plain = plainResult(bytes, from, to, strict);
  if (plain !== null) return plain;
  for (let at = to - 1; at > from; at--) {
    if (bytes[at] !== 0x3d || (bytes[at + 1] !== SPACE && at + 1 < to) || bytes[at - 1] !== SPACE) continue;
    let close = at - 1;
    while (close > from && bytes[close] === SPACE) close--;
    if (bytes[close] !== 0x29) continue;
    const words = Buffer.from(bytes.subarray(at + 2, Math.min(to, at + 2 + LONGEST))).toString("latin1");
    const found = RESULT.exec(words);
    if (found === null) continue;
    if (strict && !quotesClosed(bytes, from, close)) continue;
    const [, unknown, , name, number, decimal, hex] = found;
    if (unknown !== undefined) return { at: close, value: null, error: 0 };
    if (name !== undefined) return { at: close, value: -1, error: -(ERRNO.get(name) ?? 1) };
    if (number !== undefined) return { at: close, value: -1, error: -Number(number) };
    return { at: close, value: Number(decimal ?? hex), error: 0 };
  }
  return null;
}

/** `) = 5` at the end of the line, which nearly all are. */
function plainResult(bytes: Uint8Array, from: number, to: number, strict: boolean): CallResult | null {
  let at = to - 1;
  let value = 0;
  for (let scale = 1; at > from; at--, scale *= 10) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9 || scale > 1e9) break;
    value += digit * scale;
  }
  if (at === to - 1 || bytes[at] !== SPACE || bytes[at - 1] !== 0x3d || bytes[at - 2] !== SPACE) return null;
  let close = at - 2;
  while (close > from && bytes[close] === SPACE) close--;
  if (bytes[close] !== 0x29 || (strict && !quotesClosed(bytes, from, close))) return null;
  return { at: close, value, error: 0 };
}

function quotesClosed(bytes: Uint8Array, from: number, to: number): boolean {
  let open = false;
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    if (open && byte === 0x5c) at++;
    else if (byte === 0x22) open = !open;
  }
  return !open;
}
