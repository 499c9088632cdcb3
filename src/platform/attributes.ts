import * as fs from "node:fs";
import { fromBytes, toBytes, type Untrusted } from "../model/text.ts";
import { callError, errnoName, fileCalls, type FileCalls } from "./file-calls.ts";

/** An extended attribute (xattr(7)): ACLs, capabilities, the SELinux label and the user's own. */
export interface ExtendedAttribute {
  name: Untrusted;
  /** base64 */
  value: string;
}

/** FS_IMMUTABLE_FL, FS_APPEND_FL (include/uapi/linux/fs.h). */
export const IMMUTABLE = 0x10;
export const APPEND_ONLY = 0x20;

/** What the kernel refuses in a file system that has no such thing. */
const HAS_NONE = new Set(["ENOTTY", "EOPNOTSUPP", "ENOTSUP", "EINVAL", "ENOSYS"]);
/** UTIME_OMIT is not needed: both times are always given. AT_SYMLINK_NOFOLLOW is not either: the path is a held file. */
const AT_FDCWD = -100;
const ENODATA = "ENODATA";

function calls(): FileCalls {
  const bound = fileCalls();
  if ("missing" in bound) throw new Error(bound.why);
  return bound;
}

/** Path of a held file, for calls of the C library. */
function held(fd: number): Buffer {
  return Buffer.from(`/proc/self/fd/${fd}\0`);
}

function zeroEnded(name: Untrusted): Buffer {
  return Buffer.concat([toBytes(name), Buffer.alloc(1)]);
}

/** All extended attributes of a held file, sorted by name. [] in a file system without them. */
export function extendedAttributes(fd: number): ExtendedAttribute[] {
  const c = calls();
  // 64 KiB is the kernel's limit of the list and of a value (XATTR_LIST_MAX, XATTR_SIZE_MAX).
  const list = Buffer.alloc(65_536);
  const length = c.listxattr(held(fd), list, list.length);
  if (length < 0) {
    const name = errnoName(c.errno());
    if (HAS_NONE.has(name)) return [];
    throw callError("listxattr", c.errno());
  }
  const found: ExtendedAttribute[] = [];
  for (const name of fromBytes(list.subarray(0, length)).split("\0")) {
    if (name === "") continue;
    const value = Buffer.alloc(65_536);
    const size = c.getxattr(held(fd), zeroEnded(name), value, value.length);
    if (size < 0) {
      // Listed but gone meanwhile, or not for this user.
      if (errnoName(c.errno()) === ENODATA) continue;
      throw callError(`getxattr ${name}`, c.errno());
    }
    found.push({ name, value: value.toString("base64", 0, size) });
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Makes the extended attributes of a held file these. Touches only what differs. */
export function setExtendedAttributes(fd: number, wanted: readonly ExtendedAttribute[]): void {
  const c = calls();
  const there = new Map(extendedAttributes(fd).map(({ name, value }) => [name, value]));
  for (const { name, value } of wanted) {
    if (there.get(name) === value) continue;
    const bytes = Buffer.from(value, "base64");
    if (c.setxattr(held(fd), zeroEnded(name), bytes, bytes.length, 0) < 0)
      throw callError(`setxattr ${name}`, c.errno());
  }
  const keep = new Set(wanted.map(({ name }) => name));
  for (const name of there.keys())
    if (!keep.has(name) && c.removexattr(held(fd), zeroEnded(name)) < 0)
      throw callError(`removexattr ${name}`, c.errno());
}

/** Request numbers of FS_IOC_GETFLAGS and FS_IOC_SETFLAGS: _IOR('f', 1, long), _IOW('f', 2, long); ioctl(2). */
function requests(): { get: number; set: number } {
  const size = process.arch === "ia32" || process.arch === "arm" ? 4 : 8;
  const [read, write] = process.arch === "ppc64" ? ([2, 4] as const) : ([2, 1] as const);
  const number = (direction: number, nr: number): number =>
    process.arch === "ppc64"
      ? ((direction << 29) | (size << 16) | (0x66 << 8) | nr) >>> 0
      : ((direction << 30) | (size << 16) | (0x66 << 8) | nr) >>> 0;
  return { get: number(read, 1), set: number(write, 2) };
}

/** Inode flags (ioctl_iflags(2)) of an open file or directory; null in a file system without them. */
export function inodeFlagsOf(fd: number): number | null {
  const c = calls();
  const flags = Buffer.alloc(8);
  if (c.ioctl(fd, requests().get, flags) < 0) {
    if (HAS_NONE.has(errnoName(c.errno()))) return null;
    throw callError("FS_IOC_GETFLAGS", c.errno());
  }
  return flags.readUInt32LE(0);
}

/** Sets them; needs CAP_LINUX_IMMUTABLE where one of those two changes. */
export function setInodeFlags(fd: number, flags: number): void {
  const c = calls();
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(flags);
  if (c.ioctl(fd, requests().set, bytes) < 0) throw callError("FS_IOC_SETFLAGS", c.errno());
}

/** Sets access and modification time of a held file, in nanoseconds since 1970. */
export function setTimes(fd: number, atimeNs: bigint, mtimeNs: bigint): void {
  const c = calls();
  const times = Buffer.alloc(32);
  [atimeNs, mtimeNs].forEach((time, at) => {
    const fraction = ((time % SECOND) + SECOND) % SECOND;
    times.writeBigInt64LE((time - fraction) / SECOND, at * 16);
    times.writeBigInt64LE(fraction, at * 16 + 8);
  });
  if (c.utimensat(AT_FDCWD, held(fd), times, 0) < 0) throw callError("utimensat", c.errno());
}

const SECOND = 1_000_000_000n;

/** Opens a held directory for `inodeFlagsOf`, which O_PATH does not allow. */
export function openForFlags(fd: number): number {
  return fs.openSync(`/proc/self/fd/${fd}`, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
}
