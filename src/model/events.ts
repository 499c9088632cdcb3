import type { Untrusted } from "./text.ts";

/**
 * Time of an event: nanoseconds since the origin of its stream (the start of a capture, the first record of a log).
 * A double holds this exactly for 104 days; nanoseconds since 1970 would not fit.
 */
export type Nanoseconds = number;

/** Everything that any source can tell about processes. PIDs are those of the initial PID namespace unless said otherwise. */
export type ProcessEvent =
  ForkEvent | ForkFailedEvent | ExecEvent | ExitEvent | ChildSignalEvent | SeenEvent | ImageEvent | ServiceEvent;

/** A process (or thread) was created. */
export interface ForkEvent {
  type: "fork";
  ts: Nanoseconds;
  /** The process that called fork, vfork, clone or clone3. */
  pid: number;
  /** Name of the caller's task (15 bytes, settable by itself); "" when the source does not tell. */
  comm: Untrusted;
  /** The new process, or null when the source cannot tell its number in the initial PID namespace. */
  child: number | null;
  /**
   * The number that the call returned, when it may be one of the caller's own PID namespace
   * (`exit=` of audit records, audit-kernel#68). Never to be taken as `child` without a check.
   */
  childClaim: number | null;
  /** True when the new task is a thread of the caller (CLONE_THREAD), not a process. */
  thread: boolean;
  /** The reader worked out from names and order who forked it: the source does not say so. */
  inferred?: boolean;
  /** The line of its file that says so, from 1, for sources that are text. */
  line?: number;
}

/** A call of fork, vfork, clone or clone3 made no process and no thread: the pids limit of a cgroup, RLIMIT_NPROC, no memory. */
export interface ForkFailedEvent {
  type: "fork-failed";
  ts: Nanoseconds;
  /** The process that called. */
  pid: number;
  comm: Untrusted;
  /** The negative errno: -11 (EAGAIN) at a limit, -12 (ENOMEM). */
  error: number;
}

/** A process replaced its program, or tried to. */
export interface ExecEvent {
  type: "exec";
  ts: Nanoseconds;
  pid: number;
  /** Parent, when the source tells it, else null. */
  ppid: number | null;
  /** Task name after the exec; "" when the source does not tell. */
  comm: Untrusted;
  /**
   * The file executed, as named in the call; relative names are possible. "" when only the task name is known, or where it
   * failed.
   */
  exe: Untrusted;
  /** The arguments as given in the call, or null when unknown. */
  argv: Untrusted[] | null;
  /** True when `argv` is not all: later arguments are missing, or the ends of long ones. */
  argvCut?: boolean;
  /** 0, or the negative errno of an exec that failed (a PATH search, a missing program). */
  error: number;
}

/** A process ended (`thread: true`: only one of its threads did). */
export interface ExitEvent {
  type: "exit";
  ts: Nanoseconds;
  pid: number;
  comm: Untrusted;
  /** Exit status 0..255, or null when unknown or when a signal ended it. */
  code: number | null;
  /** The signal that ended it, or null. */
  signal: number | null;
  thread: boolean;
  /** The calls of its whole life in order, where the source records calls and the life was short. One array for all equal lives. */
  calls?: readonly Untrusted[];
}

/** The kernel sent SIGCHLD: names the process that is handed a dead child, i.e. the reaper. */
export interface ChildSignalEvent {
  type: "child-signal";
  ts: Nanoseconds;
  /** The child whose end (or handing over) caused it. */
  pid: number;
  /** Receiver of the SIGCHLD. */
  reaper: number;
  reaperComm: Untrusted;
  /** si_code: 1 exited, 2 killed, 3 dumped core (CLD_*, include/uapi/asm-generic/siginfo.h); 0: the source does not tell. */
  code: number;
}

/** A record mentions a process without it being created or ending there: names its parent and program. */
export interface SeenEvent {
  type: "seen";
  ts: Nanoseconds;
  pid: number;
  ppid: number | null;
  comm: Untrusted;
  /** Its program's file, or null when unknown. */
  exe: Untrusted | null;
  /** ABI of the system call that was recorded, when the source tells. */
  abi: Abi | null;
  /** Task numbers of its other threads, when the source tells. */
  threads?: readonly number[];
  /** Its mount namespace (`mnt:[4026531840]`), when the source tells. */
  mountNamespace?: string | null;
  /** Its root directory as seen from outside, when the source tells: "/" but for a chroot. */
  root?: Untrusted | null;
  /** What is mounted there (as `ProcFacts.rootMount`), when the source tells. */
  rootMount?: Untrusted | null;
}

/** The program behind a living process was looked up (`/proc/PID/exe`). */
export interface ImageEvent {
  type: "image";
  ts: Nanoseconds;
  pid: number;
  comm: Untrusted;
  /** As seen from the process's own root: the prefix of a chroot is taken off. */
  exe: Untrusted;
  /** Mount namespace (`mnt:[4026531840]`), or null. */
  mountNamespace: string | null;
  /** ELF class of the file, or null when it could not be read in time. */
  bits: 32 | 64 | null;
  /** Its root directory as seen from outside: "/" but for a chroot. Absent: not looked at. */
  root?: Untrusted;
  /** What is mounted there (as `ProcFacts.rootMount`). Absent: not looked at. */
  rootMount?: Untrusted | null;
  /** Its cgroup (as `ProcFacts.cgroup`), or null when it was gone by then. Absent: not looked at. */
  cgroup?: Untrusted | null;
}

/** A service manager said that it started or stopped a unit (audit SERVICE_START / SERVICE_STOP). */
export interface ServiceEvent {
  type: "service";
  ts: Nanoseconds;
  unit: Untrusted;
  action: "start" | "stop";
  /** False when the record says `res=failed`. */
  ok: boolean;
}

/** Instruction set of a program. `machine` is i386, x86_64, x32, aarch64, arm, ppc64, s390x, riscv64 or another name. */
export interface Abi {
  machine: string;
  bits: 32 | 64;
}

/** Receives events in time order. */
export type EventSink = (event: ProcessEvent) => void;
