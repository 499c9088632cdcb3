import { Kind, type RecordQueue } from "../../ftrace/record-queue.ts";
import { isDeadly, SIGCHLD } from "../../ftrace/signals.ts";
import { fromBytes, type Untrusted } from "../../model/text.ts";
import type { Leader } from "./leader.ts";

/**
 * Fields as the kernel prints them (the `print fmt` of include/trace/events/{sched,task,signal}.h), or raw (`trace-cmd report -R`).
 * Names are 15 bytes of anything: what stands behind one cannot stand in it. A file's name can be anything of any length, so
 * there the last match counts. perf may put an address and its symbol behind the fields.
 */
const BEHIND = "(?: +[0-9a-f]{8,16} .*)?$";
const field = (pattern: string): RegExp => new RegExp(`^${pattern}${BEHIND}`, "s");
const NEW_TASK = field("pid=(\\d+) comm=(.{0,15}) clone_flags=([0-9a-f]+) oom_score_adj=-?\\d+");
const FORK = field("(?:parent_)?comm=(.{0,15}) (?:parent_)?pid=(\\d+) child_comm=(.{0,15}) child_pid=(\\d+)");
const EXEC = field("filename=(.*) pid=(\\d+) old_pid=(\\d+)");
const EXIT = field("comm=(.{0,15}) pid=(\\d+) prio=-?\\d+(?: group_dead=(true|false|[01]))?");
const SENT = field("sig=(\\d+) errno=-?\\d+ code=(-?\\d+) comm=(.{0,15}) pid=(\\d+) grp=\\d+ res=(\\d+)");
const TAKEN = field("sig=(\\d+) errno=-?\\d+ code=-?\\d+ sa_handler=(?:0x)?([0-9a-f]+) sa_flags=(?:0x)?[0-9a-f]+");
/** `sys_exit_group(error_code: 7)` from the kernel, `sys_enter_exit_group: error_code: 0x00000007` from the tools. */
const ERROR_CODE = /^\(?error_code: (?:0x([0-9a-f]+)|(-?\d+))\)?/s;

export type Outcome = "taken" | "unknown" | "unfit";

/**
 * Queues what an event says, as the decoder of raw pages does. `unknown`: the event tells nothing of processes; `unfit`: its
 * fields are not those of that event (or not all of them: a name may hold a line feed).
 */
export function queueRecord(leader: Leader, ts: number, queue: RecordQueue): Outcome {
  const { event, fields } = leader;
  const task = leader.task ?? 0;
  switch (event) {
    case "task_newtask":
      return matched(NEW_TASK, fields, ([, pid, comm, flags]) =>
        queue.push(ts, Kind.newTask, task, Number(pid), Number.parseInt(flags as string, 16) | 0, text(comm)),
      );
    case "sched_process_fork":
      return matched(FORK, fields, ([, comm, pid, , child]) =>
        queue.push(ts, Kind.fork, Number(pid), Number(child), 0, text(comm)),
      );
    case "sched_process_exec":
      return matched(EXEC, fields, ([, file, pid, old]) =>
        queue.push(ts, Kind.exec, Number(pid), Number(old), 0, text(file)),
      );
    case "sched_process_exit":
      return matched(EXIT, fields, ([, comm, pid, dead]) =>
        queue.push(ts, Kind.exit, Number(pid), deadOf(dead), 0, text(comm)),
      );
    case "signal_generate":
      return matched(SENT, fields, ([, sig, code, comm, pid, result]) => {
        const signal = Number(sig);
        if (signal === SIGCHLD) queue.push(ts, Kind.childSignal, task, Number(pid), Number(code), text(comm));
        else if (isDeadly(signal) && result === "0") queue.push(ts, Kind.signalSent, Number(pid), signal, 0, "");
      });
    case "signal_deliver":
      return matched(TAKEN, fields, ([, sig, handler]) => {
        if (isDeadly(Number(sig)) && /^0+$/.test(handler as string))
          queue.push(ts, Kind.signalTaken, task, Number(sig), 0, "");
      });
    case "sys_enter_exit_group":
    case "sys_exit_group":
      return exits(leader, ts, queue, Kind.exitGroup);
    case "sys_enter_exit":
      return exits(leader, ts, queue, Kind.exitTask);
    case "sys_exit":
      // With a colon it is raw_syscalls/sys_exit: the end of any call.
      return fields.startsWith("(") ? exits(leader, ts, queue, Kind.exitTask) : "unknown";
    default:
      return "unknown";
  }
}

/** Which of the known events a name means: the kernel's own text calls sys_enter_exit_group by another name. */
export function eventOf({ event, fields }: Leader): string {
  if (event === "sys_exit_group" || (event === "sys_exit" && fields.startsWith("(")))
    return `sys_enter${event.slice(3)}`;
  return event;
}

function matched(pattern: RegExp, fields: string, take: (found: RegExpExecArray) => void): Outcome {
  const found = pattern.exec(fields);
  if (found === null) return "unfit";
  take(found);
  return "taken";
}

function exits({ fields, task }: Leader, ts: number, queue: RecordQueue, kind: number): Outcome {
  return matched(ERROR_CODE, fields, ([, hex, decimal]) => {
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex.slice(-8), 16);
    if (task !== null) queue.push(ts, kind, task, code | 0, 0, "");
  });
}

function deadOf(dead: string | undefined): number {
  return dead === undefined ? -1 : dead === "true" || dead === "1" ? 1 : 0;
}

function text(latin1: string | undefined): Untrusted {
  return fromBytes(Buffer.from(latin1 ?? "", "latin1"));
}
