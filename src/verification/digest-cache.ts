import { randomInt } from "node:crypto";
import * as fs from "node:fs";

const TITLE = "whoforks digests 1";
const HEX = /^[0-9a-f]{32,128}$/;
const LARGEST = 1 << 30;
/** A file may change again within one tick of the clock that stamps it: what is as young as this is not kept. */
const SETTLED = 2_000_000_000n;
/** One of so many known digests is computed again, at least `FEWEST`. */
const SHARE = 64;
const FEWEST = 64;

/** Why a cache file is not believed: an errno name, or what is wrong with it. */
export type CacheProblem = { problem: string };

/**
 * Digests of an earlier run by inode, size and times. It is a means to be quick, not evidence: whoever may write the file
 * may put anything into it. So it must be the user's own, writable by nobody else, and a part of it, chosen anew each time,
 * is computed again.
 */
export class DigestCache {
  readonly #known = new Map<string, string>();
  readonly #fresh = new Map<string, string>();
  /** Whether the file would not be the same again. */
  #changed = false;

  /** Reads the file; empty where there is none yet. */
  static open(file: string): DigestCache | CacheProblem {
    const cache = new DigestCache();
    let fd: number;
    try {
      fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
    } catch (error) {
      const { code = "?" } = error as NodeJS.ErrnoException;
      return code === "ENOENT" ? cache : { problem: code };
    }
    try {
      const stat = fs.fstatSync(fd);
      if (!stat.isFile() || stat.size > LARGEST) return { problem: "no regular file" };
      if (stat.uid !== process.geteuid?.() || (stat.mode & 0o022) !== 0) return { problem: "others may write it" };
      const lines = fs.readFileSync(fd, "latin1").split("\n");
      if (lines[0] !== TITLE) return { problem: "another kind of file" };
      for (let at = 1; at < lines.length; at++) {
        const line = lines[at] as string;
        const end = line.lastIndexOf(" ");
        if (end > 0) cache.#known.set(line.slice(0, end), line.slice(end + 1));
      }
      return cache;
    } finally {
      fs.closeSync(fd);
    }
  }

  get size(): number {
    return this.#known.size;
  }

  /** The digest of an earlier run for this stamp; null: none. */
  get(stamp: string, algorithm: string): string | null {
    // A hundred thousand keys are not made for nothing.
    if (this.#known.size === 0) return null;
    const hex = this.#known.get(`${stamp} ${algorithm}`);
    // A line of another form is as good as none.
    if (hex === undefined || !HEX.test(hex)) return null;
    this.#fresh.set(`${stamp} ${algorithm}`, hex);
    return hex;
  }

  /** Keeps a digest that was computed now, unless the file is so young that it could change without a new time. */
  set(stamp: string, algorithm: string, hex: string, now: bigint): void {
    const [, , , mtime = "", ctime = ""] = stamp.split(":");
    if (now - BigInt(ctime) <= SETTLED || now - BigInt(mtime) <= SETTLED) return;
    const key = `${stamp} ${algorithm}`;
    this.#changed ||= this.#known.get(key) !== hex;
    this.#fresh.set(key, hex);
  }

  /** Forgets everything that was read. */
  distrust(): void {
    this.#known.clear();
    this.#fresh.clear();
    this.#changed = true;
  }

  /** Writes what this run has seen, in place of the old file at once. Throws what the file system throws. */
  save(file: string): void {
    if (!this.#changed && this.#known.size > 0 && this.#fresh.size === this.#known.size) return;
    const made = `${file}.${process.pid}.new`;
    const flags = fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_EXCL | fs.constants.O_NOFOLLOW;
    const fd = fs.openSync(made, flags, 0o600);
    try {
      fs.writeFileSync(fd, `${TITLE}\n${[...this.#fresh].map(([key, hex]) => `${key} ${hex}\n`).join("")}`);
    } catch (error) {
      fs.rmSync(made, { force: true });
      throw error;
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(made, file);
  }
}

/** Which of `count` known digests are computed again: nobody can know before. */
export function sampleOf(count: number): Set<number> {
  const wanted = Math.min(count, Math.max(FEWEST, Math.ceil(count / SHARE)));
  const chosen = new Set<number>();
  while (chosen.size < wanted) chosen.add(randomInt(count));
  return chosen;
}
