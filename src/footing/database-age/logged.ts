import type { CouldNotLook } from "../../model/could-not-look.ts";
import type { Untrusted } from "../../model/text.ts";
import { stamped } from "../../origin/logs/stamp.ts";
import type { Root } from "../../platform/root.ts";
import type { Ground, Looked } from "../types.ts";
import { changeOf, gap, NOTHING, younger, type Change } from "./changes.ts";
import { lastAction } from "./last-action.ts";

/** A database of many files that only their manager writes, and the log in which it tells of all that it does. */
interface Logged {
  manager: string;
  folder: string;
  files: RegExp;
  log: string;
}

const DPKG: Logged = {
  manager: "dpkg",
  folder: "/var/lib/dpkg/info",
  files: /\.(?:list|md5sums)$/,
  log: "/var/log/dpkg.log",
};
const PACMAN: Logged = {
  manager: "pacman",
  folder: "/var/lib/pacman/local",
  files: /^(?!ALPM_DB_VERSION$)/,
  log: "/var/log/pacman.log",
};

export const dpkgAge = (ground: Ground, slack: number): Promise<Looked> => loggedAge(DPKG, ground, slack);
export const pacmanAge = (ground: Ground, slack: number): Promise<Looked> => loggedAge(PACMAN, ground, slack);

/**
 * A list or a digest that changed after the manager's last action was changed by somebody else. Where nearly all files are
 * younger the system was copied or unpacked, and nothing follows from it.
 */
async function loggedAge({ manager, folder, files, log }: Logged, ground: Ground, slack: number): Promise<Looked> {
  const entries = changesIn(ground.root, folder, files);
  if (entries.length === 0) return gap("footing.no-lists", folder, "it has no lists of files");
  const unread: CouldNotLook[] = [];
  const last = await lastAction(ground, [log], (line, zone) => stamped(line, zone)?.ms ?? null, unread);
  const [first] = unread;
  if (last === null && first !== undefined) return gap("footing.unreadable", first.what, first.why);
  if (last === null) return gap("footing.no-package-log", log, "no action is logged");
  const changed = entries.filter(({ ms }) => ms > last + slack);
  if (changed.length === 0) return NOTHING;
  if (changed.length * 2 > entries.length)
    return gap("footing.copied-database", folder, "all of it is younger than the log");
  return { findings: [younger(manager, changed, last)], gaps: [] };
}

function changesIn(root: Root, folder: Untrusted, files: RegExp): Change[] {
  return (root.list(folder) ?? [])
    .filter((name) => files.test(name))
    .map((name) => changeOf(root, `${folder}/${name}`))
    .filter((change) => change !== null);
}
