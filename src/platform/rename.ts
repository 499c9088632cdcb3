import * as fs from "node:fs";
import { toBytes, type Untrusted } from "../model/text.ts";
import type { OpenDirectory } from "./beneath.ts";
import { callError, errnoName, fileCalls } from "./file-calls.ts";

/** RENAME_NOREPLACE (include/uapi/linux/fs.h). */
const NOREPLACE = 1;

/**
 * Moves an entry to another directory of the same file system, and never over something: EEXIST then. Where the kernel or
 * the file system has no RENAME_NOREPLACE (before Linux 3.15, NFS) it takes two calls, which is safe on the side where
 * nobody else writes: `ours` names it. Into a folder of ours a look and rename(2); out of it link(2), which never replaces,
 * and unlink(2) of our own name.
 */
export function renameNoReplace(from: Entry, to: Entry, ours: "from" | "to"): void {
  const c = fileCalls();
  if ("missing" in c) throw new Error(c.why);
  if (c.renameat2 !== null) {
    const ended = (name: Untrusted): Buffer => Buffer.concat([toBytes(name), Buffer.alloc(1)]);
    if (c.renameat2(from.directory.fd, ended(from.name), to.directory.fd, ended(to.name), NOREPLACE) === 0) return;
    const number = c.errno();
    const name = errnoName(number);
    if (name !== "EINVAL" && name !== "ENOSYS") throw callError("renameat2", number);
  }
  const [source, target] = [from.directory.entry(from.name), to.directory.entry(to.name)];
  if (ours === "from") {
    fs.linkSync(source, target);
    fs.unlinkSync(source);
  } else if (to.directory.lstat(to.name) === null) fs.renameSync(source, target);
  else throw Object.assign(new Error("EEXIST: rename"), { code: "EEXIST" });
}

/** A name in a directory that is held open. */
export interface Entry {
  directory: OpenDirectory;
  name: Untrusted;
}
