import type { EventSink } from "../model/events.ts";
import type { SourceLedger } from "../model/ledger.ts";
import type { Untrusted } from "../model/text.ts";

/** Facts about one living process, from /proc/PID. Times are clock ticks turned into seconds. */
export interface ProcFacts {
  pid: number;
  ppid: number;
  comm: Untrusted;
  /** R, S, D, Z, T, I, … */
  state: string;
  /** Seconds after boot, 10 ms steps: with `pid` the identity of the process. */
  startedAfterBoot: number;
  /** CPU seconds of its own. */
  utime: number;
  stime: number;
  /** CPU seconds of the children it has waited for. */
  cutime: number;
  cstime: number;
  kernelThread: boolean;
  /** /proc/PID/exe, or null (kernel thread, no permission, gone meanwhile). " (deleted)" is left as the kernel writes it. */
  exe: Untrusted | null;
  /** First 4 KiB of /proc/PID/cmdline split at NUL, or null when unreadable. */
  argv: Untrusted[] | null;
  /** Cgroup path of the unified hierarchy or of the name=systemd one, or null. */
  cgroup: Untrusted | null;
  mountNamespace: string | null;
  pidNamespace: string | null;
  /** Its number in its own (innermost) PID namespace: last field of NSpid. */
  namespacePid: number;
}

/** All living processes and the CPU counters at one moment. */
export interface Snapshot {
  /** CLOCK_MONOTONIC, nanoseconds. */
  monotonicNs: number;
  /** ms since 1970. */
  epochMs: number;
  /** Seconds of all CPUs since boot (/proc/stat, first line). */
  cpu: { user: number; system: number; idle: number; iowait: number; steal: number };
  /** Tasks created since boot (/proc/stat `processes`; threads count too). */
  forks: number;
  processes: Map<number, ProcFacts>;
}

export interface HostFacts {
  hostname: Untrusted;
  kernel: string;
  machine: string;
  /** PRETTY_NAME of os-release, or null. */
  os: Untrusted | null;
  cpus: number;
  /** ISO 8601 UTC. */
  bootedAt: string;
}

/** Something that could not be observed, why, and the command that would allow it (null: nothing would). */
export interface CouldNotLook {
  code: string;
  what: string;
  why: string;
  remedy: string | null;
}

/** A source of live kernel events. */
export interface Observer {
  readonly kind: "tracefs";
  /** CLOCK_MONOTONIC nanoseconds that are time 0 of the events. */
  readonly originNs: number;
  /** Reads what the kernel has by now and passes on the events that are old enough to be in order. Never blocks. Returns their number. */
  poll(): number;
  /** Also reports exit codes of 32-bit programs with these task names (the per-call tracepoints do not see 32-bit calls). */
  watch32Bit(comms: readonly Untrusted[]): void;
  /** Stops tracing, delivers the rest, removes everything it made on the host, and gives the account. Idempotent. */
  stop(): SourceLedger;
}

/** What `observe` is asked to do. */
export interface ObserveOptions {
  sink: EventSink;
  /** Upper bound of the window, seconds. */
  seconds: number;
  /** Asked about ten times a second after the first 0.5 s; true ends the window early. */
  enough(): boolean;
  /** Aborted by Ctrl-C: the window ends, everything is removed. */
  signal: AbortSignal;
  /** Called about ten times a second with the seconds gone. */
  progress?(seconds: number): void;
}

/** What was observed. Events went to the sink; everything else is here. */
export interface Observation {
  host: HostFacts;
  /** Start of the window, ms since 1970. */
  startEpochMs: number;
  seconds: number;
  sources: SourceLedger[];
  before: Snapshot;
  after: Snapshot;
  couldNotLook: CouldNotLook[];
  /** True when Ctrl-C ended it. */
  interrupted: boolean;
}
