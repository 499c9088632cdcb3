import type { Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import { listConfig } from "./read-config.ts";
import type { Problem } from "../types.ts";

/** Most folders that a pattern with several wildcards is followed through. */
const MAX_FOLDERS = 1_000;

/**
 * Files that a path with `*`, `?` and `[…]` stands for, sorted, as glob(7) finds them: a wildcard does not match a leading
 * dot. A path without wildcards stands for itself, whether it is there or not.
 */
export function namesLike(root: Root, pattern: Untrusted, problems: Problem[]): Untrusted[] {
  let found: Untrusted[] = [""];
  for (const part of pattern.split("/").filter((one) => one !== "")) {
    if (!/[*?[]/.test(part)) {
      found = found.map((folder) => `${folder}/${part}`);
      continue;
    }
    found = found.slice(0, MAX_FOLDERS).flatMap((folder) =>
      listConfig(root, folder === "" ? "/" : folder, problems)
        .filter((name) => fits(part, name))
        .map((name) => `${folder}/${name}`),
    );
  }
  return found;
}

/** Whether a name fits a pattern; takes no longer than the product of both lengths. */
export function fits(pattern: string, name: Untrusted): boolean {
  if (name.startsWith(".") && !pattern.startsWith(".")) return false;
  let p = 0;
  let n = 0;
  let star = -1;
  let from = 0;
  while (n < name.length) {
    const next = p < pattern.length ? one(pattern, p, name[n] as string) : -1;
    if (pattern[p] === "*") {
      star = p++;
      from = n;
    } else if (next >= 0) {
      p = next;
      n++;
    } else if (star >= 0) {
      p = star + 1;
      n = ++from;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

/** Index after the one-character pattern at `p` if it fits, else -1. */
function one(pattern: string, p: number, c: string): number {
  if (pattern[p] === "?") return p + 1;
  const end = pattern[p] === "[" ? pattern.indexOf("]", p + 2) : -1;
  if (end < 0) return pattern[p] === c ? p + 1 : -1;
  const negated = pattern[p + 1] === "!" || pattern[p + 1] === "^";
  let inside = false;
  for (let i = p + (negated ? 2 : 1); i < end; i++) {
    const isRange = pattern[i + 1] === "-" && i + 2 < end;
    const high = isRange ? (pattern[i + 2] as string) : (pattern[i] as string);
    if ((pattern[i] as string) <= c && c <= high) inside = true;
    if (isRange) i += 2;
  }
  return inside === negated ? -1 : end + 1;
}
