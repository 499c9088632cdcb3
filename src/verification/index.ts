import { openPackageDatabase } from "../identity/index.ts";
import type { PackageDatabase } from "../identity/package-database.ts";
import { errnoOf } from "../platform/errno.ts";
import type { Root } from "../platform/root.ts";
import { differenceOf } from "./difference.ts";
import { DigestCache } from "./digest-cache.ts";
import { DigestsOfItems } from "./digests-of-items.ts";
import { lookedAt, type Item } from "./item.ts";
import { lookForOthers } from "./others.ts";
import { pathExcludes } from "./path-excludes.ts";
import type { Difference, Verification } from "./result.ts";

export interface VerifyOptions {
  /** File that keeps digests between runs; null: none. */
  cache: string | null;
  signal: AbortSignal;
  /** Told now and then how far it is. */
  progress: (done: number, of: number) => void;
}

const KINDS: readonly Difference["kind"][] = ["modified", "rights", "replaced", "unread", "missing", "edited"];
/** Files that are looked at before threads, signals and progress get their turn. */
const A_TURN = 256;

/**
 * Compares every file for which a package recorded a digest with that digest, its mode and owners where those are recorded,
 * as `dpkg --verify`, `debsums --all` and `rpm --verify --all` do. Each inode is read once, on all cores.
 */
export async function verifyPackages(
  root: Root,
  options: VerifyOptions,
): Promise<Omit<Verification, "schema" | "tool">> {
  const database = openPackageDatabase(root);
  const opened = options.cache === null ? null : DigestCache.open(options.cache);
  const cache = opened instanceof DigestCache ? opened : null;
  const result = {
    root: root.dir,
    manager: database?.manager ?? null,
    packages: database?.packages ?? 0,
    fromCache: 0,
    computedAgain: 0,
    bytesRead: 0,
    leftOut: 0,
    databaseProblems: database?.ledger.skipped ?? 0,
    cacheProblem: opened !== null && "problem" in opened ? opened.problem : null,
  };
  const digests = new DigestsOfItems(root, cache, result, options);
  const items = database === null ? [] : await gathered(root, database, digests, options.signal);
  // Meanwhile the contents are read.
  const others = database === null ? null : await lookForOthers(root, database, items, options.signal);
  const rest = await digests.finish();
  if (options.cache !== null && cache !== null) {
    try {
      cache.save(options.cache);
    } catch (error) {
      result.cacheProblem = errnoOf(error);
    }
  }
  const excluded = pathExcludes(root);
  const differences: Difference[] = [];
  for (const one of others?.differences ?? []) {
    if (one.difference.kind === "missing" && excluded(one.listed)) result.leftOut++;
    else differences.push(one.difference);
  }
  for (const item of items) {
    if (item.stat === null && item.error === "ENOENT" && excluded(item.by.listed)) {
      result.leftOut++;
      continue;
    }
    const difference = database === null || rest.has(item) ? null : differenceOf(root, database, item);
    if (difference !== null) differences.push(difference);
  }
  differences.sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || (a.path < b.path ? -1 : 1));
  const compared = items.filter(({ hex }) => hex !== null).length;
  const lookedFor = others?.lookedFor ?? 0;
  return { ...result, files: items.length, compared, lookedFor, interrupted: options.signal.aborted, differences };
}

async function gathered(
  root: Root,
  database: PackageDatabase,
  digests: DigestsOfItems,
  signal: AbortSignal,
): Promise<Item[]> {
  const items: Item[] = [];
  for (const { by, shipped } of database.recorded()) {
    const item = lookedAt(root, database.placeOf(by), by, shipped);
    items.push(item);
    digests.add(item);
    if (items.length % A_TURN !== 0) continue;
    digests.tell();
    await new Promise((resolve) => setImmediate(resolve));
    if (signal.aborted) break;
  }
  return items;
}
