import * as fs from "node:fs";

const buffer = Buffer.allocUnsafe(65_536);

/**
 * At most 64 KiB of a small file of /proc in one read, or null when it is gone or may not be read. The bytes are valid
 * until the next call: decode them at once. About three times as fast as readFileSync.
 */
export function readSmall(path: string | Buffer, limit: number = buffer.length): Buffer | null {
  let fd: number;
  try {
    fd = fs.openSync(path, "r");
  } catch {
    // Processes vanish and kernels forbid; the caller says "unknown".
    return null;
  }
  try {
    return buffer.subarray(0, fs.readSync(fd, buffer, 0, Math.min(limit, buffer.length), null));
  } catch {
    // ESRCH: it died between open and read.
    return null;
  } finally {
    fs.closeSync(fd);
  }
}
