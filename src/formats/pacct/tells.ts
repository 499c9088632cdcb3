import type { CouldNotLook } from "../../model/could-not-look.ts";
import type { Question, Tells } from "../types.ts";
import { untold } from "../untold.ts";
import type { Told } from "./told.ts";

const LIVE = "sudo whoforks diagnose";
const PROGRAMS = untold(
  "programs",
  "pacct.no-files",
  "a record of process accounting has the first 15 bytes of a program's name and no path",
  LIVE,
);
const ARGV = untold("argv", "pacct.no-argv", "process accounting does not record arguments", LIVE);
const NOT_IN_V2 = "records of version 2 have no PIDs";
/** The kernel's own option; there is no other way to get PIDs into a file. */
const V3 = "a kernel with CONFIG_BSD_PROCESS_ACCT_V3=y";

/** Every record has a status, and there is one for each end; CPU times are cut to ticks of a process. */
export function tellsOf(told: Told, version: 2 | 3, ticks: number): Tells {
  const cpu: CouldNotLook = {
    ...untold("cpu", "pacct.cpu-in-ticks", `${told.withoutCpu} of ${told.ends} processes were too short for it`, LIVE),
    args: { ended: told.ends, without: told.withoutCpu, ticks },
  };
  const nobody = (question: Question): CouldNotLook => untold(question, `pacct.v2-${question}`, NOT_IN_V2, V3);
  return {
    programs: PROGRAMS,
    argv: ARGV,
    lineage: version === 3 || nobody("lineage"),
    reaper: (version === 3 && told.reaped > 0) || (version === 3 ? NONE_REAPED : nobody("reaper")),
    exitStatus: true,
    lifetimes: true,
    cpu,
  };
}

const NONE_REAPED = untold("reaper", "pacct.none-reaped", "no record names a parent", null);

/** What else: the parent in a record is not always the one that forked. */
export function gapsOf(told: Told): CouldNotLook[] {
  const { orphans, inferred, parentsUnnamed } = told;
  const gaps: CouldNotLook[] = [];
  if (orphans > 0)
    gaps.push({
      code: "pacct.orphans",
      what: "who forked the orphans",
      why: `a record names the parent that a process had when it ended: of ${orphans} orphans ${inferred} were joined with their parents by name and number`,
      remedy: LIVE,
      args: { orphans, inferred },
    });
  if (parentsUnnamed > 0)
    gaps.push({
      code: "pacct.living-parents",
      what: "what forked without an exec",
      why: `the parents of ${parentsUnnamed} such processes have no record yet: whether they forked or inherited them is not told`,
      remedy: LIVE,
      args: { count: parentsUnnamed },
    });
  return gaps;
}
