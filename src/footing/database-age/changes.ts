import type { CouldNotLook } from "../../model/could-not-look.ts";
import type { Untrusted } from "../../model/text.ts";
import { isoMs, msOf } from "../../origin/iso.ts";
import type { Root } from "../../platform/root.ts";
import type { Looked } from "../types.ts";

/** A file of a database, and when its inode was changed last, ms since 1970: nobody can set that. */
export interface Change {
  path: Untrusted;
  ms: number;
}

/** Null: it is not there. Throws what the file system throws. */
export function changeOf(root: Root, path: Untrusted): Change | null {
  const stat = root.lstat(path);
  return stat === null ? null : { path, ms: msOf(stat.ctimeNs) };
}

/** Files that were changed after the manager's last action. */
export function younger(manager: string, changes: readonly Change[], last: number): Looked["findings"][number] {
  const newest = changes.reduce((a, b) => (b.ms > a.ms ? b : a));
  const args = {
    manager,
    count: changes.length,
    file: newest.path,
    changed: isoMs(newest.ms),
    logged: isoMs(last),
  };
  return { code: "footing.database-younger", args, weight: "medium" };
}

export function gap(code: string, what: Untrusted, why: string, args?: CouldNotLook["args"]): Looked {
  return { findings: [], gaps: [{ code, what, why, remedy: null, ...(args === undefined ? {} : { args }) }] };
}

export const NOTHING: Looked = { findings: [], gaps: [] };
