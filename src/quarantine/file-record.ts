import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { z } from "zod";
import { StepRefused } from "../journal/types.ts";
import { extendedAttributes, inodeFlagsOf, openForFlags, type ExtendedAttribute } from "../platform/attributes.ts";
import { mountIdOf, openHeld } from "../platform/beneath.ts";

const digits = z.string().regex(/^-?\d{1,20}$/);

/** Everything about a file that can be given back, and what tells it from another. Numbers of 64 bits are decimal text. */
export const fileRecord = z.object({
  /** Numbers of the device and the inode; the device's may be another after a reboot. */
  dev: digits,
  inode: digits,
  size: digits,
  /** st_mode: type and permissions. */
  mode: z.int().nonnegative(),
  uid: z.int().nonnegative(),
  gid: z.int().nonnegative(),
  /** Names of this file in its file system. */
  links: z.int().positive(),
  /** Nanoseconds since 1970. Change time and birth are told, and cannot be given back: the kernel lets nobody set them. */
  atimeNs: digits,
  mtimeNs: digits,
  ctimeNs: digits,
  birthNs: digits,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** ACLs, capabilities, SELinux label and all others, values in base64. */
  attributes: z.array(z.object({ name: z.string(), value: z.base64() })),
  /** ioctl_iflags(2); null where the file system has none. */
  flags: z.int().nonnegative().nullable(),
});
export type FileRecord = z.infer<typeof fileRecord>;

/** Looks at a file that is held (O_PATH): all of it is about this one file, whatever its name means meanwhile. */
export function recordOf(held: number): FileRecord {
  const before = fs.fstatSync(held, { bigint: true });
  if (!before.isFile()) throw new StepRefused("quarantine.no-file");
  const fd = openHeld(held);
  try {
    const sha256 = digestOf(fd);
    const attributes: ExtendedAttribute[] = extendedAttributes(held);
    const flags = inodeFlagsOf(fd);
    const after = fs.fstatSync(held, { bigint: true });
    if (!isSteady(before, after)) throw new StepRefused("quarantine.changing");
    return {
      dev: String(after.dev),
      inode: String(after.ino),
      size: String(after.size),
      mode: Number(after.mode),
      uid: Number(after.uid),
      gid: Number(after.gid),
      links: Math.max(1, Number(after.nlink)),
      atimeNs: String(after.atimeNs),
      mtimeNs: String(after.mtimeNs),
      ctimeNs: String(after.ctimeNs),
      birthNs: String(after.birthtimeNs),
      sha256,
      attributes,
      flags,
    };
  } finally {
    fs.closeSync(fd);
  }
}

function isSteady(a: fs.BigIntStats, b: fs.BigIntStats): boolean {
  return a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

function digestOf(fd: number): string {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(1 << 20);
  for (let at = 0; ;) {
    const got = fs.readSync(fd, buffer, 0, buffer.length, at);
    if (got === 0) return hash.digest("hex");
    hash.update(buffer.subarray(0, got));
    at += got;
  }
}

/** SHA-256 of the content of a held regular file. */
export function contentOf(held: number): string {
  const fd = openHeld(held);
  try {
    return digestOf(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** OVERLAYFS_SUPER_MAGIC (include/uapi/linux/magic.h). */
const OVERLAY = 0x794c7630;

/**
 * Whether a held file is the recorded one: by device and inode. The device may have another number after a reboot, and an
 * overlay gives another inode when it copies a file up; there the content decides as well.
 */
export function isRecorded(held: number, record: FileRecord): boolean {
  const stat = fs.fstatSync(held, { bigint: true });
  if (!stat.isFile()) return false;
  const isInode = String(stat.ino) === record.inode;
  if (isInode && String(stat.dev) === record.dev) return true;
  return (isInode || fs.statfsSync(`/proc/self/fd/${held}`).type === OVERLAY) && hasContent(held, record);
}

/** Whether content is as recorded. */
export function hasContent(held: number, record: FileRecord): boolean {
  return String(fs.fstatSync(held, { bigint: true }).size) === record.size && contentOf(held) === record.sha256;
}

/** Flags of a held file or directory; null in a file system without them. */
export function flagsOf(held: number): number | null {
  const fd = openForFlags(held);
  try {
    return inodeFlagsOf(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** The mount by which a held file was reached: names can only be moved within one. */
export function isSameMount(a: number, b: number): boolean {
  return (
    mountIdOf(a) === mountIdOf(b) && fs.fstatSync(a, { bigint: true }).dev === fs.fstatSync(b, { bigint: true }).dev
  );
}
