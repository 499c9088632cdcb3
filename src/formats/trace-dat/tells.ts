import type { TraceProblem } from "../../ftrace/trace-dat/open.ts";
import type { Question, Tells } from "../types.ts";
import { untold } from "../untold.ts";
import type { Counts } from "./counts.ts";

/** Everything that a diagnosis needs, as one command of trace-cmd-record(1). */
export const RECORD =
  "trace-cmd record -C mono -e task:task_newtask -e sched:sched_process_exec -e sched:sched_process_exit " +
  "-e signal:signal_generate -e signal:signal_deliver -e syscalls:sys_enter_exit_group -e syscalls:sys_enter_exit";
/** With so many forks and no record of another kind, that kind was not recorded, even if its format is in the file. */
const MANY = 100;
const LIVE = "sudo whoforks diagnose";

/** What recorded the kernel's events, and how it would have recorded what is missing. */
export interface Recorder {
  /** Before the codes of what is missing. */
  id: string;
  remedy: string;
  /** Why a question is not answered: none of these events is there. */
  lacks(events: string): string;
}

const TRACE_DAT: Recorder = { id: "trace-dat", remedy: RECORD, lacks: (events) => `the file has no ${events}` };

/** What a trace tells, by the events that it has (`has`: formats, or lines) and its records. */
export function tellsOf(counts: Counts, has: (event: string) => boolean, recorder: Recorder = TRACE_DAT): Tells {
  const { id, remedy } = recorder;
  const answer = (question: Question, code: string, count: number, events: readonly string[]): Tells[Question] => {
    if (count > 0 || (events.some(has) && counts.forks < MANY)) return true;
    return untold(question, `${id}.${code}`, recorder.lacks(events.join(" or ")), remedy);
  };
  return {
    programs: answer("programs", "no-programs", counts.execs, ["sched_process_exec"]),
    argv: untold("argv", `${id}.no-argv`, "no event of the kernel tells arguments", LIVE),
    lineage: answer("lineage", "no-forks", counts.forks, ["task_newtask", "sched_process_fork"]),
    reaper: answer("reaper", "no-reaper", counts.childSignals, ["signal_generate"]),
    exitStatus: answer("exitStatus", "no-exit-status", counts.ends, ["sys_enter_exit_group"]),
    lifetimes: answer("lifetimes", "no-exits", counts.exits, ["sched_process_exit"]),
    cpu: untold("cpu", `${id}.no-cpu`, "CPU time is not worked out from context switches of a file", LIVE),
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
