import { ascii, find, matches, SPACE } from "../text/bytes.ts";

/**
 * Beginning of a record: `type=SYSCALL msg=audit(1795469057.447:3): `, with `node=NAME ` before it when auditd writes for
 * several hosts. One object is filled again and again.
 */
export interface RecordHeader {
  /** Milliseconds since 1970. */
  ms: number;
  /** Serial number of the event on its host; records of one event share it. */
  serial: number;
  /** Where the body begins, spaces skipped. */
  body: number;
}

export function newHeader(): RecordHeader {
  // Fractions, so that V8 gives both fields room for a double once and for all.
  return { ms: 0.5, serial: 0.5, body: 0 };
}

const ZERO = 0x30;
const POINT = 0x2e;
const COLON = 0x3a;
const MARK = ascii("audit(");

/**
 * Reads `1795469057.447:3): ` at `at`, the place after `audit(`, up to the body.
 * @returns false when it is no stamp (audit-userspace#262 shows `16523210---`).
 */
export function readStamp(bytes: Uint8Array, at: number, header: RecordHeader): boolean {
  if (bytes[at + 10] !== POINT || bytes[at + 14] !== COLON) return readOddStamp(bytes, at, header);
  // Ten digits of seconds (2001 to 2286), written out: this runs once a line.
  const a = (bytes[at] as number) - ZERO;
  const b = (bytes[at + 1] as number) - ZERO;
  const c = (bytes[at + 2] as number) - ZERO;
  const d = (bytes[at + 3] as number) - ZERO;
  const e = (bytes[at + 4] as number) - ZERO;
  const f = (bytes[at + 5] as number) - ZERO;
  const g = (bytes[at + 6] as number) - ZERO;
  const h = (bytes[at + 7] as number) - ZERO;
  const i = (bytes[at + 8] as number) - ZERO;
  const j = (bytes[at + 9] as number) - ZERO;
  const k = (bytes[at + 11] as number) - ZERO;
  const l = (bytes[at + 12] as number) - ZERO;
  const m = (bytes[at + 13] as number) - ZERO;
  // A digit keeps both itself and itself + 6 below 16; any other byte sets a higher bit in one of them.
  const low = a | b | c | d | e | f | g | h | i | j | k | l | m;
  const high =
    (a + 6) |
    (b + 6) |
    (c + 6) |
    (d + 6) |
    (e + 6) |
    (f + 6) |
    (g + 6) |
    (h + 6) |
    (i + 6) |
    (j + 6) |
    (k + 6) |
    (l + 6) |
    (m + 6);
  if (((low | high) & ~15) !== 0) return readOddStamp(bytes, at, header);
  const upper = (((a * 10 + b) * 10 + c) * 10 + d) * 10 + e;
  const lower = (((((((f * 10 + g) * 10 + h) * 10 + i) * 10 + j) * 10 + k) * 10 + l) * 10 + m) | 0;
  header.ms = upper * 1e8 + lower;
  return readSerial(bytes, at + 15, header);
}

/** Stamps whose seconds have more or fewer than ten digits. */
function readOddStamp(bytes: Uint8Array, at: number, header: RecordHeader): boolean {
  let p = at;
  let ms = 0;
  for (; isDigit(bytes[p]); p++) ms = ms * 10 + (bytes[p] as number) - ZERO;
  if (p === at || p - at > 11 || bytes[p] !== POINT) return false;
  for (let i = 1; i <= 3; i++) {
    if (!isDigit(bytes[p + i])) return false;
    ms = ms * 10 + (bytes[p + i] as number) - ZERO;
  }
  if (bytes[p + 4] !== COLON) return false;
  header.ms = ms;
  return readSerial(bytes, p + 5, header);
}

function readSerial(bytes: Uint8Array, first: number, header: RecordHeader): boolean {
  let serial = 0;
  let p = first;
  for (let digit = (bytes[p] as number) - ZERO; digit >= 0 && digit <= 9; digit = (bytes[++p] as number) - ZERO)
    serial = serial * 10 + digit;
  if (p === first || p - first > 10 || serial > 0xffffffff || bytes[p] !== 0x29) return false;
  // DAEMON_CONFIG of RHEL 7 has no colon: `msg=audit(1490239800.477:34) config changed, auid=0`.
  if (bytes[++p] === COLON) p++;
  else if (bytes[p] !== SPACE) return false;
  while (bytes[p] === SPACE) p++;
  header.serial = serial;
  header.body = p;
  return true;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= 0x39;
}

/** A record found by the exact search: its type as written (`SYSCALL`, `1300`, `UNKNOWN[1329]`) and its host. */
export interface FoundRecord {
  type: string;
  node: { from: number; to: number } | null;
}

const TYPE = ascii("type=");
const NODE = ascii("node=");
const SYSLOG_PREFIX_LIMIT = 512;

/**
 * Finds a record anywhere in a line, for what the quick path does not know: syslog and kernel prefixes
 * (`Nov 23 10:00:00 host audisp-syslog[5]: node=a type=…`, `[ 12.3] audit: type=1300 audit(…): …`), numeric types,
 * leading NULs. Lines are searched for 512 bytes. Fills `header` from the stamp.
 * @returns null when there is no record; then the line is to be counted as not understood.
 */
export function findRecord(bytes: Uint8Array, from: number, to: number, header: RecordHeader): FoundRecord | null {
  const limit = Math.min(to, from + SYSLOG_PREFIX_LIMIT);
  const typeAt = findWord(bytes, from, limit, TYPE);
  if (typeAt === -1) return null;
  let end = typeAt + TYPE.length;
  while (end < to && (bytes[end] as number) > SPACE) end++;
  const stampAt = find(bytes, end, Math.min(to, end + 32), MARK);
  if (stampAt === -1 || !readStamp(bytes, stampAt + MARK.length, header) || header.body > to) return null;
  const nodeAt = findWord(bytes, from, typeAt, NODE);
  let node: FoundRecord["node"] = null;
  if (nodeAt !== -1) {
    let nodeEnd = nodeAt + NODE.length;
    while (nodeEnd < typeAt && (bytes[nodeEnd] as number) > SPACE) nodeEnd++;
    if (nodeEnd > nodeAt + NODE.length) node = { from: nodeAt + NODE.length, to: nodeEnd };
  }
  return { type: Buffer.from(bytes.subarray(typeAt + TYPE.length, end)).toString("latin1"), node };
}

/** As `find`, but only where a word begins. */
function findWord(bytes: Uint8Array, from: number, to: number, word: Uint8Array): number {
  for (let at = from; at < to; at++) {
    const startsWord = at === from || (bytes[at - 1] as number) <= SPACE;
    if (startsWord && bytes[at] === word[0] && at + word.length <= to && matches(bytes, at, word)) return at;
  }
  return -1;
}
