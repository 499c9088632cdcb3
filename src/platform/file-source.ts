import * as fs from "node:fs";

/** A file by its descriptor as a source for the ELF reader. I/O errors throw. */
export function fileSource(fd: number): (offset: number, length: number) => Uint8Array {
  return (offset, length) => {
    if (!Number.isSafeInteger(offset) || length <= 0) return new Uint8Array();
    const bytes = Buffer.allocUnsafe(length);
    let total = 0;
    while (total < length) {
      const got = fs.readSync(fd, bytes, total, length - total, offset + total);
      if (got === 0) break;
      total += got;
    }
    return bytes.subarray(0, total);
  };
}
