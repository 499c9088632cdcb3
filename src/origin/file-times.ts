import type { BigIntStats } from "node:fs";
import { release } from "node:os";
import { isoTime } from "../identity/file-facts.ts";
import { msOf } from "./iso.ts";
import type { Moment } from "./moments.ts";
import type { Origin } from "./result.ts";
import type { FileInQuestion } from "./types.ts";

/**
 * Whether this kernel tells births: statx(2) came with Linux 4.11. Before it Node gives ctime for the birth, which would pass
 * for one.
 */
export function tellsBirth(kernel: string): boolean {
  const [major = 0, minor = 0] = kernel.split(".").map((part) => Number.parseInt(part, 10) || 0);
  return major > 4 || (major === 4 && minor >= 11);
}

const TELLS_BIRTH = tellsBirth(release());

/** Nanoseconds since 1970, or null where the kernel or the file system tells no birth (statx without STATX_BTIME). */
export function birthOf(stat: BigIntStats): bigint | null {
  return TELLS_BIRTH && stat.birthtimeNs > 0n ? stat.birthtimeNs : null;
}

export function fileTimes(stat: BigIntStats): FileInQuestion {
  return {
    birth: birthOf(stat),
    change: stat.ctimeNs,
    modification: stat.mtimeNs,
    device: stat.dev,
    inode: stat.ino,
    mode: Number(stat.mode),
    isRegular: stat.isFile(),
  };
}

/** Names of file systems by statfs(2)'s f_type (include/uapi/linux/magic.h). */
const MAGIC: Readonly<Record<number, string>> = {
  0xef53: "ext4",
  0x58465342: "xfs",
  0x9123683e: "btrfs",
  0x794c7630: "overlay",
  0x01021994: "tmpfs",
  0x2fc12fc1: "zfs",
  0xf2f52010: "f2fs",
  0x6969: "nfs",
  0x73717368: "squashfs",
  0xe0f5e1e2: "erofs",
  0x858458f6: "ramfs",
  0x4d44: "vfat",
  0x2011bab0: "exfat",
  0x5346544e: "ntfs",
  0x65735546: "fuse",
  0xff534d42: "cifs",
  0x9660: "iso9660",
  0x3153464a: "jfs",
  0x52654973: "reiserfs",
  0xca451a4e: "bcachefs",
};

/** `ext4` (also for ext2 and ext3), or the number in hexadecimal. */
export function fileSystemName(type: number | bigint): string {
  const number = Number(BigInt.asUintN(32, BigInt(type)));
  return MAGIC[number] ?? `0x${number.toString(16)}`;
}

/** A modification before the birth was set, and may be that of anything; things around it have nothing to do with this file. */
export function momentsOf({ birth, change, modification }: FileInQuestion): Moment[] {
  const moments: Moment[] = [{ what: "change", ms: msOf(change) }];
  if (birth !== null) moments.unshift({ what: "birth", ms: msOf(birth) });
  if (birth === null || modification >= birth) moments.push({ what: "modification", ms: msOf(modification) });
  return moments;
}

/** The times as a result has them. */
export function timesOf({ birth, change, modification }: FileInQuestion): Origin["times"] {
  return [
    { kind: "birth", time: birth === null ? null : isoTime(birth) },
    { kind: "change", time: isoTime(change) },
    { kind: "modification", time: isoTime(modification) },
  ];
}
