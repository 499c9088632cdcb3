import * as fs from "node:fs";
import { createGunzip } from "node:zlib";

const TAR_BLOCK = 512;

/** Whether this is a tar packed by gzip, by its first bytes. What cannot be looked at is none; reading it will say why. */
export async function isPackedCase(path: string): Promise<boolean> {
  try {
    if (fs.statSync(path).isFile()) {
      for await (const chunk of fs.createReadStream(path, { end: (1 << 16) - 1 }).pipe(createGunzip())) {
        const head = chunk as Buffer;
        // POSIX.1-1988 (ustar) and GNU tar alike: the header's magic.
        return head.length >= TAR_BLOCK && head.toString("latin1", 257, 262) === "ustar";
      }
    }
  } catch {
    return false;
  }
  return false;
}
