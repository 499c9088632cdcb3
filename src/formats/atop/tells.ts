import type { CouldNotLook } from "../../model/could-not-look.ts";
import type { Tells } from "../types.ts";
import { untold } from "../untold.ts";

/** What the lines told. */
export interface Tally {
  /** Lines PRG and PRC. */
  general: number;
  cpu: number;
  /** Processes that ended, those of which the status is told, and those of which the parent is. */
  ends: number;
  statuses: number;
  reaped: number;
  /** Of ends with a line PRC: their number, those without a tick, and all ticks. */
  counted: number;
  withoutTicks: number;
  ticks: number;
}

export function noTally(): Tally {
  return { general: 0, cpu: 0, ends: 0, statuses: 0, reaped: 0, counted: 0, withoutTicks: 0, ticks: 0 };
}

const LIVE = "sudo whoforks diagnose";
const RECORD = "atop -P PRG,PRC 10 > FILE";

export function tellsOf(tally: Tally): Tells {
  const { ends, statuses, reaped, counted, withoutTicks, ticks } = tally;
  const noEnd = "no line is about a process that has ended: none did, or process accounting was off";
  const noPrg = "without lines PRG neither parents nor exit statuses are told";
  const cpu: CouldNotLook =
    counted === 0
      ? untold("cpu", "atop.no-prc", "no line PRC is about a process that has ended", RECORD)
      : {
          ...untold("cpu", "atop.cpu-in-ticks", `${withoutTicks} of ${counted} processes were too short for it`, LIVE),
          args: { ended: counted, without: withoutTicks, ticks },
        };
  const ofEnds = (told: number): [string, string] =>
    ends > 0 && told === 0 ? ["atop.no-prg", noPrg] : ["atop.no-ends", noEnd];
  return {
    programs: untold("programs", "atop.no-files", "atop prints task names, and no files", LIVE),
    argv: untold(
      "argv",
      "atop.no-argv",
      "atop cuts command lines, and has none of processes that began and ended within an interval",
      LIVE,
    ),
    lineage: untold(
      "lineage",
      "atop.parent-at-end",
      "atop prints the parent that a process had when it ended, which need not be the one that forked it",
      LIVE,
    ),
    reaper: reaped > 0 || untold("reaper", ...ofEnds(reaped), RECORD),
    exitStatus: statuses > 0 || untold("exitStatus", ...ofEnds(statuses), RECORD),
    lifetimes: untold("lifetimes", "atop.by-seconds", "atop tells ends by the second, and not which came first", LIVE),
    cpu,
  };
}

/** What else: without accounting the dead of an interval are not in it. */
export function gapsOf({ ends, general, cpu }: Tally): CouldNotLook[] {
  if (ends > 0 || general + cpu === 0) return [];
  return [
    {
      code: "atop.living-only",
      what: "what died between two samples",
      why: "no line is about a process that has ended: none did, or process accounting was off",
      remedy: RECORD,
    },
  ];
}

export function noteOf({ ends, general, cpu }: Tally): string {
  return `${general} lines PRG, ${cpu} lines PRC, ${ends} processes that ended; atop does not say what it missed`;
}
