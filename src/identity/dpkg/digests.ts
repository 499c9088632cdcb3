import { fromBytes, toBytes, type Untrusted } from "../../model/text.ts";

const SEPARATOR = Uint8Array.of(32, 32);
const HEX_LENGTH = 32;
const NEWLINE = 10;
const SLASH = 47;
const DOT = 46;

/**
 * MD5 of a path in the content of a NAME.md5sums file, or null when it is not listed. A line is
 * `6d1e5b5b1b5a4f2d8a1a6a3f4d9d2d5c  usr/sbin/atd`: hex, two spaces, path without the leading slash, never quoted
 * (dpkg's lib/dpkg/db-fsys-digest.c). Slashes and `./` before the path count for nothing, as for dpkg.
 */
export function md5Of(path: Untrusted, md5sums: Buffer): string | null {
  const whole = toBytes(path);
  const name = Buffer.from(whole.subarray(nameFrom(whole, 0)));
  if (name.length === 0) return null;
  for (let at = md5sums.indexOf(name); at >= 0; at = md5sums.indexOf(name, at + 1)) {
    const end = at + name.length;
    if (end < md5sums.length && md5sums[end] !== NEWLINE) continue;
    const start = beforeName(md5sums, at) - SEPARATOR.length - HEX_LENGTH;
    if (start < 0 || (start > 0 && md5sums[start - 1] !== NEWLINE) || !isSeparated(md5sums, start)) continue;
    const hex = md5sums.toString("latin1", start, start + HEX_LENGTH).toLowerCase();
    if (/^[0-9a-f]{32}$/.test(hex)) return hex;
  }
  return null;
}

/** The path that a NAME.md5sums file lists with this MD5 (hex), or null. */
export function pathOf(md5: string, md5sums: Buffer): Untrusted | null {
  for (let at = md5sums.indexOf(md5); at >= 0; at = md5sums.indexOf(md5, at + 1)) {
    if ((at > 0 && md5sums[at - 1] !== NEWLINE) || !isSeparated(md5sums, at)) continue;
    const newline = md5sums.indexOf(NEWLINE, at);
    const start = nameFrom(md5sums, at + HEX_LENGTH + SEPARATOR.length);
    return `/${fromBytes(md5sums.subarray(start, newline < 0 ? md5sums.length : newline))}`;
  }
  return null;
}

/** Where a path goes on behind slashes and `./` (dpkg's path_skip_slash_dotslash). */
function nameFrom(bytes: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    if (bytes[at] === SLASH) at++;
    else if (bytes[at] === DOT && bytes[at + 1] === SLASH) at += 2;
    else return at;
  }
}

/** The other way. */
function beforeName(bytes: Uint8Array, end: number): number {
  let at = end;
  while (bytes[at - 1] === SLASH) at -= bytes[at - 2] === DOT ? 2 : 1;
  return at;
}

/** Whether two spaces follow the digest of a line. */
function isSeparated(md5sums: Buffer, start: number): boolean {
  const at = start + HEX_LENGTH;
  return md5sums[at] === SEPARATOR[0] && md5sums[at + 1] === SEPARATOR[1];
}

/** Every path of a NAME.md5sums file, with the leading slash, and its MD5; lines of another form are left out. */
export function* allDigests(md5sums: Buffer): Generator<[Untrusted, string]> {
  for (let start = 0; start < md5sums.length;) {
    const newline = md5sums.indexOf(NEWLINE, start);
    const end = newline < 0 ? md5sums.length : newline;
    const hex = md5sums.toString("latin1", start, start + HEX_LENGTH).toLowerCase();
    const path = nameFrom(md5sums, start + HEX_LENGTH + SEPARATOR.length);
    if (path < end && isSeparated(md5sums, start) && /^[0-9a-f]{32}$/.test(hex))
      yield [`/${fromBytes(md5sums.subarray(path, end))}`, hex];
    start = end + 1;
  }
}

/** The paths that a NAME.md5sums file mentions, with the leading slash, one a line: stands in for a lost file list. */
export function listFromMd5sums(md5sums: Buffer): Buffer {
  const lines: Buffer[] = [];
  for (let start = 0; start < md5sums.length;) {
    const newline = md5sums.indexOf(NEWLINE, start);
    const end = newline < 0 ? md5sums.length : newline;
    const path = nameFrom(md5sums, start + HEX_LENGTH + SEPARATOR.length);
    if (path < end) lines.push(Buffer.from("/"), md5sums.subarray(path, end), Buffer.from("\n"));
    start = end + 1;
  }
  return Buffer.concat(lines);
}
