import type { CouldNotLook } from "../model/could-not-look.ts";
import type { Untrusted } from "../model/text.ts";

/** Name of this result's schema. Changes are additive only. */
export const SCHEMA = "whoforks/experiment/1";

/** From mild to strong: the order in which they are chosen. */
export const INTERVENTION_KINDS = [
  "cpu-weight",
  "cpu-limit",
  "freeze",
  "stop-process",
  "stop-unit",
  "mask-unit",
  "disable-line",
  "quarantine",
] as const;
export type InterventionKind = (typeof INTERVENTION_KINDS)[number];

/** A sentence to be: its code in the message catalogue and what goes into it. */
export interface Sentence {
  code: string;
  args: Record<string, unknown>;
}

/** What an intervention does and what takes it back, before anything is done. */
export interface PlanStep {
  effect: Sentence;
  undo: Sentence;
  /** The same by hand; null where no command does it. */
  command: Untrusted[] | null;
  undoCommand: Untrusted[] | null;
}

export interface Plan {
  kind: InterventionKind;
  /** What is held: a process, a unit, a line, a file. */
  target: Untrusted;
  steps: PlanStep[];
  /** Pairs of one stretch held and one left free, in random order. */
  pairs: number;
  /** About how long it takes, seconds; the baseline decides. */
  seconds: number;
  /** Probability of a false proof: 2^-pairs at the most. */
  errorRate: number;
  /** One boot with it, one without, one with it again: `pairs` and `errorRate` are 1 then. */
  acrossReboot?: true;
}

/** `free`: the storm is left alone. `held`: the intervention is in effect. */
export type State = "free" | "held";

/** One stretch of the experiment, without the time that it took to take effect. */
export interface Slot {
  /** Seconds since the measurement began. */
  at: number;
  seconds: number;
  state: State;
  /** Starts of the storm's program a second. */
  perSecond: number;
  /** Starts of all other programs a second. */
  othersPerSecond: number;
  /** CPUs of the host that were busy; null: not known. */
  busyCpus: number | null;
}

export interface Baseline {
  seconds: number;
  perSecond: number;
  /** Lowest and highest rate over any stretch as long as a slot: the noise band. */
  low: number;
  high: number;
  othersPerSecond: number;
  busyCpus: number | null;
}

/** A program that started more while the storm was held: the storm under another name. */
export interface Moved {
  exe: Untrusted | null;
  comm: Untrusted;
  freePerSecond: number;
  heldPerSecond: number;
}

export const OUTCOMES = ["proven", "refuted", "inconclusive", "planned"] as const;

export interface Judgement {
  outcome: "proven" | "refuted" | "inconclusive";
  code: string;
  args: Record<string, unknown>;
  /** Probability that an intervention without any effect gives this by chance, at the most; null unless it has an effect. */
  errorRate: number | null;
  /** What would decide it; null where it is decided. */
  decide: Sentence | null;
}

/** With the file where it was, without it after a boot, and with it again after another. */
export const BOOT_STATES = ["with", "without", "with-again"] as const;

/** What was measured in one boot. */
export interface BootStretch {
  state: (typeof BOOT_STATES)[number];
  seconds: number;
  perSecond: number;
  othersPerSecond: number;
  busyCpus: number | null;
}

/** The answer of `prove`. Reports compute nothing. */
export interface Experiment {
  schema: typeof SCHEMA;
  tool: { name: "whoforks"; version: string };
  /** Names the journal of this run; null where nothing was done. */
  id: string | null;
  storm: { kind: string; exe: Untrusted | null; comm: Untrusted; root: Untrusted } | null;
  plan: Plan | null;
  baseline: Baseline | null;
  slotSeconds: number | null;
  slots: Slot[];
  /** Means over the slots; null where there was none of a kind. */
  effect: {
    freePerSecond: number;
    heldPerSecond: number;
    freeBusyCpus: number | null;
    heldBusyCpus: number | null;
  } | null;
  moved: Moved[];
  /** The boots that were measured, of an experiment across them; absent: it was none. */
  boots?: BootStretch[];
  verdict: Omit<Judgement, "outcome"> & { outcome: (typeof OUTCOMES)[number] };
  /** Why the intervention could not be made, or did not take; null: it did, or none was tried. */
  because: Sentence | null;
  /** Whether all is as it was; `remaining`: what is left to do by hand. */
  undone: { ok: boolean; remaining: { effect: Sentence | null; why: Sentence; commands: Untrusted[][] }[] };
  couldNotLook: CouldNotLook[];
}

/** Means over the slots of each kind; null where there was none of a kind. */
export function effectOf(slots: Experiment["slots"]): Experiment["effect"] {
  const of = (state: "free" | "held"): Experiment["slots"] => slots.filter((slot) => slot.state === state);
  const [free, held] = [of("free"), of("held")];
  if (free.length === 0 || held.length === 0) return null;
  const rate = (some: Experiment["slots"]): number => some.reduce((sum, slot) => sum + slot.perSecond, 0) / some.length;
  const cpus = (some: Experiment["slots"]): number | null => {
    const known = some.map((slot) => slot.busyCpus).filter((one) => one !== null);
    return known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0) / known.length;
  };
  return { freePerSecond: rate(free), heldPerSecond: rate(held), freeBusyCpus: cpus(free), heldBusyCpus: cpus(held) };
}
