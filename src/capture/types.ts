import type { EventSink } from "../model/events.ts";
import type { CpuSlices } from "../model/cpu.ts";
import type { OpenRecordReader } from "./audit/reader.ts";
import type { PageTee } from "../ftrace/trace-dat/tee.ts";
import type { HiddenAccount } from "../model/hidden.ts";
import type { SourceLedger } from "../model/ledger.ts";
import type { Untrusted } from "../model/text.ts";

export type { CouldNotLook } from "../model/could-not-look.ts";
export type { HostFacts, ProcFacts, Snapshot } from "../model/snapshot.ts";
import type { CouldNotLook } from "../model/could-not-look.ts";
import type { HostFacts, Snapshot } from "../model/snapshot.ts";

/** A source of live kernel events. */
export interface Observer {
  readonly kind: "tracefs" | "netlink" | "audit";
  /** CLOCK_MONOTONIC nanoseconds that are time 0 of the events. */
  readonly originNs: number;
  /** Longer than this it does not observe, because of what it costs the host; seconds. Not given: no bound. */
  readonly mostSeconds?: number;
  /** What this kernel cannot tell although the observer runs, e.g. exit codes where an event is missing. */
  readonly limits: readonly CouldNotLook[];
  /** Reads what the kernel has by now and passes on the events that are old enough to be in order. Never blocks. Returns their number. */
  poll(): number;
  /** Also reports exit codes of 32-bit programs with these task names (the per-call tracepoints do not see 32-bit calls). */
  watch32Bit(comms: readonly Untrusted[]): void;
  /** Events lost so far; null when that cannot be told. */
  losses(): number | null;
  /** A living process was met; `program` tells its program from others. Its C library is then known to the observer too. */
  met(pid: number, program: string): void;
  /** Stops tracing, delivers the rest, removes everything it made on the host, and gives the account. Idempotent. */
  stop(): SourceLedger;
}

/** What `observe` is asked to do. */
export interface ObserveOptions {
  sink: EventSink;
  /**
   * `tracefs`, `netlink`, `audit`: only that source of kernel events. `proc`: none. Without it the best there is: tracefs,
   * else for root the proc connector, else a window of audit records, else /proc alone.
   */
  source?: "tracefs" | "netlink" | "audit" | "proc";
  /** Reads audit records. Without it there is no source `audit`. */
  openAuditReader?: OpenRecordReader;
  /** Beside another source of kernel events: arguments and instruction sets from a window of audit records. */
  withAudit?: boolean;
  /** Gets the raw pages of the trace as they are read, where the source is tracefs. */
  tee?: PageTee;
  /** Called once with the living, before any event is passed on. */
  begin?(before: Snapshot): void;
  /** Upper bound of the window, seconds. */
  seconds: number;
  /**
   * Asked about ten times a second, from the start on, with the seconds of the window up to which events have been read
   * (but for those that are held back for less than 0.1 s); true ends the window early, once no recording is under way.
   */
  enough(seconds: number): boolean;
  /** Aborted by Ctrl-C: the window ends, everything is removed. */
  signal: AbortSignal;
  /** Called about ten times a second with the seconds gone. */
  progress?(seconds: number): void;
  /** Called in pauses: work that may take so many milliseconds, and delays nothing then. */
  idle?(ms: number): void;
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
  /** Who had the CPUs in a short recording within the window; null where nothing stormed or it could not be made. */
  cpu: CpuSlices | null;
  /** Program → cgroup (key of `Snapshot.cgroups`, null: the root) → its processes met there while they lived. */
  cgroupsOf: ReadonlyMap<Untrusted, ReadonlyMap<Untrusted | null, number>>;
  /** Processes that live and that /proc does not show; null: they could not be looked for, `couldNotLook` says why. */
  hidden: HiddenAccount | null;
  /** True when Ctrl-C ended it. */
  interrupted: boolean;
}
