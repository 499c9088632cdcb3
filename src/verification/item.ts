import type * as fs from "node:fs";
import { typeName } from "../identity/file-facts.ts";
import type { Ownership, ShippedDigest } from "../identity/package-database.ts";
import { errnoOf } from "../platform/errno.ts";
import type { Root } from "../platform/root.ts";
import type { Untrusted } from "../model/text.ts";
import { stampOf } from "./hash-file.ts";

/** A recorded file, and what was found in its place. */
export interface Item {
  path: Untrusted;
  by: Ownership;
  shipped: ShippedDigest;
  stat: Looked | null;
  /** Real path inside the root. */
  real: Untrusted;
  /** Errno name, or why it was not read. */
  error: string | null;
  /** What stands there instead of a regular file. */
  type: string | null;
  hex: string | null;
}

/** What is kept of a regular file's stat: whole ones of a hundred thousand files are a tenth of a gigabyte. */
export interface Looked {
  stamp: string;
  /** `device:inode`. */
  inode: string;
  number: number;
  mode: number;
  uid: number;
  gid: number;
}

/** What stands at the path of a recorded file; its content is read later. Never throws for it. */
export function lookedAt(root: Root, path: Untrusted, by: Ownership, shipped: ShippedDigest): Item {
  const item: Item = { path, by, shipped, stat: null, real: path, error: null, type: null, hex: null };
  try {
    const entry = root.canonical(path);
    let stat = entry === null ? null : root.lstat(entry);
    item.real = entry ?? path;
    if (stat?.isSymbolicLink() === true) {
      item.real = root.realpath(path) ?? path;
      stat = root.stat(path);
    }
    if (stat === null) item.error = "ENOENT";
    else if (!stat.isFile()) [item.error, item.type] = ["not-regular", typeName(Number(stat.mode))];
    else item.stat = lookedOf(stat);
  } catch (error) {
    item.error = errnoOf(error) || "unreadable";
  }
  return item;
}

function lookedOf(stat: fs.BigIntStats): Looked {
  const { dev, ino, mode, uid, gid } = stat;
  const [number, inode] = [Number(ino), `${dev}:${ino}`];
  return { stamp: stampOf(stat), inode, number, mode: Number(mode), uid: Number(uid), gid: Number(gid) };
}
