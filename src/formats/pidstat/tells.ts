import type { CouldNotLook } from "../../model/could-not-look.ts";
import type { Untrusted } from "../../model/text.ts";
import type { Tells } from "../types.ts";

/** What the lines told. */
export interface Tally {
  /** Processes seen. */
  tasks: number;
  /** The one with the most CPU in an interval, percent of one CPU. */
  busiest: { comm: Untrusted; pid: number; percent: number } | null;
}

const LIVE = "sudo whoforks diagnose";
/** It tells of the living: of all questions this is the answer. */
const LIVING_ONLY: CouldNotLook = {
  code: "pidstat.living-only",
  what: "who forks, what is executed, how it ends, and how much CPU that burns",
  why: "pidstat looks at /proc at the end of each interval: who is dead by then is not in it",
  remedy: LIVE,
};

export function tellsOf(): Tells {
  return {
    programs: LIVING_ONLY,
    argv: LIVING_ONLY,
    lineage: LIVING_ONLY,
    reaper: LIVING_ONLY,
    exitStatus: LIVING_ONLY,
    lifetimes: LIVING_ONLY,
    cpu: LIVING_ONLY,
  };
}

export function noteOf({ tasks, busiest }: Tally): string {
  const note = `${tasks} processes that lived at the end of an interval`;
  return busiest === null
    ? note
    : `${note}; the most CPU of them in one had PID ${busiest.pid}: ${busiest.percent.toFixed(0)} % of a CPU`;
}
