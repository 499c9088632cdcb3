import { closeSync, fstatSync, openSync, readdirSync, readlinkSync, readSync, statSync } from "node:fs";
import { reasonOf } from "../../platform/errno.ts";
import type { RecordReader } from "./reader.ts";
import type { Records } from "./records.ts";

const CHUNK = 256 << 10;
const CHUNKS_AT_ONCE = 32;

/** The file that the audit daemon writes, or null: the only regular file below /var that it holds open. */
export function logOfDaemon(pid: number): string | null {
  if (pid <= 0) return null;
  try {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      const path = readlinkSync(`/proc/${pid}/fd/${fd}`);
      if (path.endsWith(".log") && statSync(path, { throwIfNoEntry: false })?.isFile() === true) return path;
    }
  } catch {
    // The daemon has just ended, or it is not to be looked into: no log.
  }
  return null;
}

/** Follows the log of the audit daemon from its present end, where the kernel's own group cannot be listened to. */
export class LogRecords implements Records {
  readonly #path: string;
  readonly #reader: RecordReader;
  readonly #chunk = Buffer.alloc(CHUNK);
  #fd: number;
  #at: number;
  #problem: string | null = null;

  /** Throws what open(2) throws. */
  constructor(path: string, reader: RecordReader) {
    this.#path = path;
    this.#reader = reader;
    this.#fd = openSync(path, "r");
    this.#at = fstatSync(this.#fd).size;
  }

  drain(): void {
    if (this.#problem !== null || this.#fd < 0) return;
    try {
      this.#readOn();
      // Rotated: the daemon has renamed the file and writes a new one of the same name.
      const named = statSync(this.#path, { throwIfNoEntry: false });
      if (named === undefined || named.ino === fstatSync(this.#fd).ino) return;
      const next = openSync(this.#path, "r");
      this.#readOn();
      closeSync(this.#fd);
      this.#fd = next;
      this.#at = 0;
      this.#readOn();
    } catch (error) {
      this.#problem = `following the log of the audit daemon failed (${reasonOf(error)})`;
    }
  }

  problems(): string[] {
    return this.#problem === null ? [] : [this.#problem];
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }

  #readOn(): void {
    for (let n = 0; n < CHUNKS_AT_ONCE; n++) {
      const length = readSync(this.#fd, this.#chunk, 0, CHUNK, this.#at);
      if (length === 0) return;
      this.#at += length;
      this.#reader.push(this.#chunk.subarray(0, length), this.#path);
    }
  }
}
