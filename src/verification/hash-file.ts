import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { isTooLarge } from "../identity/file-facts.ts";
import type { HashAnswer, HashTask } from "./messages.ts";

const CHUNK = 1 << 20;
const READINGS = 2;
/** A link in the last place was resolved before; a FIFO or device that took the place meanwhile is not waited for. */
const FLAGS = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY;
const buffer = Buffer.allocUnsafe(CHUNK);

/** What tells one content of an inode from a later one: `device:inode:size:mtime:ctime`, times in nanoseconds. */
export function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: fs.BigIntStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
}

/** Hashes a file, provided that it still is the inode that was seen, and does not change meanwhile. Never throws for it. */
export function hashFile({ id, path, inode, algorithm }: HashTask): HashAnswer {
  let fd: number | null = null;
  try {
    fd = fs.openSync(Buffer.from(path.buffer, path.byteOffset, path.length), FLAGS);
    for (let reading = 1; ; reading++) {
      const before = fs.fstatSync(fd, { bigint: true });
      if (`${before.dev}:${before.ino}` !== inode || !before.isFile()) return failed(id, "swapped");
      if (isTooLarge(before)) return failed(id, "too-large");
      const hash = createHash(algorithm);
      let bytes = 0;
      for (;;) {
        const got = fs.readSync(fd, buffer, 0, CHUNK, bytes);
        if (got === 0) break;
        hash.update(got === CHUNK ? buffer : buffer.subarray(0, got));
        bytes += got;
      }
      const stamp = stampOf(before);
      if (stampOf(fs.fstatSync(fd, { bigint: true })) === stamp && BigInt(bytes) === before.size) {
        return { id, bytes, hex: hash.digest("hex"), stamp, error: null };
      }
      if (reading === READINGS) return failed(id, "changes");
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return failed(id, code);
  } finally {
    if (fd !== null) fs.closeSync(fd);
  }
}

function failed(id: number, error: string): HashAnswer {
  return { id, bytes: 0, hex: null, stamp: null, error };
}
