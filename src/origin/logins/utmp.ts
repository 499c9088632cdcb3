import { fromBytes, type Untrusted } from "../../model/text.ts";

/** ut_type, utmp(5). */
export const UT = {
  empty: 0,
  runLevel: 1,
  bootTime: 2,
  newTime: 3,
  oldTime: 4,
  initProcess: 5,
  loginProcess: 6,
  userProcess: 7,
  deadProcess: 8,
} as const;

/** One record of utmp, wtmp or btmp. */
export interface LoginRecord {
  /** Its place in the file, the first is 0. */
  index: number;
  type: number;
  pid: number;
  line: Untrusted;
  /** ut_id, inittab's name of the line. */
  id: Untrusted;
  user: Untrusted;
  host: Untrusted;
  session: number;
  /** Milliseconds since 1970; NaN for what is no time. */
  ms: number;
  /** Remote address, or null for none. */
  address: string | null;
}

/**
 * How struct utmp lies in the file. `compat`: 384 bytes with times of 32 bits, what glibc has on x86, 32 or 64 bits, and wherever
 * else 32-bit programs run beside (bits/wordsize.h, __WORDSIZE_TIME64_COMPAT32). `wide`: 400 bytes with times of 64 bits, what
 * glibc has on other 64-bit machines (aarch64) and musl everywhere.
 */
export interface Layout {
  id: "compat" | "wide";
  bigEndian: boolean;
  size: number;
}

const LAYOUTS: readonly Layout[] = [
  { id: "compat", bigEndian: false, size: 384 },
  { id: "wide", bigEndian: false, size: 400 },
  { id: "compat", bigEndian: true, size: 384 },
  { id: "wide", bigEndian: true, size: 400 },
];

/** Records by which a layout is told. */
const LOOKED_AT = 64;

/**
 * The layout in which most of the first records make sense; where none does, that of this machine's kind. A file of
 * zeros, or of less than a record, tells nothing.
 */
export function layoutOf(bytes: Buffer): Layout {
  let best = LAYOUTS[0] as Layout;
  let most = 0;
  for (const layout of LAYOUTS) {
    const count = Math.min(LOOKED_AT, Math.floor(bytes.length / layout.size));
    let plausible = 0;
    for (let index = 0; index < count; index++) if (isPlausible(bytes, index * layout.size, layout)) plausible++;
    const share = count === 0 ? 0 : plausible / count + (bytes.length % layout.size === 0 ? 0.01 : 0);
    if (share > most) [best, most] = [layout, share];
  }
  return best;
}

function isPlausible(bytes: Buffer, at: number, layout: Layout): boolean {
  const { seconds, micros } = timeAt(bytes, at, layout);
  const type = layout.bigEndian ? bytes.readInt16BE(at) : bytes.readInt16LE(at);
  // An empty record is plausible in every layout, so it counts for none.
  return type >= 1 && type <= 9 && seconds > 0 && seconds < 0x1_0000_0000 && micros >= 0 && micros < 1_000_000;
}

function timeAt(bytes: Buffer, at: number, { id, bigEndian }: Layout): { seconds: number; micros: number } {
  if (id === "compat") {
    const [seconds, micros] = bigEndian
      ? [bytes.readInt32BE(at + 340), bytes.readInt32BE(at + 344)]
      : [bytes.readInt32LE(at + 340), bytes.readInt32LE(at + 344)];
    return { seconds, micros };
  }
  const [seconds, micros] = bigEndian
    ? [bytes.readBigInt64BE(at + 344), bytes.readBigInt64BE(at + 352)]
    : [bytes.readBigInt64LE(at + 344), bytes.readBigInt64LE(at + 352)];
  return { seconds: Number(seconds), micros: Number(micros) };
}

/** Whether every byte of a record is 0: no program logs that, but tools that take records out leave it. */
export function isZeroed(bytes: Buffer, at: number, { size }: Layout): boolean {
  return bytes.subarray(at, at + size).every((byte) => byte === 0);
}

/** Reads the record at a byte. The caller has seen to it that all of it is there. */
export function recordAt(bytes: Buffer, at: number, layout: Layout): LoginRecord {
  const { bigEndian, size, id } = layout;
  const int = (offset: number): number => (bigEndian ? bytes.readInt32BE(at + offset) : bytes.readInt32LE(at + offset));
  const { seconds, micros } = timeAt(bytes, at, layout);
  const address = id === "compat" ? at + 348 : at + 360;
  return {
    index: Math.floor(at / size),
    type: bigEndian ? bytes.readInt16BE(at) : bytes.readInt16LE(at),
    pid: int(4),
    line: textAt(bytes, at + 8, 32),
    id: textAt(bytes, at + 40, 4),
    user: textAt(bytes, at + 44, 32),
    host: textAt(bytes, at + 76, 256),
    session: int(336),
    ms: micros < 0 || micros >= 1_000_000 ? Number.NaN : seconds * 1000 + micros / 1000,
    address: addressOf(bytes.subarray(address, address + 16)),
  };
}

/** A text that ends at its first NUL, or fills its field. */
function textAt(bytes: Buffer, at: number, length: number): Untrusted {
  const field = bytes.subarray(at, at + length);
  const end = field.indexOf(0);
  return fromBytes(end === -1 ? field : field.subarray(0, end));
}

/** An address in network order; only the first four bytes are set for IPv4 (utmp(5)). */
function addressOf(bytes: Buffer): string | null {
  if (bytes.every((byte) => byte === 0)) return null;
  if (bytes.subarray(4).every((byte) => byte === 0)) return [...bytes.subarray(0, 4)].join(".");
  const words = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16));
  return words.join(":");
}
