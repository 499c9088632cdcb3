import type { CouldNotLook } from "../../model/could-not-look.ts";
import type { Tells } from "../types.ts";
import { untold } from "../untold.ts";

/** What the lines told. */
export interface Tally {
  forks: number;
  execs: number;
  exits: number;
  /** Lines about processes that were gone before forkstat could read their names. */
  unknown: number;
  /** Lines that tell of losses. */
  losses: number;
}

const RECORD = "forkstat -e fork,exec,exit -l > FILE";
const LIVE = "sudo whoforks diagnose";

export function tellsOf({ forks, exits }: Tally): Tells {
  return {
    programs: untold(
      "programs",
      "forkstat.no-files",
      "forkstat prints argument 0, which a process chooses itself",
      LIVE,
    ),
    argv: untold("argv", "forkstat.no-argv", "forkstat parts arguments by blanks", LIVE),
    lineage: forks > 0 || untold("lineage", "forkstat.no-forks", "no line is about a fork", RECORD),
    reaper: untold("reaper", "forkstat.no-reaper", "forkstat does not print who is handed the dead", LIVE),
    exitStatus: exits > 0 || untold("exitStatus", "forkstat.no-exits", "no line is about an exit", RECORD),
    lifetimes: exits > 0 || untold("lifetimes", "forkstat.no-exits", "no line is about an exit", RECORD),
    cpu: untold("cpu", "forkstat.no-cpu", "forkstat prints no CPU times", LIVE),
  };
}

export function gapsOf({ unknown }: Tally): CouldNotLook[] {
  if (unknown === 0) return [];
  return [
    {
      code: "forkstat.nameless",
      what: "what some processes are called",
      why: `in ${unknown} lines the process was gone before forkstat could read its name`,
      remedy: LIVE,
      args: { lines: unknown },
    },
  ];
}
