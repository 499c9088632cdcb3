import type { State } from "./result.ts";

/** Seconds. A slot is measured for at least this long, and for no longer than that. */
export const SHORTEST_SLOT = 0.3;
export const LONGEST_SLOT = 120;
/** Starts that a slot is made long enough for. */
const STARTS_EXPECTED = 20;
/** Of the baseline's mean, what every stretch as long as a slot has at least: else a pause of its own looks like an effect. */
const STEADY = 0.5;

/**
 * Which slots are held: pairs of one held and one free, each pair in an order of its own that a coin decides. The coin is
 * what the test rests on: a storm that rises and falls by itself cannot know it (Edgington and Onghena, Randomization
 * Tests, 2007, ch. 11: single-case designs). `coin` gives true or false with the same probability.
 */
export function schedule(pairs: number, coin: () => boolean): State[] {
  return Array.from({ length: pairs }, (): State[] => (coin() ? ["held", "free"] : ["free", "held"])).flat();
}

/**
 * Length of a slot in bins, chosen from the baseline alone: the shortest, doubling, over which the storm is steady and
 * starts often enough. `starts`: starts in each bin. Null: steady at no length that fits twice into the baseline.
 */
export function slotBins(starts: readonly number[], binSeconds: number): number | null {
  const mean = total(starts) / Math.max(1, starts.length);
  if (mean <= 0) return null;
  for (let bins = Math.ceil(SHORTEST_SLOT / binSeconds); bins * 2 <= starts.length; bins *= 2) {
    if (bins * binSeconds > LONGEST_SLOT) return null;
    const { low } = band(starts, bins);
    if (low >= STEADY * mean && mean * bins >= STARTS_EXPECTED) return bins;
  }
  return null;
}

/** Least and greatest mean number of starts in a bin over any `length` bins in a row. */
export function band(starts: readonly number[], length: number): { low: number; high: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  let sum = 0;
  for (const [at, value] of starts.entries()) {
    sum += value - (at >= length ? (starts[at - length] as number) : 0);
    if (at < length - 1) continue;
    low = Math.min(low, sum / length);
    high = Math.max(high, sum / length);
  }
  return Number.isFinite(low) ? { low, high } : { low: 0, high: 0 };
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
