import { repetitionOf, type CallSequence } from "../derive/repetition.ts";
import type { CallKind } from "../model/calls.ts";
import type { Generations, Variant } from "./result.ts";
import type { Sequence } from "./sequence.ts";
import type { Steps } from "./steps.ts";

/** Different sequences that are kept; of a program that never does the same twice the rest is only counted. */
const MOST_VARIANTS = 512;
const TOLD = 3;

interface Kept {
  sequence: Sequence;
  loose: string;
  count: number;
}

/** How often whole lives of one program made which sequence. */
export class Variants {
  whole = 0;
  readonly #kept = new Map<string, Kept>();
  readonly #loose = new Map<string, number>();
  #others = 0;

  /** One whole life. */
  add(sequence: Sequence): void {
    this.whole++;
    const loose = sequence.loose();
    const key = sequence.exact();
    const kept = this.#kept.get(key);
    if (kept !== undefined) kept.count++;
    else if (this.#kept.size < MOST_VARIANTS) this.#kept.set(key, { sequence, loose, count: 1 });
    else this.#others++;
    if (this.#loose.has(loose) || this.#loose.size < MOST_VARIANTS)
      this.#loose.set(loose, (this.#loose.get(loose) ?? 0) + 1);
  }

  /** The common sequence and what differs from it; null when no life was whole. */
  told(kind: CallKind, steps: Steps): Generations | null {
    const [common, ...rest] = [...this.#kept.values()].sort((a, b) => b.count - a.count);
    if (common === undefined) return null;
    return {
      calls: kind,
      whole: this.whole,
      repeating: common.count,
      repeatingLoosely: this.#loose.get(common.loose) ?? common.count,
      sequence: described(common.sequence, steps),
      cutCalls: cutCalls(common.sequence),
      every: repetitionOf([...this.#kept.values()].map((one) => named(one, steps)))?.calls ?? [],
      variants: rest.slice(0, TOLD).map((variant) => differing(variant, common, steps)),
      otherVariants: Math.max(0, rest.length - TOLD) + this.#others,
    };
  }
}

function described(sequence: Sequence, steps: Steps): Generations["sequence"] {
  return sequence.steps.map((step, at) => steps.described(step, sequence.times[at] as number));
}

function named({ sequence, count }: Kept, steps: Steps): CallSequence {
  return { calls: sequence.steps.map((step) => steps.callName(steps.callOf(step)).name), count };
}

function cutCalls(sequence: Sequence): number {
  return sequence.length - sequence.times.reduce((sum, times) => sum + times, 0);
}

/** Where a variant leaves the common sequence, by the first run that is not the same. */
function differing(variant: Kept, common: Kept, steps: Steps): Variant {
  const [a, b] = [common.sequence, variant.sequence];
  let at = 0;
  while (at < a.steps.length && a.steps[at] === b.steps[at] && a.times[at] === b.times[at]) at++;
  const described1 = (of: Sequence): Variant["instead"] =>
    at < of.steps.length ? steps.described(of.steps[at] as number, of.times[at] as number) : null;
  return { count: variant.count, calls: b.length, at, common: described1(a), instead: described1(b) };
}
