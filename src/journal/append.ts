import * as fs from "node:fs";
import { fileCalls } from "../platform/file-calls.ts";
import { encodeRecord } from "./record.ts";
import type { JournalRecord } from "./types.ts";

/** FALLOC_FL_KEEP_SIZE (include/uapi/linux/falloc.h). */
const KEEP_SIZE = 1;
/** Room that is kept free for records to come, so that a disk that fills up does not stop a run, or its undo, half way. */
const RESERVE = 128 * 1024;

/** Appends records to one journal. Each is on the disk, by fsync(2), when `append` returns. */
export class Appender {
  readonly #fd: number;
  #length: number;
  #sequence: number;

  /** `length`: bytes of whole records; what follows them was torn and is cut off. */
  constructor(fd: number, length: number, sequence: number) {
    this.#fd = fd;
    this.#length = length;
    this.#sequence = sequence;
    if (fs.fstatSync(fd).size !== length) fs.ftruncateSync(fd, length);
    this.#reserve();
  }

  /** Throws an error of write(2) or fsync(2), ENOSPC for example; the journal then ends with the record before. */
  append(record: JournalRecord): void {
    const bytes = Buffer.from(encodeRecord(this.#sequence, record));
    try {
      for (let at = 0; at < bytes.length;)
        at += fs.writeSync(this.#fd, bytes, at, bytes.length - at, this.#length + at);
      fs.fsyncSync(this.#fd);
    } catch (error) {
      try {
        fs.ftruncateSync(this.#fd, this.#length);
      } catch {
        // Then it is a torn record, which a reader drops.
      }
      throw error;
    }
    this.#length += bytes.length;
    this.#sequence++;
  }

  close(): void {
    try {
      // Gives back what was kept free.
      fs.ftruncateSync(this.#fd, this.#length);
    } catch {
      // It takes room, and nothing else.
    }
    fs.closeSync(this.#fd);
  }

  /** Throws where the disk is full; a file system that cannot reserve does without. */
  #reserve(): void {
    const calls = fileCalls();
    if ("missing" in calls) return;
    if (calls.fallocate(this.#fd, KEEP_SIZE, this.#length, RESERVE) === 0) return;
    const number = calls.errno();
    if (number === ENOSPC || number === EDQUOT)
      throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
  }
}

const ENOSPC = 28;
const EDQUOT = 122;
