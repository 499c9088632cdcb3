import type * as fs from "node:fs";
import { openPackageDatabase } from "../identity/index.ts";
import { reason } from "../identity/reasons.ts";
import type { Ownership, PackageDatabase, ShippedDigest } from "../identity/package-database.ts";
import { typeName } from "../identity/file-facts.ts";
import { rightsDifferences } from "../identity/metadata.ts";
import type { Reason } from "../identity/types.ts";
import { errnoOf } from "../platform/errno.ts";
import type { Root } from "../platform/root.ts";
import type { Untrusted } from "../model/text.ts";
import { DigestCache, sampleOf } from "./digest-cache.ts";
import { stampOf } from "./hash-file.ts";
import { hashAll } from "./hashing-threads.ts";
import type { HashAnswer, HashTask } from "./messages.ts";
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

/** A recorded file, and what was found in its place. */
interface Item {
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
interface Looked {
  stamp: string;
  /** `device:inode`. */
  inode: string;
  number: number;
  mode: number;
  uid: number;
  gid: number;
}

const KINDS: readonly Difference["kind"][] = ["modified", "rights", "replaced", "unread", "missing", "edited"];
/** Files that are looked at before signals and progress get their turn. */
const A_TURN = 4096;

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
  const cache = opened instanceof DigestCache ? opened : new DigestCache();
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
  const items = database === null ? [] : await gathered(root, database, options);
  const rest = await hashed(root, items, cache, result, options);
  if (options.cache !== null && opened instanceof DigestCache) {
    try {
      cache.save(options.cache);
    } catch (error) {
      result.cacheProblem = errnoOf(error);
    }
  }
  const excluded = pathExcludes(root);
  const others = database === null ? null : await lookForOthers(root, database, items, options.signal);
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

async function gathered(root: Root, database: PackageDatabase, { signal, progress }: VerifyOptions): Promise<Item[]> {
  const items: Item[] = [];
  for (const { by, shipped } of database.recorded()) {
    items.push(lookedAt(root, database.placeOf(by), by, shipped));
    if (items.length % A_TURN !== 0) continue;
    progress(0, items.length);
    await new Promise((resolve) => setImmediate(resolve));
    if (signal.aborted) break;
  }
  return items;
}

function lookedAt(root: Root, path: Untrusted, by: Ownership, shipped: ShippedDigest): Item {
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

type Counts = Pick<Verification, "fromCache" | "computedAgain" | "bytesRead" | "cacheProblem">;

/** Gives each item its digest. Gives back those that an interruption left without an answer. */
async function hashed(
  root: Root,
  items: readonly Item[],
  cache: DigestCache,
  counts: Counts,
  options: VerifyOptions,
): Promise<Set<Item>> {
  const inodes = groupedByInode(items);
  const known: Item[][] = [];
  const unknown: Item[][] = [];
  for (const group of inodes) {
    const [{ stat, shipped }] = group as [Item];
    const hex = cache.get((stat as Looked).stamp, shipped.algorithm);
    if (hex === null) unknown.push(group);
    else {
      for (const item of group) item.hex = hex;
      known.push(group);
    }
  }
  const again = [...sampleOf(known.length)].map((index) => known[index] as Item[]);
  const remembered = new Map(again.map((group) => [group, group[0]?.hex]));
  let left = await hashGroups(
    root,
    [...unknown, ...again],
    inodes.length,
    known.length - again.length,
    cache,
    counts,
    options,
  );
  counts.fromCache = known.length;
  counts.computedAgain = again.length;
  // Interrupted before it was computed again: what was remembered is then no answer.
  const wrong = again.some((group) => group[0]?.hex != null && group[0].hex !== remembered.get(group));
  if (wrong) {
    counts.cacheProblem = "contradicted";
    counts.fromCache = 0;
    cache.distrust();
    const all = known.filter((group) => !remembered.has(group));
    const more = await hashGroups(root, all, inodes.length, inodes.length - all.length, cache, counts, options);
    left = new Set([...left, ...more]);
  }
  return left;
}

/** Items of one inode together, in the order of inodes: about that of the disk. Each group has the same algorithm. */
function groupedByInode(items: readonly Item[]): Item[][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    if (item.stat === null) continue;
    const key = `${item.stat.inode}:${item.shipped.algorithm}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  const inode = ([item]: Item[]): number => item?.stat?.number ?? 0;
  return [...groups.values()].sort((a, b) => inode(a) - inode(b));
}

async function hashGroups(
  root: Root,
  groups: readonly Item[][],
  of: number,
  before: number,
  cache: DigestCache,
  counts: Counts,
  { signal, progress }: VerifyOptions,
): Promise<Set<Item>> {
  const left = new Set<Item>();
  const tasks = groups.map((group, id): HashTask => {
    const [first] = group as [Item];
    const { inode } = first.stat as Looked;
    for (const item of group) {
      item.hex = null;
      left.add(item);
    }
    return {
      id,
      path: root.hostPath(first.real),
      inode,
      algorithm: first.shipped.algorithm,
    };
  });
  let done = 0;
  const take = ({ id, bytes, hex, stamp, error }: HashAnswer): void => {
    const group = groups[id] as Item[];
    for (const item of group) {
      item.hex = hex;
      item.error = error;
      left.delete(item);
    }
    counts.bytesRead += bytes;
    if (stamp !== null && hex !== null) cache.set(stamp, (group[0] as Item).shipped.algorithm, hex, now());
    if (++done % 256 === 0) progress(before + done, of);
  };
  await hashAll(tasks, take, signal);
  return left;
}

function now(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

function differenceOf(root: Root, database: PackageDatabase, item: Item): Difference | null {
  const { path, by, shipped, stat, hex, error, real } = item;
  const { owner } = by;
  const of = (kind: Difference["kind"], reasons: Reason[]): Difference => ({ path, owner, kind, reasons });
  if (error === "ENOENT")
    return of("missing", [reason("identity.file-missing", "medium", { path, package: owner.package })]);
  if (stat === null || hex === null) {
    const why = error ?? "unread";
    if (item.type !== null)
      return of("replaced", [reason("identity.not-a-regular-file", "medium", { type: item.type })]);
    if (why === "changes") return of("unread", [reason("identity.changes-while-read", "medium", { path })]);
    return of("unread", [reason("identity.cannot-read", "weak", { path, error: why })]);
  }
  const rights = rightsDifferences({ root, database }, real, by, stat);
  if (hex === shipped.hex) return rights.length === 0 ? null : of("rights", rights);
  const { algorithm, hex: recorded } = shipped;
  if (shipped.conffile) {
    const edited = reason("identity.conffile-edited", "weak", { package: owner.package, recorded, found: hex });
    return of("edited", [edited, ...rights]);
  }
  const args = { package: owner.package, algorithm, recorded, found: hex };
  return of("modified", [reason("identity.digest-differs", "strong", args), ...rights]);
}
