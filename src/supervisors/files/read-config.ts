import { fromBytes, type Untrusted } from "../../model/text.ts";
import { errnoOf } from "../../platform/errno.ts";
import type { Root } from "../../platform/root.ts";
import type { Problem } from "../types.ts";

/** Largest configuration file that is read whole, bytes. Real unit and job files are below 64 KiB. */
export const MAX_CONFIG_BYTES = 1 << 20;
/** Most entries looked at in one configuration directory. */
export const MAX_ENTRIES = 20_000;
/** Most problems kept for one supervisor; a hostile tree could make one a line. */
const MAX_PROBLEMS = 1_000;

/** Adds one problem while there is room; the last place says that there were more. */
export function addProblem(problems: Problem[], file: Untrusted, line: number | null, why: string): void {
  if (problems.length < MAX_PROBLEMS - 1) problems.push({ file, line, why });
  else if (problems.length === MAX_PROBLEMS - 1)
    problems.push({ file, line: null, why: "more problems follow and are not listed" });
}

/** Adds that the system refused to read a file or to list a directory (EACCES, EIO, …). */
function addUnreadable(problems: Problem[], file: Untrusted, error: unknown): void {
  const code = errorCode(error);
  const room = problems.length < MAX_PROBLEMS - 1;
  if (room) problems.push({ file, line: null, why: `cannot be read: ${code}`, refused: code });
  else addProblem(problems, file, null, `cannot be read: ${code}`);
}

/** What may still be read for one supervisor: a hostile tree could hold any number of large files. */
export interface Budget {
  bytes: number;
}

export function newBudget(): Budget {
  return { bytes: 64 << 20 };
}

/**
 * Text of a configuration file, every byte kept, cut at `MAX_CONFIG_BYTES`. Null when it is not there, no file or
 * unreadable, or when the budget is used up; then a problem says so.
 */
export function readConfig(root: Root, path: Untrusted, problems: Problem[], budget: Budget): Untrusted | null {
  const bytes = budget.bytes > 0 ? readBytes(root, path, problems) : null;
  if (budget.bytes <= 0) addProblem(problems, path, null, "too much configuration before it: not read");
  budget.bytes -= bytes?.length ?? 0;
  return bytes === null ? null : fromBytes(bytes);
}

function readBytes(root: Root, path: Untrusted, problems: Problem[]): Buffer | null {
  try {
    const bytes = root.read(path, MAX_CONFIG_BYTES + 1);
    if (bytes === null) {
      if (root.lstat(path) !== null) addProblem(problems, path, null, "not a regular file, or a link to nowhere");
      return null;
    }
    if (bytes.length <= MAX_CONFIG_BYTES) return bytes;
    addProblem(problems, path, null, `larger than ${MAX_CONFIG_BYTES} bytes: only the beginning was read`);
    return bytes.subarray(0, MAX_CONFIG_BYTES);
  } catch (error) {
    addUnreadable(problems, path, error);
    return null;
  }
}

/** Names in a directory, sorted by bytes; empty when it is not there or cannot be read (then a problem says so). */
export function listConfig(root: Root, directory: Untrusted, problems: Problem[]): Untrusted[] {
  try {
    const names = root.list(directory) ?? [];
    if (names.length <= MAX_ENTRIES) return names;
    addProblem(problems, directory, null, `more than ${MAX_ENTRIES} entries: only the first were read`);
    return names.slice(0, MAX_ENTRIES);
  } catch (error) {
    addUnreadable(problems, directory, error);
    return [];
  }
}

/** `look()`, or `otherwise` with a problem when the system refuses (EACCES, EIO, …). */
export function attempt<T>(problems: Problem[], path: Untrusted, otherwise: T, look: () => T): T {
  try {
    return look();
  } catch (error) {
    addUnreadable(problems, path, error);
    return otherwise;
  }
}

/** `EACCES` and the like; other errors by their name. */
export function errorCode(error: unknown): string {
  return errnoOf(error) || (error instanceof Error ? error.name : "unknown error");
}
