import { createHash, hash } from "node:crypto";
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
      const { hex, bytes } = digestOf(fd, algorithm, Number(before.size));
      const stamp = stampOf(before);
      if (stampOf(fs.fstatSync(fd, { bigint: true })) === stamp && BigInt(bytes) === before.size) {
        return { id, bytes, hex, stamp, error: null };
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

/**
 * Digest of a file and the bytes that it had. It ends where the size says: what was added meanwhile gives the file another
 * size and time, which the caller sees. It is read through the page cache, since that is what the kernel executes: a
 * content altered there alone stands in no block of the disk.
 */
function digestOf(fd: number, algorithm: HashTask["algorithm"], size: number): { hex: string; bytes: number } {
  let got = fs.readSync(fd, buffer, 0, CHUNK, 0);
  // Nearly every file is of one piece, and needs no state between pieces.
  if (got === size) return { hex: hash(algorithm, buffer.subarray(0, got), "hex"), bytes: got };
  const state = createHash(algorithm);
  let bytes = 0;
  while (got > 0) {
    state.update(got === CHUNK ? buffer : buffer.subarray(0, got));
    bytes += got;
    if (bytes === size) break;
    got = fs.readSync(fd, buffer, 0, CHUNK, bytes);
  }
  return { hex: state.digest("hex"), bytes };
}

function failed(id: number, error: string): HashAnswer {
  return { id, bytes: 0, hex: null, stamp: null, error };
}
