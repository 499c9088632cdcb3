import { reason } from "../identity/reasons.ts";
import { typeName } from "../identity/file-facts.ts";
import { directoryOf } from "../identity/places.ts";
import type { Ownership, PackageDatabase } from "../identity/package-database.ts";
import type { Untrusted } from "../model/text.ts";
import { errnoOf } from "../platform/errno.ts";
import type { Root } from "../platform/root.ts";
import type { Difference } from "./result.ts";

/** What stands for a path without a digest, where that is not what its package put there. */
export interface OtherDifference {
  listed: Untrusted;
  difference: Difference;
}

/** Paths that are looked at before threads and signals get their turn. */
const A_TURN = 256;

/**
 * Looks for what packages list without a digest: links, directories, files that the package left out of its sums. Of these no
 * database of dpkg tells the type, so it is known only that they are there, and that what other paths lie in is a directory,
 * maybe behind a link (merged /usr).
 * @param recorded paths with a digest, which are looked at elsewhere
 */
export async function lookForOthers(
  root: Root,
  database: PackageDatabase,
  recorded: readonly { by: Ownership }[],
  signal: AbortSignal,
): Promise<{ differences: OtherDifference[]; lookedFor: number }> {
  const seen = new Set<Untrusted>();
  const folders = new Set<Untrusted>();
  const note = (path: Untrusted): void => {
    seen.add(path);
    folders.add(directoryOf(path));
  };
  for (const { by } of recorded) note(by.listed);
  const others: Ownership[] = [];
  // A folder stands in the lists of many packages: what was noted is left out from then on.
  for (const by of database.listed(seen)) {
    note(by.listed);
    others.push(by);
  }
  const differences: OtherDifference[] = [];
  let lookedFor = 0;
  for (const by of others) {
    const { listed } = by;
    if (listed === "/" || listed === "/.") continue;
    if (++lookedFor % A_TURN === 0) {
      await new Promise((resolve) => setImmediate(resolve));
      if (signal.aborted) break;
    }
    const difference = lookFor(root, database.placeOf(by), by, folders.has(listed));
    if (difference !== null) differences.push({ listed, difference });
  }
  return { differences, lookedFor };
}

function lookFor(root: Root, path: Untrusted, { owner }: Ownership, isFolder: boolean): Difference | null {
  const of = (kind: Difference["kind"], why: Difference["reasons"][number]): Difference => {
    return { path, owner, kind, reasons: [why] };
  };
  try {
    const found = root.lstat(path);
    if (found === null) {
      return of("missing", reason("identity.file-missing", "medium", { path, package: owner.package }));
    }
    const behind = isFolder ? (root.stat(path) ?? found) : found;
    if (!isFolder || behind.isDirectory()) return null;
    const type = typeName(Number(behind.mode));
    return of("replaced", reason("identity.not-a-directory", "medium", { type }));
  } catch (error) {
    return of("unread", reason("identity.cannot-read", "weak", { path, error: errnoOf(error) || "unreadable" }));
  }
}
