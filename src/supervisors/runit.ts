import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { attempt, newBudget, readConfig } from "./files/read-config.ts";
import { readServiceDirs, worksForService } from "./files/service-dirs.ts";
import { pathSetBy } from "./commands/shell-words.ts";
import type { Supervisor } from "./types.ts";

/** Directories that runsvdir is given by Debian, Void, Artix and runit's own documents. */
const SCANNED = [
  "/etc/service",
  "/service",
  "/var/service",
  "/run/runit/runsvdir/current",
  "/run/runit/service",
  "/etc/runit/runsvdir/current",
];
const STAGE_2 = "/etc/runit/2";
const RUNLEVELS = "/etc/runit/runsvdir";
const AVAILABLE = "/etc/sv";
/** What /etc/runit/2 of Debian sets; runsv hands its own PATH on. */
export const RUNIT_PATH: readonly Untrusted[] = [
  "/usr/local/sbin",
  "/usr/local/bin",
  "/sbin",
  "/usr/sbin",
  "/bin",
  "/usr/bin",
];

/**
 * runit: runsv(8) starts `run` of each service directory again whenever it ends, a second later when it lived for less
 * than that, without any limit (src/runsv.c). `down` keeps it from being started at boot.
 */
export const runit: Supervisor = {
  id: "runit",
  present(root) {
    return [...SCANNED, RUNLEVELS, AVAILABLE].some((folder) => isRunits(root, folder));
  },
  *jobs(root) {
    const scanned = SCANNED.filter((folder) => isRunits(root, folder));
    const levels = attempt([], RUNLEVELS, null, () => root.list(RUNLEVELS)) ?? [];
    const available = levels.map((level) => `${RUNLEVELS}/${level}`);
    // A disk that is not booted has no /run, where Void keeps the link that says which set is started.
    if (scanned.length === 0 && levels.includes("default")) scanned.push(`${RUNLEVELS}/default`);
    return yield* readServiceDirs(root, {
      supervisor: "runit",
      scanned,
      available: [...available, AVAILABLE],
      searchPath: stagePath(root) ?? RUNIT_PATH,
    });
  },
  atWork: { programs: ["runsv"], worksFor: worksForService },
};

/** A scan directory of s6 bears a folder `.s6-svscan`. */
function isRunits(root: Root, folder: Untrusted): boolean {
  return attempt([], folder, true, () => root.list(folder) !== null && root.lstat(`${folder}/.s6-svscan`) === null);
}

function stagePath(root: Root): Untrusted[] | null {
  const text = attempt([], STAGE_2, null, () => readConfig(root, STAGE_2, [], newBudget()));
  return text === null ? null : pathSetBy(text);
}
