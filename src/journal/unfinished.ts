import * as fs from "node:fs";
import { partsOf, stateFolderPath, syncFolder, type StateFolder } from "./state-folder.ts";

/** Marks that a run is under way or was left, before its journal begins. On the disk when it returns. */
export function setMark(folder: StateFolder): void {
  const { O_WRONLY, O_CREAT, O_NOFOLLOW } = fs.constants;
  fs.closeSync(fs.openSync(folder.unfinished, O_WRONLY | O_CREAT | O_NOFOLLOW, 0o600));
  syncFolder(folder.dir);
}

/** Takes the mark away, after the journal has told the end. */
export function clearMark(folder: StateFolder): void {
  fs.rmSync(folder.unfinished, { force: true });
}

/**
 * Whether something may be unfinished: one stat(2), for the start of any command. False also where this user may not
 * look. When it is true, `Journal.unfinished` tells what; a run that is under way is among it.
 */
export function isMarked(dir = stateFolderPath()): boolean {
  try {
    return fs.lstatSync(partsOf(dir).unfinished, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}
