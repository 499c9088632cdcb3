import * as fs from "node:fs";
import { Failure } from "./failure.ts";

/** Writes a result to standard output or, with `-o`, to a file that only its owner can read. */
export function writeResult(text: string, file: string | undefined): void {
  if (file === undefined || file === "-") {
    writeAll(1, text);
    return;
  }
  try {
    // A new file or an ordinary one of ours; never through a symbolic link that somebody laid out.
    const flags = fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_TRUNC | fs.constants.O_NOFOLLOW;
    const fd = fs.openSync(file, flags, 0o600);
    try {
      writeAll(fd, text);
    } finally {
      fs.closeSync(fd);
    }
  } catch (error) {
    throw new Failure(
      `cannot write the result: ${(error as Error).message}`,
      "name a file in a folder that can be written: -o FILE",
    );
  }
}

/**
 * Synchronous, so that a pipe gets everything before the process exits. A reader that went away is no error; then it
 * returns false.
 */
export function writeAll(fd: number, text: string): boolean {
  const bytes = Buffer.from(text);
  let at = 0;
  while (at < bytes.length) {
    try {
      at += fs.writeSync(fd, bytes, at);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "EPIPE") return false;
      if (code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
  return true;
}
