import type { CouldNotLook } from "../../model/could-not-look.ts";
import type { Tells } from "../types.ts";
import { untold } from "../untold.ts";
import type { TracerTally } from "./tally.ts";

/** Command lines that record everything a diagnosis asks for, of a command or (-p PID) of what runs already. */
const RECORD: Readonly<Record<string, string>> = {
  strace: "strace -f -tt -e trace=process -e signal=SIGCHLD -o FILE COMMAND",
  ltrace: "ltrace -f -S -tt -o FILE COMMAND",
};
const LIVE = "sudo whoforks diagnose";

/**
 * What a log of strace or ltrace tells: by what its lines show, since filters (-e) leave no trace of what they hide. CPU times are
 * never in it: the times of calls are wall time, with two stops by the tracer in each.
 */
export function tellsOf(id: string, tally: TracerTally): Tells {
  const remedy = RECORD[id] ?? null;
  if (tally.summary.size > 0 && tally.forks + tally.execs + tally.ends + tally.childSignals === 0) {
    const counts: CouldNotLook = {
      code: "order.table-has-none",
      what: "who forks whom, when, and how it ends",
      why: `a table of ${id} -c has no order in time`,
      remedy,
    };
    return {
      programs: counts,
      argv: counts,
      lineage: counts,
      reaper: counts,
      exitStatus: counts,
      lifetimes: counts,
      cpu: counts,
    };
  }
  const { forks, execs, argv, ends, childSignals, namelessSignals, waits } = tally;
  const told = ends + childSignals - namelessSignals + waits > 0;
  return {
    programs:
      execs > 0 || untold("programs", "programs.log-tells-none", "no line shows an exec that succeeded", remedy),
    argv: argv > 0 || untold("argv", "argv.log-tells-none", `no line of ${id} shows arguments of an exec`, remedy),
    lineage:
      forks > 0 ||
      untold("lineage", "lineage.tracer-saw-no-fork", `no line of ${id} shows fork, vfork or clone`, remedy),
    reaper:
      childSignals + waits > 0 || untold("reaper", "reaper.log-tells-none", "no line shows SIGCHLD or a wait", remedy),
    exitStatus:
      told || untold("exitStatus", "exits.log-tells-none", `no line of ${id} shows how a process ended`, remedy),
    lifetimes: ends > 0 || untold("lifetimes", "lifetimes.log-tells-none", `no line of ${id} shows an end`, remedy),
    cpu: untold("cpu", "cpu.log-tells-none", "times of calls are no CPU times", LIVE),
  };
}

/** What else such a log cannot tell. */
export function gapsOf(id: string, timed: boolean): CouldNotLook[] {
  const slowed = {
    code: "rate.slowed-by-tracer",
    what: "how fast it is when nobody traces it",
    why: `${id} stops a process at every call: rates in its log are too low, and times too long`,
    remedy: LIVE,
  };
  if (timed) return [slowed];
  return [
    {
      code: "times.log-tells-none",
      what: "how often it happens and how long processes live",
      why: "the lines have no times",
      remedy: `${id} -tt`,
    },
  ];
}
