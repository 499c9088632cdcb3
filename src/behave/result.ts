import type { CallKind } from "../model/calls.ts";
import type { SourceLedger } from "../model/ledger.ts";
import type { HostFacts } from "../model/snapshot.ts";
import type { Untrusted } from "../model/text.ts";

/** Ways to see calls: the words of `--with`. */
export type Way = "tracepoints" | "uprobes" | "strace" | "ltrace";

/** One call of a sequence, made `times` times in a row. */
export interface Step {
  call: Untrusted;
  /** Of exit and exit_group: the code that was given. */
  exitCode: number | null;
  /** `ENOENT`, or null when the call went well or its result is not known. */
  error: string | null;
  /** The process ended within the call. */
  unfinished: boolean;
  times: number;
}

/** What some generations do instead of the common sequence, from its run number `at` on. */
export interface Variant {
  /** Generations that do this. */
  count: number;
  /** Calls in all that one of them makes. */
  calls: number;
  at: number;
  /** What the common sequence has there; null: it is over. */
  common: Step | null;
  instead: Step | null;
}

/** The calls of the whole lives of a program: those whose birth and death were both seen. */
export interface Generations {
  calls: CallKind;
  whole: number;
  /** Of these, how many make exactly the common sequence. */
  repeating: number;
  /** The same where a call made several times in a row counts as one. */
  repeatingLoosely: number;
  /** The common sequence: its first 96 runs, and how many calls come after them. */
  sequence: Step[];
  cutCalls: number;
  /** Calls that (nearly) every whole life makes, in their order: src/derive/repetition.ts. */
  every: Untrusted[];
  variants: Variant[];
  /** Generations with yet other sequences. */
  otherVariants: number;
}

export interface CallCount {
  kind: CallKind;
  name: Untrusted;
  library: Untrusted | null;
  count: number;
  errors: { error: string; count: number }[];
  /** Wall time between entry and return, all calls together; null where returns are not seen. */
  seconds: number | null;
}

/** What the processes of one program did. */
export interface ProgramBehaviour {
  program: { exe: Untrusted | null; comm: Untrusted };
  /** Processes seen, whole or not. */
  processes: number;
  /** How they ended: by exit, or by a signal (its number; 0: a signal, which one is not known). */
  killed: { signal: number; count: number }[];
  /** The most frequent first. */
  calls: CallCount[];
  generations: Generations[];
}

export interface Target {
  /** The process that was named on the command line. */
  pid: number | null;
  storm: { id: string; kind: string; perSecond: number; benign: boolean } | null;
  program: { exe: Untrusted | null; comm: Untrusted; root: Untrusted };
  abi: { machine: string; bits: 32 | 64 } | null;
}

export type Outcome = "repeats" | "does-not-repeat" | "no-generations" | "no-storm" | "could-not-look";

/** What a source saw and lost. */
export type Source = Omit<SourceLedger, "examples"> & Partial<Pick<SourceLedger, "examples">>;

/** The result of `whoforks behave`; docs/behave.md explains it. */
export interface Behaviour {
  schema: "whoforks/behaviour/1";
  tool: { name: "whoforks"; version: string };
  host: HostFacts;
  window: { start: string; seconds: number };
  with: Way[];
  /** Null when no storm was found to look at. */
  target: Target | null;
  /** The program of the target first, then by the number of processes. */
  programs: ProgramBehaviour[];
  judgement: { outcome: Outcome; code: string; args: Record<string, unknown> };
  sources: Source[];
  couldNotLook: { code: string; what: string; why: string; remedy: string | null }[];
  cost: { cpuSeconds: number; wallSeconds: number; peakRssBytes: number };
}
