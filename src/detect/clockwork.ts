import type { Distribution } from "../derive/distribution.ts";

/** Fewer intervals say nothing about a pace. */
const MIN_INTERVALS = 4;
/** Of the intervals, what must be a period or, for several starts at one tick, next to nothing: a busy host delays some ticks. */
const NEARLY_ALL = 0.8;

/**
 * The period (ns) with which something starts by the clock, and how many start at each tick in one go. Null for what
 * has no even pace: of intervals as random arrivals have them (exponential) about two in three lie in the two bands.
 */
export function paceOf(interval: Distribution): { period: number; perTick: number } | null {
  if (interval.count < MIN_INTERVALS) return null;
  // Not the longest: a late tick or two are no other pace.
  const tick = interval.quantile(interval.count < 20 ? 0.85 : 0.95) as number;
  const period = interval.shareBetween(0.7 * tick, 1.4 * tick);
  const atOnce = interval.shareBetween(0, 0.25 * tick);
  // More than eight starts a tick, and the period is rarer than what disturbs it.
  if (period < 1 / 8 || period + atOnce < NEARLY_ALL) return null;
  return { period: interval.quantile(1 - period / 2) as number, perTick: 1 / period };
}
