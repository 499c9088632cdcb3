import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { inspect, type InspectedFile } from "./file-facts.ts";
import { isShipped } from "./digests.ts";
import type { PackageDatabase, ShippedDigest } from "./package-database.ts";
import { attempt, type Unread } from "./unread.ts";
import { directoryOf, isProgramPath, lastName, PROGRAM_DIRECTORIES } from "./places.ts";

/** A file of the same name in another place. */
export interface Twin {
  /** Canonical path of the entry. */
  path: Untrusted;
  file: InspectedFile;
}

/**
 * Other files with this name in the program directories and in `also` (whole paths), each file once whatever its
 * number of names; the file itself (`device:inode`) is left out. Folders that cannot be looked into are added to `unread`.
 */
export function findTwins(
  root: Root,
  entry: Untrusted,
  itself: string,
  also: readonly Untrusted[],
  unread: Unread,
): Twin[] {
  const name = lastName(entry);
  const seen = new Set([itself]);
  const twins: Twin[] = [];
  for (const path of [...also, ...PROGRAM_DIRECTORIES.map((directory) => `${directory}/${name}`)]) {
    attempt(unread, directoryOf(path), undefined, () => {
      const real = root.realpath(path);
      const stat = real === null ? null : root.stat(real);
      if (real === null || stat === null || !stat.isFile() || seen.has(`${stat.dev}:${stat.ino}`)) return;
      seen.add(`${stat.dev}:${stat.ino}`);
      const file = inspect(root, real);
      if (file !== null) twins.push({ path: root.canonical(path) ?? real, file });
    });
  }
  return twins;
}

/** The packaged program elsewhere whose name the entry bears, or null. Sorted by where shells look first. */
export function findNamesake(
  root: Root,
  database: PackageDatabase,
  entry: Untrusted,
): { path: Untrusted; package: string } | null {
  const places = database
    .named(lastName(entry))
    .filter(({ path }) => isProgramPath(path))
    .map((listed) => ({ ...listed, real: attempt([], "", null, () => root.canonical(listed.path)) ?? listed.path }))
    .filter(({ real }) => real !== entry && database.ownersOf(real).length > 0);
  const rank = ({ real }: { real: Untrusted }) => {
    const at = PROGRAM_DIRECTORIES.indexOf(directoryOf(real));
    return at < 0 ? PROGRAM_DIRECTORIES.length : at;
  };
  const [first] = places.sort((a, b) => rank(a) - rank(b));
  return first === undefined ? null : { path: first.real, package: first.package };
}

const SUFFIXES = [".bak", ".backup", ".orig", ".old", ".real", ".distrib", ".dpkg-dist"];

/**
 * Unowned places where the genuine content of a replaced program is often kept: beside it under another name, or in a
 * folder of a program directory (BillGates moves the real ps and netstat to /usr/bin/dpkgd/). Returns the first file
 * whose digest is the recorded one.
 */
export function findMovedOriginal(
  root: Root,
  entry: Untrusted,
  shipped: ShippedDigest,
  unread: Unread,
): Untrusted | null {
  const name = lastName(entry);
  const directory = directoryOf(entry);
  const candidates = [...SUFFIXES.map((suffix) => `${directory}/${name}${suffix}`), `${directory}/.${name}`];
  const programDirectories = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"].map(
    (path) => attempt(unread, path, null, () => root.realpath(path)) ?? path,
  );
  for (const programs of new Set(programDirectories)) {
    for (const below of attempt(unread, programs, null, () => root.list(programs)) ?? []) {
      const folder = `${programs}/${below}`;
      const isFolder = attempt(unread, folder, false, () => root.lstat(folder)?.isDirectory() === true);
      if (isFolder) candidates.push(`${folder}/${name}`);
    }
  }
  const found = candidates.find((path) => {
    const file = attempt(unread, directoryOf(path), null, () => inspect(root, path, [shipped.algorithm]));
    return isShipped(shipped, file?.content?.digests ?? null);
  });
  return found === undefined ? null : (root.canonical(found) ?? found);
}
