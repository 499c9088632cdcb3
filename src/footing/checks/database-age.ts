import type { Untrusted } from "../../model/text.ts";
import { isoMs, msOf } from "../../origin/iso.ts";
import { readLog } from "../../origin/logs/lines.ts";
import { stamped } from "../../origin/logs/stamp.ts";
import { Zone } from "../../origin/logs/zone.ts";
import { Telling } from "../../origin/told.ts";
import { reasonOf } from "../../platform/errno.ts";
import type { Root } from "../../platform/root.ts";
import type { Ground, Looked } from "../types.ts";

/** A run of the manager writes its log and its database within this time, ms. */
const SLACK = 15 * 60_000;

/** Databases that only their manager writes, and its log. */
const DATABASES: readonly { manager: string; folder: string; files: RegExp; log: string }[] = [
  { manager: "dpkg", folder: "/var/lib/dpkg/info", files: /\.(?:list|md5sums)$/, log: "/var/log/dpkg.log" },
  { manager: "pacman", folder: "/var/lib/pacman/local", files: /^(?!ALPM_DB_VERSION$)/, log: "/var/log/pacman.log" },
];

/**
 * A list or a digest that changed after the manager's last action was changed by somebody else. ctime is compared, which
 * nobody can set; where nearly all files are younger the system was copied or unpacked, and nothing follows from it.
 */
export async function databaseAge(ground: Ground, slack = SLACK): Promise<Looked> {
  const looked: Looked = { findings: [], gaps: [] };
  for (const { manager, folder, files, log } of DATABASES) {
    if (ground.examiner.manager !== manager) continue;
    try {
      const entries = changesIn(ground.root, folder, files);
      if (entries.length === 0) continue;
      const last = await lastAction(ground, log);
      if (last === null) {
        looked.gaps.push({ code: "footing.no-package-log", what: log, why: "no action is logged", remedy: null });
        continue;
      }
      const younger = entries.filter(({ ms }) => ms > last + slack);
      if (younger.length === 0) continue;
      if (younger.length * 2 > entries.length) {
        looked.gaps.push({
          code: "footing.copied-database",
          what: folder,
          why: "all of it is younger than the log",
          remedy: null,
        });
        continue;
      }
      const newest = younger.reduce((a, b) => (b.ms > a.ms ? b : a));
      const args = {
        manager,
        count: younger.length,
        file: newest.path,
        changed: isoMs(newest.ms),
        logged: isoMs(last),
      };
      looked.findings.push({ code: "footing.database-younger", args, weight: "medium" });
    } catch (error) {
      looked.gaps.push({ code: "footing.unreadable", what: folder, why: reasonOf(error), remedy: null });
    }
  }
  return looked;
}

function changesIn(root: Root, folder: Untrusted, files: RegExp): { path: Untrusted; ms: number }[] {
  return (root.list(folder) ?? [])
    .filter((name) => files.test(name))
    .flatMap((name) => {
      const path = `${folder}/${name}`;
      const stat = root.lstat(path);
      return stat === null ? [] : [{ path, ms: msOf(stat.ctimeNs) }];
    });
}

/** Of the newest record, ms; one of the future is none. */
async function lastAction({ root, now }: Ground, log: Untrusted): Promise<number | null> {
  const telling = new Telling(log, { now });
  const zone = Zone.of(root);
  await readLog(root, log, telling, (line, place) => {
    const at = stamped(line, zone);
    if (at !== null) telling.record(at.ms, place, false);
  });
  return telling.end().span?.to ?? null;
}
