import { closeSync, openSync } from "node:fs";
import { fromBytes, type Untrusted } from "../model/text.ts";
import { libC } from "./ffi.ts";

/**
 * Names in a directory as the kernel gives them, without readdir(3) of the C library: a library that was loaded before it
 * (LD_PRELOAD) may leave some out. Null: koffi is not there, the number of the call is not known, or it failed.
 */
export function rawNames(dir: string): Untrusted[] | null {
  const c = libC();
  if ("missing" in c || c.getdents === null) return null;
  let fd: number;
  try {
    fd = openSync(dir, "r");
  } catch {
    // Not there or not permitted; the caller says that it could not look.
    return null;
  }
  try {
    const names: Untrusted[] = [];
    const entries = Buffer.alloc(65_536);
    for (;;) {
      const length = c.getdents(fd, entries, entries.length);
      if (length < 0) return null;
      if (length === 0) return names;
      names.push(...namesOf(entries.subarray(0, length)));
    }
  } finally {
    closeSync(fd);
  }
}

/** Entries are struct linux_dirent64: inode and offset (8 bytes each), length (2), type (1), name up to NUL (getdents(2)). */
export function namesOf(entries: Buffer): Untrusted[] {
  const names: Untrusted[] = [];
  for (let at = 0; at + 19 <= entries.length;) {
    const length = entries.readUInt16LE(at + 16);
    if (length < 20 || at + length > entries.length) break;
    const end = entries.indexOf(0, at + 19);
    names.push(fromBytes(entries.subarray(at + 19, end < 0 ? at + length : end)));
    at += length;
  }
  return names;
}
