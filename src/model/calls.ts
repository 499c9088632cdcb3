import type { Untrusted } from "./text.ts";

/** Which interface of a program a call goes through: the kernel's, or a shared library's. */
export type CallKind = "system" | "library";

/** A system call or a function of a library, by name. */
export interface CallName {
  kind: CallKind;
  /** `fork`, `exit_group`, `getpwnam`; `syscall_777` for a number that no table has. */
  name: Untrusted;
  /** The library's file for `library`, else null. */
  library: Untrusted | null;
}

/**
 * Takes calls, and what happens to the processes that make them, in time order. Times are nanoseconds since the
 * source's origin. PIDs are those of processes in the initial PID namespace; `task` tells the thread that called.
 */
export interface CallSink {
  /** A small number for a call, the same each time; to be kept by the source, since calls come by the hundred thousand. */
  call(name: CallName): number;
  /** A process that lives already when the recording begins. */
  known(pid: number, exe: Untrusted | null, comm: Untrusted): void;
  /** A process was forked. It bears `comm`, its parent's name. */
  born(ts: number, parent: number, child: number, comm: Untrusted): void;
  /** A process executed a file. */
  execed(ts: number, pid: number, file: Untrusted): void;
  /** A process is dead. `signal`: what ended it; 0: it exited, or nobody knows. */
  ended(ts: number, pid: number, comm: Untrusted, signal: number): void;
  /** A call began. `argument`: the low 32 bits of its first one. */
  entered(ts: number, pid: number, task: number, call: number, argument: number): void;
  /** A call is not recorded any more, since it was made too often: what was told of it is half the truth. */
  dropped(call: number): void;
  /** The call that this task made last came back. `result`: the low 32 bits; -4095..-1 is a negative errno. */
  returned(ts: number, pid: number, task: number, result: number): void;
}
