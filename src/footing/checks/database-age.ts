import { reasonOf } from "../../platform/errno.ts";
import { apkAge } from "../database-age/apk.ts";
import { gap, NOTHING } from "../database-age/changes.ts";
import { dpkgAge, pacmanAge } from "../database-age/logged.ts";
import { rpmAge } from "../database-age/rpm.ts";
import type { Ground, Looked } from "../types.ts";

/** A run of the manager writes its log and its database within this time, ms. */
const SLACK = 15 * 60_000;

/** By manager: whether its database was changed by somebody else, after its last action. */
const AGES: Readonly<Record<string, (ground: Ground, slack: number) => Promise<Looked>>> = {
  dpkg: dpkgAge,
  pacman: pacmanAge,
  apk: apkAge,
  rpm: rpmAge,
};

/** ctimes are compared, which nobody can set. `slack` in ms. */
export async function databaseAge(ground: Ground, slack = SLACK): Promise<Looked> {
  const { manager } = ground.examiner;
  const age = manager === null ? undefined : AGES[manager];
  // That there is no database is told where tools are compared with it.
  if (manager === null || age === undefined) return NOTHING;
  try {
    return await age(ground, slack);
  } catch (error) {
    return gap("footing.unreadable", `the database of ${manager}`, reasonOf(error));
  }
}
