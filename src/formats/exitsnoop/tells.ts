import type { CouldNotLook } from "../../model/could-not-look.ts";
import type { Tells } from "../types.ts";
import { untold } from "../untold.ts";

/** What the lines told. */
export interface Tally {
  /** Processes that ended, and those with status 0. */
  ends: number;
  clean: number;
  threads: number;
  /** Ends whose line names a parent. */
  reaped: number;
}

const LIVE = "sudo whoforks diagnose";
/** As the packages of Debian name it; elsewhere `exitsnoop`. */
const RECORD = "exitsnoop-bpfcc -t";

export function tellsOf({ ends, reaped }: Tally, timed: boolean): Tells {
  const noEnd = "no line is about the end of a process";
  return {
    programs: untold("programs", "exitsnoop.no-files", "exitsnoop prints task names, and no files", LIVE),
    argv: untold("argv", "exitsnoop.no-argv", "exitsnoop prints no arguments", LIVE),
    // An orphan's is the process that inherited it, and nothing tells orphans from children.
    lineage: untold(
      "lineage",
      "exitsnoop.parent-at-end",
      "exitsnoop prints the parent that a process had when it ended, which need not be the one that forked it",
      LIVE,
    ),
    reaper: reaped > 0 || untold("reaper", "exitsnoop.no-ends", noEnd, RECORD),
    exitStatus: ends > 0 || untold("exitStatus", "exitsnoop.no-ends", noEnd, RECORD),
    lifetimes:
      (ends > 0 && timed) ||
      untold(
        "lifetimes",
        ends > 0 ? "exitsnoop.no-times" : "exitsnoop.no-ends",
        ends > 0 ? "without -t the lines have no times" : noEnd,
        RECORD,
      ),
    cpu: untold("cpu", "exitsnoop.no-cpu", "exitsnoop prints no CPU times", LIVE),
  };
}

/** What else: `-x` hides every end with status 0, and leaves no other trace. */
export function gapsOf({ ends, clean }: Tally): CouldNotLook[] {
  if (ends === 0 || clean > 0) return [];
  return [
    {
      code: "exitsnoop.only-failures",
      what: "which processes ended well",
      why: "no line shows an end with status 0: there was none, or -x hid them",
      remedy: RECORD,
    },
  ];
}

export function noteOf({ threads }: Tally): string {
  const note = "exitsnoop tells of lost events on standard error only";
  return threads > 0 ? `${note}; ${threads} ends of threads` : note;
}
