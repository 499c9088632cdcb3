import type { Tells } from "../types.ts";
import { untold } from "../untold.ts";

/** What the lines told. */
export interface Tally {
  execs: number;
  /** Lines that name a parent. */
  parents: number;
  /** Lines that repeat an exec of the same process. */
  attempts: number;
  /** Execs whose arguments were printed elsewhere. */
  torn: number;
}

const LIVE = "sudo whoforks diagnose";

export function tellsOf({ parents }: Tally): Tells {
  const nothing = "execsnoop.bt prints execs as they begin, and nothing of ends";
  return {
    programs: untold(
      "programs",
      "execsnoop.bt.no-files",
      "execsnoop.bt prints argument 0, which a process chooses itself, and prints it before the exec: one that fails looks the same",
      LIVE,
    ),
    argv: untold("argv", "execsnoop.bt.no-argv", "execsnoop.bt parts arguments by blanks", LIVE),
    lineage:
      parents > 0
        ? untold("lineage", "execsnoop.bt.no-forks", "execsnoop.bt tells who executes something, and no forks", LIVE)
        : untold("lineage", "execsnoop.bt.no-parents", "no line names a parent", LIVE),
    reaper: untold("reaper", "execsnoop.bt.no-reaper", nothing, LIVE),
    exitStatus: untold("exitStatus", "execsnoop.bt.no-exits", nothing, LIVE),
    lifetimes: untold("lifetimes", "execsnoop.bt.no-exits", nothing, LIVE),
    cpu: untold("cpu", "execsnoop.bt.no-cpu", "execsnoop.bt prints no CPU times", LIVE),
  };
}

export function noteOf({ attempts, torn }: Tally): string {
  const notes = ["bpftrace says between its lines how many events it lost, if it comes to that"];
  if (attempts > 0) notes.push(`${attempts} lines repeat an exec of the same process, as a search of PATH does`);
  if (torn > 0) notes.push(`${torn} lines were torn apart by another`);
  return notes.join("; ");
}
