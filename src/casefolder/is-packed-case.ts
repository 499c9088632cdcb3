import * as fs from "node:fs";
import { createGunzip } from "node:zlib";
import { packing } from "../platform/unpack.ts";

const TAR_BLOCK = 512;
const MAGIC = 6;

/** Whether this is a tar packed by gzip, by its first bytes. What cannot be looked at is none; reading it will say why. */
export async function isPackedCase(path: string): Promise<boolean> {
  try {
    if (!fs.statSync(path).isFile() || packing(beginning(path)) !== "gzip") return false;
    for await (const chunk of fs.createReadStream(path, { end: (1 << 16) - 1 }).pipe(createGunzip())) {
      const head = chunk as Buffer;
      // POSIX.1-1988 (ustar) and GNU tar alike: the header's magic.
      return head.length >= TAR_BLOCK && head.toString("latin1", 257, 262) === "ustar";
    }
  } catch {
    return false;
  }
  return false;
}

/** A log is spared the machinery of unpacking. Never waits: the file may have become a FIFO meanwhile. */
function beginning(path: string): Uint8Array {
  const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY);
  try {
    const bytes = Buffer.alloc(MAGIC);
    return bytes.subarray(0, fs.readSync(fd, bytes, 0, MAGIC, 0));
  } finally {
    fs.closeSync(fd);
  }
}
