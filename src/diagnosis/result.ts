import type { Footing } from "../model/footing.ts";
import type { PastExperiment } from "../model/past-experiment.ts";
import type { Evidence } from "../model/evidence.ts";
import type { Untrusted } from "../model/text.ts";
import type { Abi } from "../model/events.ts";
import type { HiddenLook, HiddenProcess } from "../model/hidden.ts";
import type { Identity } from "../identity/types.ts";
import type { Container, Unit } from "../platform/container.ts";
import type { Restart } from "../supervisors/types.ts";

export type { ElfFacts, FileFacts, Identity, IdentityVerdict, Owner, Reason } from "../identity/types.ts";
export type { Restart } from "../supervisors/types.ts";

/** Name of this result's schema. Changes are additive only; a change of meaning would get a new number. */
export const SCHEMA = "whoforks/diagnosis/1";

export const STORM_KINDS = [
  "self-replicating-chain",
  "fork-bomb",
  "respawn-loop",
  "crash-loop",
  "cron-storm",
  "timer-storm",
  "shell-loop",
  "polling-agent",
  "login-storm",
  "connection-storm",
  "health-check-storm",
  "container-restart-loop",
  "watchdog-pair",
  "udev-storm",
  "thread-churn",
  "zombie-accumulation",
  "build",
  "wrapper-explosion",
  "unclassified",
] as const;
export type StormKind = (typeof STORM_KINDS)[number];

export type Confidence = "high" | "medium" | "low";
export type Outcome = "healthy" | "benign" | "storm" | "inconclusive";

/** A sentence to be: its code in the message catalogue and what goes into it. */
export interface Message {
  code: string;
  args: Record<string, unknown>;
}

/** The answer to `diagnose`: the one object that every report is made from. Reports compute nothing. */
export interface Diagnosis {
  schema: typeof SCHEMA;
  tool: { name: "whoforks"; version: string };
  host: Host;
  window: { start: string | null; seconds: number };
  sources: SourceAccount[];
  symptom: Symptom;
  storms: Storm[];
  restarts: Restart[];
  identities: Identity[];
  verdict: {
    outcome: Outcome;
    code: string;
    args: Record<string, unknown>;
    confidence: Confidence;
    storm: string | null;
    /** The run was interrupted: this is what had been seen by then. Absent: it was not. */
    partial?: true;
  };
  chain: (Message & { evidence: Evidence[] })[];
  advice: Advice[];
  couldNotLook: {
    code: string;
    what: string;
    why: string;
    remedy: string | null;
    /** Numbers that `why` gives in words. */
    args?: Readonly<Record<string, number>>;
  }[];
  /**
   * Processes that live and that /proc does not show: [] looked and found none; null could not look (`couldNotLook` says
   * why), or nothing to look at (logs).
   */
  hidden?: HiddenProcess[] | null;
  /** How they were looked for; null: not at all. */
  hiddenLook?: HiddenLook | null;
  /** What the tool and the host's own tools stand on, of a live run; null: not looked at. Absent in older results. */
  footing?: Footing | null;
  /** The newest experiment that is over (`whoforks prove`) about one of the storms; null: there is none, or no live run. */
  experiment: (PastExperiment & { storm: string }) | null;
  cost: { cpuSeconds: number; wallSeconds: number; peakRssBytes: number };
}

/** The examined host; null where the evidence does not tell. */
export interface Host {
  hostname: Untrusted | null;
  kernel: string | null;
  machine: string | null;
  os: Untrusted | null;
  cpus: number | null;
  bootedAt: string | null;
}

export interface SourceAccount {
  kind: string;
  path?: Untrusted;
  events: number;
  lost: number | null;
  skipped: number;
  note?: string;
  /** The first three records that could not be understood. */
  examples?: { locator: string; why: string; quote: Untrusted }[];
}

/** Who accounts for the busy CPUs. Shares are of what was busy, 0..1. */
export interface CpuSum {
  explained: number;
  unexplained: number;
  /**
   * `living`: living programs themselves; `storms`: the dead of the storms found; `other-dead`: other children that living
   * processes were charged for. Parts of less than one percent are left out.
   */
  parts: { of: "living" | "storms" | "other-dead" | "kernel-threads" | "interrupts"; cpus: number; share: number }[];
}

export interface Symptom {
  /** Shares of all CPUs, 0..1. */
  cpu: { user: number; system: number; idle: number; iowait: number; steal: number } | null;
  /** CPUs busy, and the part that named programs account for. */
  busyCpus: number | null;
  explainedCpus: number | null;
  /** Both sides of that sum; null where the CPUs were hardly busy or nothing tells. */
  sum?: CpuSum | null;
  /**
   * False: most of what ran was so short-lived that the kernel's clock ticks, by which user and system time are told
   * apart, do not meet it fairly.
   */
  splitReliable?: boolean;
  /** Who had the CPUs in short recordings of every context switch, the dead included; null when none was made. */
  recorded?: {
    seconds: number;
    /** When each part began and ended, seconds of the window. */
    spans?: [number, number][];
    busyCpus: number;
    /** CPUs that never switched, so that nobody knows who ran on them. */
    unknownCpus: number;
    lost: number | null;
    programs: { pid: number | null; comm: Untrusted; exe: Untrusted | null; cpus: number; processes: number }[];
  } | null;
  forksPerSecond: number;
  execsPerSecond: number;
  exitsPerSecond: number;
  /** Execs and forks that failed; null where the sources do not tell. Absent: a result of an older version. */
  failedExecsPerSecond?: number | null;
  failedForksPerSecond?: number | null;
  /** cpuShare 1 = one CPU. */
  topLiving: { pid: number; comm: Untrusted; exe: Untrusted | null; cpuShare: number }[];
  /** PID 1's share of one CPU, or null. */
  pid1CpuShare: number | null;
  /** CPUs that PID 1 was charged for children that it waited for, its own and those handed to it. */
  pid1ReapedCpus?: number | null;
}

/** What one source says about the CPU of a storm's processes. */
export interface CpuCheck {
  /**
   * `sched_switch`: a short recording of all context switches; `cgroup`: the usage of their cgroup without the others
   * that live in it; `waiter`: what the process that waits for them was charged for, and the living members.
   */
  from: "sched_switch" | "cgroup" | "waiter";
  cpus: number;
  /** `upper`: others are in it; `lower`: some are missing. */
  bound: "exact" | "upper" | "lower";
  /** The cgroup's path. */
  cgroup?: Untrusted;
}

/** `sigchld-ignored`: the kernel charges nobody; `reaped-by-another`: a double fork, charged to that one. */
export type CpuHole = "sigchld-ignored" | "reaped-by-another";

export interface Storm {
  /** `storm-1`, the worst first. */
  id: string;
  kind: StormKind;
  program: { exe: Untrusted | null; comm: Untrusted; root: string };
  processes: number;
  perSecond: number;
  peakAlive: number;
  lifetimeMs: { p50: number; p99: number } | null;
  /** CPUs burned by its processes, dead ones included. */
  cpus: number | null;
  /** Which source `cpus` is from; null when nothing tells. Absent: an account of an older version. */
  cpusFrom?: CpuCheck["from"] | null;
  /** What each source says, the chosen one first. */
  cpuChecks?: CpuCheck[];
  /** CPUs that the living which start and reap its processes used themselves: not part of `cpus`. */
  startersCpus?: number | null;
  /** Why what its parents were charged for is not all, or is another's. */
  cpuHoles?: CpuHole[];
  /** Cgroup of its processes, of the hierarchy that tells most; null when it is not known. Absent: an older version. */
  cgroup?: Untrusted | null;
  /** The container that it runs in; null: in none, as far as is known. */
  container?: Container | null;
  /** What systemd calls that cgroup; null: nothing. */
  unit?: Unit | null;
  /** `namespacePid`: its number in its own PID namespace, where that differs; else null. */
  spawner: { pid: number; exe: Untrusted | null; comm: Untrusted; namespacePid?: number | null } | null;
  reaper: {
    pid: number;
    exe: Untrusted | null;
    comm: Untrusted;
    cpuShare: number | null;
    namespacePid?: number | null;
  } | null;
  generations: { depth: number; branching: number } | null;
  intervalMs: { p50: number; variation: number } | null;
  gapMs: { p50: number } | null;
  exits: { code: number | null; signal: string | null; count: number }[];
  abi: Abi | null;
  repeats: string[] | null;
  /**
   * With which arguments its processes were executed, the most frequent first. `cut`: later arguments are missing, or the
   * ends of long ones. Processes whose arguments are unknown are in none.
   */
  commands?: { argv: Untrusted[]; count: number; cut: boolean }[];
  /** Execs whose arguments are known, of all by its processes. */
  argvKnown?: { known: number; of: number };
  /** Execs of its processes that failed, mostly in a PATH search, and forks; null where the sources do not tell. */
  failedExecs?: number | null;
  failedForks?: number | null;
  benign: boolean;
  confidence: Confidence;
  /** What speaks for this kind and against it, as messages. */
  reasons: (Message & { weighs: "for" | "against" })[];
  evidence: Evidence[];
}

export interface Advice extends Message {
  safety: "safe" | "needs-review" | "destructive";
  command: string[] | null;
  undo: string[] | null;
}
