import { firstPresent } from "../../identity/database-files.ts";
import { APK_DATABASES } from "../../identity/apk/manager.ts";
import { APK_LOG, apkRunAt } from "../../origin/sources/apk-log.ts";
import type { Ground, Looked } from "../types.ts";
import { changeOf, gap, NOTHING, younger, type Change } from "./changes.ts";
import { lastAction } from "./last-action.ts";

/**
 * Every change that apk makes, `apk fix` too, writes all files of its database anew within a moment (apk-tools 2 and 3,
 * src/database.c, apk_db_write_config and apk_db_write_layers). So one that is much younger than the oldest of them was written
 * by somebody else, log or no log: apk 2 writes none, and a log of it is left by the apk 3 that made the image. A system that was
 * copied or unpacked has them all of one age.
 */
export async function apkAge(ground: Ground, slack: number): Promise<Looked> {
  const { root } = ground;
  const database = firstPresent(root, APK_DATABASES) ?? (APK_DATABASES[0] as string);
  const folder = database.slice(0, database.lastIndexOf("/"));
  const named = (name: string): Change | null => changeOf(root, `${folder}/${name}`);
  // Of the scripts apk 3 packs what apk 2 wrote plain; the older one may stay behind.
  const scripts = [named("scripts.tar"), named("scripts.tar.gz")].filter((change) => change !== null);
  const newestScripts = scripts.toSorted((a, b) => b.ms - a.ms)[0] ?? null;
  const files = [named("installed"), named("triggers"), newestScripts].filter((change) => change !== null);
  if (files.length < 2) return gap("footing.single-file", database, "it is one file, and apk keeps no other beside it");
  const oldest = Math.min(...files.map(({ ms }) => ms));
  if (files.every(({ ms }) => ms <= oldest + slack)) return NOTHING;
  const last = Math.max(oldest, (await lastAction(ground, [APK_LOG], apkRunAt)) ?? oldest);
  const changed = files.filter(({ ms }) => ms > last + slack);
  return changed.length === 0 ? NOTHING : { findings: [younger("apk", changed, last)], gaps: [] };
}
