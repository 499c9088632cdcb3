import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { errnoOf, reasonOf } from "../platform/errno.ts";
import { Appender } from "./append.ts";
import { JournalError } from "./errors.ts";
import { takeLock } from "./lock.ts";
import { readJournal, type ReadJournal } from "./record.ts";
import { Run } from "./run.ts";
import { openStateFolder, partsOf, stateFolderPath, syncFolder, type StateFolder } from "./state-folder.ts";
import { clearMark, setMark } from "./unfinished.ts";
import type { RunHead, RunState, StepKinds } from "./types.ts";

/** The largest journal that is read; ours have some kilobytes. */
const LARGEST = 16 << 20;
const SUFFIX = ".journal";
/** An id as `begin` makes it, and nothing that could be another path. */
const ID = /^\d{8}-\d{6}-[0-9a-f]{6}$/;

/** What a run tells of itself at its beginning. */
export type Beginning = Pick<RunHead, "action" | "subject" | "root" | "version" | "details">;

/** The journals of one state folder. */
export class Journal {
  readonly #dir: string;
  readonly #kinds: StepKinds;

  /** Touches nothing yet. `dir`: see `stateFolderPath`. */
  constructor(kinds: StepKinds, dir = stateFolderPath()) {
    this.#kinds = kinds;
    this.#dir = dir;
  }

  /** Begins a run: makes its journal and takes the lock. Throws `JournalError`; nothing but the folder was made then. */
  begin(beginning: Beginning): Run {
    const folder = openStateFolder(this.#dir);
    const lock = takeLock(folder, `${beginning.action} ${beginning.subject}`);
    let file: string | null = null;
    let fd: number | null = null;
    try {
      const head: RunHead = { id: newId(), at: new Date().toISOString(), bootId: bootId(), ...beginning };
      setMark(folder);
      file = fileOf(folder, head.id);
      const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;
      fd = fs.openSync(file, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      const appender = new Appender(fd, 0, 0);
      appender.append({ type: "begin", ...head });
      syncFolder(folder.runs);
      const state = { head, steps: [], notes: [], end: null, damaged: { count: 0, examples: [], torn: false } };
      return new Run(state, this.#kinds, appender, () => this.#finish(folder, lock.release));
    } catch (error) {
      // Nothing was done yet: a journal without a beginning would only be a riddle.
      if (fd !== null) fs.closeSync(fd);
      if (file !== null) fs.rmSync(file, { force: true });
      this.#finish(folder, lock.release);
      if (error instanceof JournalError) throw error;
      throw new JournalError("unusable", { dir: this.#dir, why: reasonOf(error) });
    }
  }

  /** Goes on with a run: takes the lock, reads its journal, drops a torn record. Throws `JournalError`. */
  resume(id: string): Run {
    const folder = openStateFolder(this.#dir);
    if (!ID.test(id) || !fs.existsSync(fileOf(folder, id))) throw new JournalError("unknown-run", { id });
    const lock = takeLock(folder, `resume ${id}`);
    let fd: number | null = null;
    try {
      const read = this.#read(folder, id);
      if (read === null || read === "not-begun") throw new JournalError("unreadable-run", { id });
      setMark(folder);
      const { O_RDWR, O_NOFOLLOW } = fs.constants;
      fd = fs.openSync(fileOf(folder, id), O_RDWR | O_NOFOLLOW);
      const appender = new Appender(fd, read.wholeBytes, read.nextSequence);
      return new Run(read.state, this.#kinds, appender, () => this.#finish(folder, lock.release));
    } catch (error) {
      if (fd !== null) fs.closeSync(fd);
      this.#finish(folder, lock.release);
      if (error instanceof JournalError) throw error;
      throw new JournalError("unusable", { dir: this.#dir, why: reasonOf(error) });
    }
  }

  /** Every run that has a journal here, by id; [] where there is no folder. Reads only, without the lock. */
  runs(): { runs: RunState[]; unreadable: string[] } {
    return this.#runs(partsOf(this.#dir));
  }

  /** Runs that did not come to an end, or came to one with something left to do. One may be under way right now. */
  unfinished(): RunState[] {
    return this.runs().runs.filter(({ end }) => end === null || end === "stuck");
  }

  #runs(folder: StateFolder): { runs: RunState[]; unreadable: string[] } {
    const runs: RunState[] = [];
    const unreadable: string[] = [];
    for (const id of idsIn(folder)) {
      const read = this.#read(folder, id);
      if (read === null) unreadable.push(id);
      else if (read !== "not-begun") runs.push(read.state);
    }
    return { runs, unreadable };
  }

  /** "not-begun": its process ended before the first record was whole, so nothing was done. */
  #read(folder: StateFolder, id: string): ReadJournal | "not-begun" | null {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
    let fd: number;
    try {
      fd = fs.openSync(fileOf(folder, id), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    } catch {
      return null;
    }
    try {
      const stat = fs.fstatSync(fd);
      if (!stat.isFile() || stat.size > LARGEST) return null;
      const bytes = fs.readFileSync(fd);
      if (!bytes.includes("\n")) return "not-begun";
      const read = readJournal(bytes);
      // A journal that was copied under another name tells of another run.
      return read?.state.head.id === id ? read : null;
    } finally {
      fs.closeSync(fd);
    }
  }

  /** Takes the mark away when nothing is left to mention, still under the lock, and gives the lock back. */
  #finish(folder: StateFolder, release: () => void): void {
    try {
      if (this.unfinished().length === 0 && this.runs().unreadable.length === 0) clearMark(folder);
    } finally {
      release();
    }
  }
}

function fileOf(folder: StateFolder, id: string): string {
  return path.join(folder.runs, id + SUFFIX);
}

function idsIn(folder: StateFolder): string[] {
  try {
    return fs
      .readdirSync(folder.runs)
      .filter((name) => name.endsWith(SUFFIX))
      .map((name) => name.slice(0, -SUFFIX.length))
      .filter((id) => ID.test(id))
      .sort();
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw new JournalError("unusable", { dir: folder.runs, why: reasonOf(error) });
  }
}

function newId(): string {
  const digits = new Date().toISOString().replace(/\D/g, "");
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}-${randomBytes(3).toString("hex")}`;
}

function bootId(): string {
  return fs.readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
}
