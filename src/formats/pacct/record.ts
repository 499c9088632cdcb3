import { fromBytes, type Untrusted } from "../../model/text.ts";
import { comp2T, compT } from "./numbers.ts";

/** All versions that Linux writes have it (include/uapi/linux/acct.h). */
export const RECORD_SIZE = 64;

/** `ac_flag`. */
export const FLAG = { fork: 0x01, superUser: 0x02, core: 0x08, signal: 0x10 } as const;
/** AFORK … AGROUP; no other bit is ever set. */
const ALL_FLAGS = 0x3f;
/** `ac_version`: the highest bit tells the byte order (ACCT_BYTEORDER). */
const BIG_ENDIAN = 0x80;
/** Times of version 3 are in AHZ of 1/100 s (include/linux/acct.h). */
const AHZ_V3 = 100;
/** PID_MAX_LIMIT (include/linux/threads.h). */
const MOST_PID = 1 << 22;
/** An overflown uid or gid of 16 bits (/proc/sys/kernel/overflowuid). */
const OVERFLOWN = 65_534;

/** One end of a process (kernel/acct.c fill_ac, do_acct_process). */
export interface AcctRecord {
  version: 2 | 3;
  flag: number;
  /** 0 in version 2, which has none. */
  pid: number;
  /** Its parent when it ended: the reaper, if its own parent was dead. 0 in version 2, and for who came from outside the PID namespace. */
  ppid: number;
  /** As wait(2) has it. */
  status: number;
  /** Seconds since 1970 in which it began, as worked out from its end. */
  beganAt: number;
  /** Seconds that it lived, cut to a tick. */
  lived: number;
  /** Seconds of user and system time, each cut to a tick. */
  cpu: number;
  comm: Untrusted;
}

/**
 * Which version and byte order 64 bytes at `at` are of, if they can be a record at all; else 0. There is no magic number, so
 * this asks for what kernel/acct.c never breaks: no unknown flag, a wait status of 16 bits, a name whose rest is all zeros, times
 * that are numbers; and PIDs within their limit (version 3), or 16-bit ids that agree with the 32-bit ones (version 2).
 */
export function kindOf(bytes: DataView, at: number): number {
  if (at + RECORD_SIZE > bytes.byteLength) return 0;
  const kind = bytes.getUint8(at + 1);
  const little = (kind & BIG_ENDIAN) === 0;
  if ((bytes.getUint8(at) & ~ALL_FLAGS) !== 0) return 0;
  if ((kind & 0x7f) === 3) {
    const pid = bytes.getUint32(at + 16, little);
    const etime = bytes.getFloat32(at + 28, little);
    const sound =
      bytes.getUint32(at + 4, little) <= 0xffff &&
      pid > 0 &&
      pid <= MOST_PID &&
      bytes.getUint32(at + 20, little) <= MOST_PID &&
      etime >= 0 &&
      etime < Number.POSITIVE_INFINITY &&
      isName(bytes, at + 48, 16);
    return sound ? kind : 0;
  }
  if ((kind & 0x7f) !== 2) return 0;
  const ahz = bytes.getUint16(at + 30, little);
  const sound =
    bytes.getUint32(at + 32, little) <= 0xffff &&
    ahz > 0 &&
    ahz <= 10_000 &&
    agree(bytes.getUint16(at + 2, little), bytes.getUint32(at + 56, little)) &&
    agree(bytes.getUint16(at + 4, little), bytes.getUint32(at + 60, little)) &&
    isName(bytes, at + 36, 17);
  return sound ? kind : 0;
}

function agree(low: number, whole: number): boolean {
  return low === (whole > 0xffff ? OVERFLOWN : whole);
}

/** The kernel clears the record before it copies the name: behind its end all is zero. */
function isName(bytes: DataView, at: number, size: number): boolean {
  let ended = false;
  for (let i = 0; i < size; i++) {
    const byte = bytes.getUint8(at + i);
    if (byte === 0) ended = true;
    else if (ended) return false;
  }
  return ended;
}

/** Reads the record at `at`, of which `kindOf` says that it is one. */
export function readRecord(bytes: DataView, at: number): AcctRecord {
  const kind = bytes.getUint8(at + 1);
  const little = (kind & BIG_ENDIAN) === 0;
  const flag = bytes.getUint8(at);
  const comp = (offset: number): number => compT(bytes.getUint16(at + offset, little));
  if ((kind & 0x7f) === 3) {
    return {
      version: 3,
      flag,
      pid: bytes.getUint32(at + 16, little),
      ppid: bytes.getUint32(at + 20, little),
      status: bytes.getUint32(at + 4, little),
      beganAt: bytes.getUint32(at + 24, little),
      lived: bytes.getFloat32(at + 28, little) / AHZ_V3,
      cpu: (comp(32) + comp(34)) / AHZ_V3,
      comm: nameAt(bytes, at + 48, 16),
    };
  }
  const ahz = bytes.getUint16(at + 30, little);
  // Behind the name, times beyond what comp_t holds; old kernels left it zero.
  const high = comp2T((bytes.getUint8(at + 53) << 16) | bytes.getUint16(at + 54, little));
  return {
    version: 2,
    flag,
    pid: 0,
    ppid: 0,
    status: bytes.getUint32(at + 32, little),
    beganAt: bytes.getUint32(at + 8, little),
    lived: (high > 0 ? high : comp(16)) / ahz,
    cpu: (comp(12) + comp(14)) / ahz,
    comm: nameAt(bytes, at + 36, 17),
  };
}

function nameAt(bytes: DataView, at: number, size: number): Untrusted {
  let length = 0;
  while (length < size && bytes.getUint8(at + length) !== 0) length++;
  return fromBytes(new Uint8Array(bytes.buffer, bytes.byteOffset + at, length));
}
