import type { TraceProblem } from "../../ftrace/trace-dat/open.ts";
import type { Question, Tells } from "../types.ts";
import { untold } from "../untold.ts";

/** Records by what they tell. */
export interface Counts {
  forks: number;
  execs: number;
  exits: number;
  /** Exit statuses and deaths by a signal. */
  ends: number;
  childSignals: number;
}

/** Everything that a diagnosis needs, as one command of trace-cmd-record(1). */
export const RECORD =
  "trace-cmd record -C mono -e task:task_newtask -e sched:sched_process_exec -e sched:sched_process_exit " +
  "-e signal:signal_generate -e signal:signal_deliver -e syscalls:sys_enter_exit_group -e syscalls:sys_enter_exit";
/** With so many forks and no record of another kind, that kind was not recorded, even if its format is in the file. */
const MANY = 100;

const CPU = untold(
  "cpu",
  "trace-dat.no-cpu",
  "CPU time is not worked out from context switches of a file",
  "sudo whoforks diagnose",
);
const ARGV = untold("argv", "trace-dat.no-argv", "no event of the kernel tells arguments", "sudo whoforks diagnose");

/** What a file tells, by the events that it has formats and records of. */
export function tellsOf(counts: Counts, has: (event: string) => boolean): Tells {
  const answer = (question: Question, code: string, count: number, events: readonly string[]): Tells[Question] => {
    if (count > 0 || (events.some(has) && counts.forks < MANY)) return true;
    return untold(question, code, `the file has no ${events.join(" or ")}`, RECORD);
  };
  return {
    programs: answer("programs", "trace-dat.no-programs", counts.execs, ["sched_process_exec"]),
    argv: ARGV,
    lineage: answer("lineage", "trace-dat.no-forks", counts.forks, ["task_newtask", "sched_process_fork"]),
    reaper: answer("reaper", "trace-dat.no-reaper", counts.childSignals, ["signal_generate"]),
    exitStatus: answer("exitStatus", "trace-dat.no-exit-status", counts.ends, ["sys_enter_exit_group"]),
    lifetimes: answer("lifetimes", "trace-dat.no-exits", counts.exits, ["sched_process_exit"]),
    cpu: CPU,
  };
}

/** A file that could not be opened as a trace tells nothing, all for one reason. */
export function tellsNothing({ reason, why }: TraceProblem): Tells {
  const remedy = reason === "damaged" ? "fetch the file again, or record anew: " + RECORD : null;
  const nothing = untold("lineage", `trace-dat.${reason}`, why, remedy);
  // Said once: the questions share the answer.
  const all: Tells[Question] = { ...nothing, what: "what the trace holds" };
  return { programs: all, argv: all, lineage: all, reaper: all, exitStatus: all, lifetimes: all, cpu: all };
}
