import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RandomBytes } from "../model/random-bytes.ts";

/** An open regular file; `advance` is told the bytes read. The size at the beginning is the end, as for logs. */
export function fileBytes(fd: number, advance: (bytes: number) => void): RandomBytes {
  return {
    size: fs.fstatSync(fd).size,
    read(at, length) {
      const bytes = readAt(fd, at, length);
      advance(bytes.length);
      return bytes;
    },
  };
}

/**
 * Bytes that come as a stream (standard input, a packed file) and must be read at any place: they wait in a file without a
 * name, which the system removes whatever happens to this program.
 */
export class Spool implements RandomBytes {
  size = 0;
  readonly #fd: number;

  /** Throws the system's error where no temporary file can be made. */
  constructor() {
    const folder = fs.mkdtempSync(join(tmpdir(), "whoforks-"));
    try {
      this.#fd = fs.openSync(join(folder, "spool"), "wx+", 0o600);
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Throws the system's error, ENOSPC among others. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at += fs.writeSync(this.#fd, bytes, at);
    this.size += bytes.length;
  }

  read(at: number, length: number): Uint8Array {
    return readAt(this.#fd, at, length);
  }

  close(): void {
    fs.closeSync(this.#fd);
  }
}

/** @returns fewer bytes than asked for only at the end of the file */
function readAt(fd: number, at: number, length: number): Uint8Array {
  // What is there bounds what is set aside: a damaged file can ask for anything.
  const left = Math.max(0, fs.fstatSync(fd).size - at);
  const bytes = Buffer.allocUnsafe(Math.min(length, left));
  let total = 0;
  while (total < bytes.length) {
    const got = fs.readSync(fd, bytes, total, bytes.length - total, at + total);
    if (got === 0) break;
    total += got;
  }
  return bytes.subarray(0, total);
}
