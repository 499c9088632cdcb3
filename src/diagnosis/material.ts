import type { Derived } from "../derive/index.ts";
import type { Known } from "../detect/types.ts";
import type { Footing } from "../model/footing.ts";
import type { PastExperiment } from "../model/past-experiment.ts";
import type { CpuSlices } from "../model/cpu.ts";
import type { HiddenAccount } from "../model/hidden.ts";
import type { ListeningLook } from "../model/listening.ts";
import type { SourceLedger } from "../model/ledger.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { Untrusted } from "../model/text.ts";
import type { Lookup, LookupAnswers, RecordedAnswer } from "./lookup.ts";
import type { Diagnosis, Host } from "./result.ts";

/** Everything a diagnosis rests on, whether it was observed live or read from files. */
export interface Material {
  version: string;
  host: Host;
  /** Start of the window, ms since 1970, and its length in seconds. */
  window: { startEpochMs: number | null; seconds: number };
  sources: SourceLedger[];
  /**
   * Nanoseconds a tick of the evidence's clock; null: its records have no times, so that event times only keep the order.
   * Absent: a millisecond for logs, and exact for a live run.
   */
  stampNs?: number | null;
  derived: Derived;
  /** Where several hosts' records are in the evidence: each host's own part of `derived`. Storms do not span hosts. */
  parts?: readonly Derived[];
  known: Known;
  /** The living before and after the window; null for logs. */
  live: {
    before: Snapshot;
    after: Snapshot;
    /** A short recording of all context switches; null or absent when none was made. */
    slices?: CpuSlices | null;
    /** Program → cgroup → processes of it met there (see `Observation.cgroupsOf`). */
    cgroupsOf?: ReadonlyMap<Untrusted, ReadonlyMap<Untrusted | null, number>>;
    /** Program → the calls that its generations repeat, by a short look at them. */
    repeats?: ReadonlyMap<Untrusted, readonly Untrusted[]>;
    /** On which sockets those listen who start many processes. Absent: nobody looked. */
    listening?: ListeningLook;
  } | null;
  /** Processes that /proc did not show; null: could not look. Absent: nobody looked, as for logs. */
  hidden?: HiddenAccount | null;
  /** What the tool stands on; absent or null: not looked at. */
  footing?: Footing | null;
  /** Experiments on this host that are over, the newest first. */
  experiments?: readonly PastExperiment[];
  /** Facts that a reader found notable: `audit.fork-by-32-bit`, … */
  remarks: { code: string; args: Record<string, unknown> }[];
  couldNotLook: Diagnosis["couldNotLook"];
  lookup: Lookup;
  /** Answers of an earlier run: `lookup` then only says where roots lay, and nothing of this host is read. */
  recorded?: LookupAnswers;
  /** Gets every answer as it is found, to keep it. */
  onAnswer?(answer: RecordedAnswer): void;
  /** No source could tell who forks; only counters were read. */
  countersOnly: { forksPerSecond: number } | null;
  interrupted: boolean;
  /** What the run has cost so far. */
  cost(): Diagnosis["cost"];
}
