import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { isKernelThreadName } from "./kernel-threads.ts";
import type { PackageDatabase } from "./package-database.ts";
import { lastName, PROGRAM_DIRECTORIES } from "./places.ts";
import { reason } from "./reasons.ts";
import { attempt, type Unread } from "./unread.ts";
import type { Reason } from "./types.ts";

/** Shorter names are alike by chance: `ls`, `ld`, `lz`. */
const SHORTEST = 4;
/** From this length on two letters may differ. */
const LONG = 8;

/**
 * Whether the name of a file that nobody owns is that of a kernel thread, or one or two letters from a daemon's or another
 * packaged program's: `crond1`, `systemd-resolvd`, `kdevtmpfsi`. Folders that cannot be listed are added to `unread`.
 */
export function resemblances(root: Root, database: PackageDatabase, entry: Untrusted, unread: Unread): Reason[] {
  const name = lastName(entry);
  if (isKernelThreadName(name)) return [reason("identity.kernel-thread-name", "strong", { name })];
  if (name.length < SHORTEST || name.length > 64) return [];
  const most = name.length >= LONG ? 2 : 1;
  for (const directory of PROGRAM_DIRECTORIES) {
    for (const other of attempt(unread, directory, null, () => root.list(directory)) ?? []) {
      if (other === name || Math.abs(other.length - name.length) > most || !isNear(name, other, most)) continue;
      const path = root.canonical(`${directory}/${other}`) ?? `${directory}/${other}`;
      const [owned] = database.ownersOf(path);
      if (owned === undefined || other.length < SHORTEST) continue;
      const weight = isDaemon(path) ? "medium" : "weak";
      return [reason("identity.resembles-packaged", weight, { name: other, package: owned.owner.package, path })];
    }
  }
  return [];
}

function isDaemon(path: Untrusted): boolean {
  return /\/sbin\/|d$|^systemd-|agent/.test(path);
}

/** Whether at most `most` letters must be put in, left out, changed, or exchanged with their neighbour. */
function isNear(a: Untrusted, b: Untrusted, most: number): boolean {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    before = last;
    last = row;
  }
  return (last[b.length] ?? most + 1) <= most;
}
