import { constants } from "node:os";
import type { Untrusted } from "../../model/text.ts";
import type { CouldNotLook } from "../types.ts";

/** A trace event to switch on. */
export interface Probe {
  system: string;
  name: string;
  /** In the kernel's filter language (Documentation/trace/events.rst), or null for all. */
  filter: string | null;
  /** What cannot be told where the kernel lacks this event. */
  costs: string;
  /** Without it there is nothing to observe. */
  needed: boolean;
}

const { SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH } = constants.signals;

/** Signals whose default does not end a process (signal(7)). */
const HARMLESS = [SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH];
const DEADLY = HARMLESS.map((signal) => `sig != ${signal}`).join(" && ");

/**
 * SIGCHLD with CLD_EXITED, CLD_KILLED or CLD_DUMPED names the reaper. The other part tells a kill by SIGTERM from one by
 * SIGKILL, which signal_deliver does not; result 0 is TRACE_SIGNAL_DELIVERED (include/trace/events/signal.h).
 */
const SENT = `(sig == ${SIGCHLD} && code > 0 && code < 4) || (result == 0 && ${DEADLY})`;

/** The fork that also says thread or process. It comes from copy_process; where it exists sched_process_fork adds nothing. */
export const NEW_TASK: Probe = {
  system: "task",
  name: "task_newtask",
  filter: null,
  costs: "new threads look like new processes",
  needed: false,
};

/** The fork event of kernels without task_newtask (before 3.4). */
export const PROCESS_FORK: Probe = {
  system: "sched",
  name: "sched_process_fork",
  filter: null,
  costs: "who forks whom stays unknown",
  needed: true,
};

export const PROBES: readonly Probe[] = [
  {
    system: "sched",
    name: "sched_process_exec",
    filter: null,
    costs: "the programs that are executed stay unknown",
    needed: false,
  },
  { system: "signal", name: "signal_generate", filter: SENT, costs: "who reaps the dead stays unknown", needed: false },
  {
    system: "signal",
    name: "signal_deliver",
    filter: `sa_handler == 0 && ${DEADLY}`,
    costs: "ends by a signal look like ends with unknown code",
    needed: false,
  },
  { system: "syscalls", name: "sys_enter_exit_group", filter: null, costs: "exit codes stay unknown", needed: false },
  {
    system: "syscalls",
    name: "sys_enter_exit",
    filter: null,
    costs: "exit codes of programs without a C library stay unknown",
    needed: false,
  },
  { system: "sched", name: "sched_process_exit", filter: null, costs: "ends and lifetimes stay unknown", needed: true },
];

/** Every context switch: the costliest event there is, for a short while only. */
export const SWITCH: Probe = {
  system: "sched",
  name: "sched_switch",
  filter: null,
  costs: "the CPU time of programs that are dead stays unknown",
  needed: true,
};

/**
 * What the scheduler charges to a task, at each switch, tick and wake-up: several times as many records as switches, so it
 * is switched off where no switch is missing (`idle-gaps.ts`).
 */
export const RUNTIME: Probe = {
  system: "sched",
  name: "sched_stat_runtime",
  filter: null,
  costs:
    "the CPU time of tasks that a CPU begins to run when it was idle stays unknown where their switch is not recorded",
  needed: false,
};

/** Sees the calls of 32-bit programs too, which the per-call tracepoints do not; switched on for named programs only. */
export const RAW_ENTER: Probe = {
  system: "raw_syscalls",
  name: "sys_enter",
  filter: "id == -1",
  costs: "exit codes of 32-bit programs stay unknown",
  needed: false,
};

/** Numbers of exit and exit_group in the 32-bit ABIs that a 64-bit kernel of this machine also runs. */
const EXITS_32: Record<string, readonly number[]> = {
  // i386 (unistd_32.h), and x32, whose numbers bear bit 30 (unistd_x32.h).
  x64: [1, 252, 0x4000_0000 + 60, 0x4000_0000 + 231],
  arm64: [1, 248],
  ppc64: [1, 234],
};

/** Whether programs of 32 bits are a case of their own on this machine. */
export function has32BitExits(arch: string = process.arch): boolean {
  return EXITS_32[arch] !== undefined;
}

/** Says what is lost without a probe. */
export function cannotSee(probe: Probe, why: string): CouldNotLook {
  const what = `the kernel event ${probe.system}/${probe.name}`;
  return { code: "tracefs.no-event", what, why: `${why}: ${probe.costs}`, remedy: null };
}

/**
 * Whether a task name can be written in a filter. Its language has no escapes (kernel/trace/trace_events_filter.c
 * parse_pred): no quote can stand in a quoted string, and only plain characters are taken alike by all kernels.
 */
export function canFilterBy(comm: Untrusted): boolean {
  return /^[\w .,:;/@%+=()<>{}#~^$&|-]{1,15}$/.test(comm);
}

/** The filter that passes exits of 32-bit programs with these names. The names must have passed `canFilterBy`. */
export function filter32(comms: readonly Untrusted[], arch: string = process.arch): string {
  const calls = (EXITS_32[arch] ?? []).map((id) => `id == ${id}`).join(" || ");
  const names = comms.map((comm) => `comm == "${comm}"`).join(" || ");
  return `(${calls}) && (${names})`;
}
