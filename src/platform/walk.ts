import * as fs from "node:fs";
import { fromBytes, isUtf8, type Untrusted } from "../model/text.ts";
import { errnoOf } from "./errno.ts";
import type { Root } from "./root.ts";

export interface WalkBounds {
  /** Names looked at. */
  entries: number;
  /** Milliseconds. */
  time: number;
}

export interface Walk {
  entries: number;
  directories: number;
  /** What ended it before the end, or null. */
  cutBy: "entries" | "time" | null;
  /** Directories that could not be listed. */
  unlisted: number;
  /** The first directories and files that a damaged or remote file system did not give: not for want of rights. */
  refused: { path: Untrusted; error: string }[];
}

/** A name in a directory, its directories resolved. */
export interface Visited {
  path: Untrusted;
  stat: fs.BigIntStats;
}

/** One walk: where, how far, and what is looked at. */
export interface WalkPlan {
  /** `st_dev` of the file system: what is mounted below is left out. */
  device: bigint;
  starts: readonly Untrusted[];
  bounds: WalkBounds;
  /** Whether a directory is gone into at all; left out: every one. */
  enters?: (directory: Visited) => boolean;
  /** Whether files of a directory are looked at, or only the directories in it; left out: always. */
  looks?: (directory: Visited) => boolean;
  visit: (file: Visited) => void;
}

/** Walks directories of one file system, each once, in the order of `starts`, and follows no link. */
export function walk(root: Root, plan: WalkPlan): Walk {
  const { device, starts, bounds, enters, looks, visit } = plan;
  const began = performance.now();
  const result: Walk = { entries: 0, directories: 0, cutBy: null, unlisted: 0, refused: [] };
  const seen = new Set<bigint>();
  for (const start of starts) {
    const pending = [start];
    for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
      if (result.entries > bounds.entries) result.cutBy = "entries";
      else if (performance.now() - began > bounds.time) result.cutBy = "time";
      if (result.cutBy !== null) return result;
      const stat = lstat(root, path, result);
      if (stat === null || !stat.isDirectory() || stat.dev !== device || seen.has(stat.ino)) continue;
      seen.add(stat.ino);
      const directory = { path, stat };
      if (enters?.(directory) === false) continue;
      result.directories++;
      const names = entriesOf(root, path, result);
      if (names === null) {
        result.unlisted++;
        continue;
      }
      result.entries += names.length;
      const looking = looks?.(directory) !== false;
      // Last first, because the stack gives them back in the other direction.
      for (const { name, isDirectory } of names.reverse()) {
        const inside = path === "/" ? `/${name}` : `${path}/${name}`;
        if (isDirectory) pending.push(inside);
        else if (looking) {
          const file = lstat(root, inside, result);
          if (file !== null && !file.isDirectory()) visit({ path: inside, stat: file });
        }
      }
    }
  }
  return result;
}

function lstat(root: Root, path: Untrusted, walked: Walk): fs.BigIntStats | null {
  try {
    return fs.lstatSync(hostPath(root, path), { bigint: true });
  } catch (error) {
    return refuse(walked, path, error);
  }
}

/** Not there (any more), or not to be seen by this user. */
const USUAL: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "EACCES", "EPERM", "ELOOP", "ENAMETOOLONG"]);
const MOST_REFUSED = 20;

function refuse(walked: Walk, path: Untrusted, error: unknown): null {
  const code = errnoOf(error);
  if (!USUAL.has(code) && walked.refused.length < MOST_REFUSED)
    walked.refused.push({ path, error: code || "unreadable" });
  return null;
}

function entriesOf(root: Root, path: Untrusted, walked: Walk): { name: Untrusted; isDirectory: boolean }[] | null {
  try {
    // A directory that became a link since it was looked at is no longer its own real path.
    if (root.realpath(path) !== path) return null;
    const found = fs.readdirSync(hostPath(root, path), { withFileTypes: true, encoding: "buffer" });
    return found.map((entry) => ({ name: fromBytes(entry.name), isDirectory: entry.isDirectory() }));
  } catch (error) {
    return refuse(walked, path, error);
  }
}

/** Names that are UTF-8, nearly all, need no bytes made of them. */
function hostPath(root: Root, path: Untrusted): string | Buffer {
  return isUtf8(path) ? (root.dir === "/" ? path : root.dir + path) : Buffer.from(root.hostPath(path));
}
