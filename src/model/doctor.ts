import type { HostFacts } from "./snapshot.ts";

/** What a way of observing gives: the words of `whoforks doctor`. */
export type Gift =
  | "forks"
  | "names"
  | "argv"
  | "exit-codes"
  | "reapers"
  | "cpu-of-dead"
  | "cpu-of-groups"
  | "counts"
  | "system-calls"
  | "library-calls"
  | "stalls"
  | "hidden"
  | "losses-counted";

export type CheckId =
  | "root"
  | "namespaces"
  | "lockdown"
  | "tracefs"
  | "exit-tracepoints"
  | "sched-switch"
  | "uprobes"
  | "eprobes"
  | "netlink"
  | "koffi"
  | "procfs"
  | "hidden"
  | "audit-window"
  | "audit"
  | "ptrace-tools"
  | "cgroup"
  | "psi"
  | "accounting";

/** A sentence of the catalogue, `doctor.note.CODE`, with its arguments. Strings in them are untrusted. */
export interface Note {
  code: string;
  args: Readonly<Record<string, string | number | null>>;
}

/** One way of observing this host, or one thing that such ways depend on. */
export interface Check {
  id: CheckId;
  /** `remark`: usable, but something is worth knowing or missing. */
  state: "usable" | "remark" | "unusable";
  /** What it would give. [] for what only others depend on. */
  gives: readonly Gift[];
  notes: readonly Note[];
  /** True when it is unusable for want of root alone. */
  needsRoot: boolean;
  /** The command that would allow it, and the one that takes that back. */
  command: readonly string[] | null;
  undo: readonly string[] | null;
}

/** What can be observed on this host. */
export interface Examination {
  host: HostFacts;
  /** `root-missing`: it could be diagnosed live by root. */
  live: "yes" | "root-missing" | "no";
  /** The source that a live diagnosis would take (by root, where that is missing). */
  source: "tracefs" | "netlink" | "audit" | null;
  checks: readonly Check[];
}
