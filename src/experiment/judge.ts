import type { Baseline, Judgement, Moved, Sentence, Slot } from "./result.ts";

/** Why an experiment ended before all its slots, or did not begin. */
export type Ending =
  | "complete"
  /** The baseline had no start of the storm's program. */
  | "nothing-to-hold"
  /** It pauses or is too slow by itself. */
  | "unsteady"
  /** It ended while it was left alone. */
  | "ended"
  /** It was held, let go, and did not come back. */
  | "did-not-return"
  /** Far more was started while it was held. */
  | "worse"
  /** The intervention could not be made, or did not take. */
  | "not-applied"
  | "interrupted";

export interface Trial {
  baseline: Baseline | null;
  slots: readonly Slot[];
  /** Pairs that were planned. */
  pairs: number;
  /** Share of the storm's rate that may be left while it is held, 0..1, for the intervention to count as what stops it. */
  remainder: number;
  moved: readonly Moved[];
  /** Whether it was given less CPU only, so that what is left may be its own all the same. */
  slows?: boolean;
  /** The rate after the last letting go, when it was measured. */
  lastFree: number | null;
  ending: Ending;
}

/** Fewer than this many whole pairs refute nothing. */
export const PAIRS_TO_REFUTE = 4;
/** What is left while it is held, of the whole, that refutes; and in each pair alone. */
export const UNTOUCHED = 0.8;
const UNTOUCHED_EACH = 0.5;
/**
 * Of the noise band's lower end, what a free slot must have for the storm to be back: others may take the CPU for half of a
 * slot, and what has ended has nothing.
 */
const BACK = 0.25;
/** Starts of another program, of the storm's own rate, from which it has moved there. */
const MOVED = 0.3;

/** Whether the storm goes on at this rate. */
export function isBack(perSecond: number, baseline: Baseline): boolean {
  return perSecond > 0 && perSecond >= BACK * baseline.low;
}

/**
 * The rule, as docs/prove.md states it. Proven: all pairs were measured; every held slot has at most `remainder` of the
 * least free slot; every free slot, and the time after the last letting go, has the storm back; nothing else took its
 * place. Were the intervention without effect, the rates would be the same whichever slots the coins chose to hold, and of
 * the 2^pairs choices only one puts the lesser rate of every pair into its held slot: the error rate. Less CPU never refutes. Pure.
 */
export function judge(trial: Trial): Judgement {
  const { baseline, slots, pairs, remainder, moved, ending } = trial;
  if (baseline === null || ending === "nothing-to-hold") return open("no-storm", {}, "observe-longer");
  switch (ending) {
    case "unsteady":
      return open("unsteady", { perSecond: baseline.perSecond }, "longer-baseline");
    case "ended":
      return open("ended", {}, "wait-for-storm");
    case "did-not-return":
      return open("did-not-return", {}, "start-again");
    case "worse":
      return open("worse", {}, "another-target");
    case "not-applied":
      return open("not-applied", {}, "another-target");
    case "interrupted":
      return open("interrupted", {}, "run-whole");
    case "complete":
  }
  const whole = pairsOf(slots);
  const free = whole.map((pair) => pair.free);
  const held = whole.map((pair) => pair.held);
  const freeMean = mean(free);
  const left = freeMean > 0 ? mean(held) / freeMean : 1;
  const slows = trial.slows === true;
  const shown = { left, freePerSecond: freeMean, heldPerSecond: mean(held), pairs: whole.length };
  if (
    whole.length >= PAIRS_TO_REFUTE &&
    left >= UNTOUCHED &&
    whole.every((pair) => pair.held >= UNTOUCHED_EACH * pair.free)
  )
    return slows
      ? open("not-slowed", shown, "freeze")
      : { outcome: "refuted", code: "experiment.refuted", args: shown, errorRate: null, decide: null };
  if (moved.length > 0) {
    const { exe, comm } = moved[0] as Moved;
    return open("moved", { ...shown, program: exe ?? comm }, "what-starts-both");
  }
  const back =
    free.every((rate) => isBack(rate, baseline)) && trial.lastFree !== null && isBack(trial.lastFree, baseline);
  if (whole.length < pairs || !back) return open("did-not-return", {}, "start-again");
  const errorRate = 2 ** -pairs;
  if (Math.max(...held) <= remainder * Math.min(...free))
    return {
      outcome: "proven",
      code: slows ? "experiment.proven-by-cpu" : "experiment.proven",
      args: shown,
      errorRate,
      decide: null,
    };
  if (!slows) return open("partly", shown, "another-target");
  // The lesser rate of every pair is in its held slot: the same test, of the effect alone.
  const isSlowed = left < UNTOUCHED && whole.every((pair) => pair.held < pair.free);
  return isSlowed ? { ...open("slowed", shown, "freeze"), errorRate } : open("not-slowed", shown, "freeze");
}

/** Whether what was measured so far refutes already: more of the same would only cost time. */
export function isRefuted(slots: readonly Slot[]): boolean {
  const whole = pairsOf(slots);
  const sum = (of: "held" | "free"): number => whole.reduce((total, pair) => total + pair[of], 0);
  return (
    whole.length >= PAIRS_TO_REFUTE &&
    sum("held") >= UNTOUCHED * sum("free") &&
    whole.every((pair) => pair.held >= UNTOUCHED_EACH * pair.free)
  );
}

/**
 * Programs that took the storm's place: started far more a second while it was held. `rates`: each program's starts a
 * second in both states.
 */
export function movedTo(rates: Iterable<Moved>, baseline: Baseline): Moved[] {
  return [...rates]
    .filter(({ freePerSecond, heldPerSecond }) => heldPerSecond - 2 * freePerSecond >= MOVED * baseline.perSecond)
    .sort((a, b) => b.heldPerSecond - a.heldPerSecond)
    .slice(0, 5);
}

/** Slots come in pairs; one that is not whole does not count. */
function pairsOf(slots: readonly Slot[]): { free: number; held: number }[] {
  const pairs: { free: number; held: number }[] = [];
  for (let at = 0; at + 1 < slots.length; at += 2) {
    const two = slots.slice(at, at + 2);
    const free = two.find((slot) => slot.state === "free");
    const held = two.find((slot) => slot.state === "held");
    if (free !== undefined && held !== undefined) pairs.push({ free: free.perSecond, held: held.perSecond });
  }
  return pairs;
}

export function open(code: string, args: Record<string, unknown>, decide: string): Judgement {
  const sentence: Sentence = { code: `experiment.decide.${decide}`, args: {} };
  return { outcome: "inconclusive", code: `experiment.inconclusive.${code}`, args, errorRate: null, decide: sentence };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
