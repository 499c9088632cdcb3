import { firstPresent } from "../../identity/database-files.ts";
import { RPM_DATABASES } from "../../identity/rpm/manager.ts";
import { DNF_LOGS, dnfActionAt } from "../../origin/sources/dnf-log.ts";
import type { Ground, Looked } from "../types.ts";
import { changeOf, gap, NOTHING } from "./changes.ts";
import { lastAction } from "./last-action.ts";

/** An installation that lies further ahead is a wrong clock's, ms. */
const FUTURE = 86_400_000;

/**
 * rpm's database is one file, and rpm itself writes it without a record: `--erase` leaves nothing behind, `--rebuilddb` makes
 * another file, `--import` adds a key. So one that is younger than the last installation and all that dnf logged is no finding;
 * it is told that nothing follows from its age. The write-ahead log beside it is not looked at: every query touches that.
 */
export async function rpmAge(ground: Ground, slack: number): Promise<Looked> {
  const place = firstPresent(ground.root, RPM_DATABASES) ?? (RPM_DATABASES[0] as string);
  const change = changeOf(ground.root, ground.root.realpath(place) ?? place);
  if (change === null) return gap("footing.unreadable", place, "it is not there");
  const logged = await lastAction(ground, DNF_LOGS, dnfActionAt);
  const installed = ground.examiner.lastInstalled(ground.now + FUTURE);
  if (logged === null && installed === null) return gap("footing.no-package-log", place, "no action is recorded");
  const last = Math.max(logged ?? 0, installed ?? 0);
  if (change.ms <= last + slack) return NOTHING;
  const seconds = Math.round((change.ms - last) / 1000);
  const why = `it changed ${seconds} s after the last installation that is recorded, as rpm --erase, --rebuilddb and --import do without a record, or a copy`;
  return gap("footing.rpm-unrecorded", place, why, { seconds });
}
