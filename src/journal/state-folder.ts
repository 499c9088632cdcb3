import * as fs from "node:fs";
import * as path from "node:path";
import { errnoOf, reasonOf } from "../platform/errno.ts";
import { JournalError } from "./errors.ts";

/** Where the journals lie unless told otherwise. */
export const STATE_FOLDER = "/var/lib/whoforks";
/** The variable that names another folder. */
export const STATE_VARIABLE = "WHOFORKS_STATE";

/**
 * The state folder of this host: `WHOFORKS_STATE`, else /var/lib/whoforks. It is the examining host's also where `--root`
 * names another file system: what that holds may belong to an enemy, and a disk that is examined may be full or damaged.
 */
export function stateFolderPath(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const named = env[STATE_VARIABLE];
  return path.resolve(named === undefined || named === "" ? STATE_FOLDER : named);
}

/** Its parts: `runs/ID.journal`, the lock, and the mark that some run has not ended. */
export interface StateFolder {
  dir: string;
  runs: string;
  lock: string;
  unfinished: string;
}

export function partsOf(dir: string): StateFolder {
  return { dir, runs: path.join(dir, "runs"), lock: path.join(dir, "lock"), unfinished: path.join(dir, "unfinished") };
}

/**
 * Makes the folder where it is not there, and checks it: a directory, no link in its place, that belongs to this user and
 * to nobody else. Throws `JournalError`.
 */
export function openStateFolder(dir: string): StateFolder {
  const parts = partsOf(dir);
  try {
    fs.mkdirSync(path.dirname(dir), { recursive: true, mode: 0o755 });
    for (const folder of [parts.dir, parts.runs]) {
      makeFolder(folder);
      checkOwn(folder);
    }
  } catch (error) {
    if (error instanceof JournalError) throw error;
    throw new JournalError("unusable", { dir, why: reasonOf(error) });
  }
  return parts;
}

function makeFolder(folder: string): void {
  try {
    fs.mkdirSync(folder, { mode: 0o700 });
    syncFolder(path.dirname(folder));
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  }
}

function checkOwn(folder: string): void {
  const stat = fs.lstatSync(folder);
  const why = !stat.isDirectory()
    ? "it is no directory"
    : stat.uid !== process.geteuid?.()
      ? `it belongs to user ${stat.uid}`
      : (stat.mode & 0o077) !== 0
        ? `others may use it (mode ${(stat.mode & 0o7777).toString(8)})`
        : null;
  if (why !== null) throw new JournalError("unsafe-folder", { dir: folder, why });
}

/** fsync(2) of a directory: what was made, renamed or removed in it is on the disk. */
export function syncFolder(dir: string): void {
  const fd = fs.openSync(dir, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
