import type { CouldNotLook } from "../../model/could-not-look.ts";
import type { Tells } from "../types.ts";
import { untold } from "../untold.ts";

/** What the lines told. */
export interface Tally {
  execs: number;
  failed: number;
  /** Lines whose arguments are in quotation marks. */
  quoted: number;
  /** Lines that name a parent. */
  parents: number;
  /** Lines that go on with the one before. */
  continued: number;
}

const LIVE = "sudo whoforks diagnose";
/** As the packages of Debian name it; elsewhere `execsnoop`. */
const RECORD = "execsnoop-bpfcc -t -q";

export function tellsOf({ quoted, parents }: Tally): Tells {
  const nothing = "execsnoop prints what is executed, and nothing of ends";
  return {
    programs: true,
    argv: quoted > 0 || untold("argv", "execsnoop.no-argv", "without -q execsnoop parts arguments by blanks", RECORD),
    lineage:
      parents > 0
        ? untold("lineage", "execsnoop.no-forks", "execsnoop tells who executed something, and no other forks", LIVE)
        : untold("lineage", "execsnoop.no-parents", "no line names a parent", RECORD),
    reaper: untold("reaper", "execsnoop.no-reaper", nothing, LIVE),
    exitStatus: untold("exitStatus", "execsnoop.no-exits", nothing, LIVE),
    lifetimes: untold("lifetimes", "execsnoop.no-exits", nothing, LIVE),
    cpu: untold("cpu", "execsnoop.no-cpu", "execsnoop prints no CPU times", LIVE),
  };
}

/** What else such a log cannot tell. */
export function gapsOf({ execs, failed }: Tally, timed: boolean): CouldNotLook[] {
  if (timed || execs + failed === 0) return [];
  return [
    {
      code: "execsnoop.no-times",
      what: "how often it happens",
      why: "without -t or -T the lines have no times",
      remedy: RECORD,
    },
  ];
}

export function noteOf({ failed }: Tally): string {
  const note = "execsnoop tells of lost events on standard error only";
  return failed > 0 ? `${note}; ${failed} execs failed` : note;
}
