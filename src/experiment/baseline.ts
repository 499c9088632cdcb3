import type { Ending } from "./judge.ts";
import type { Baseline } from "./result.ts";
import type { Bench, Design, Stretch } from "./run.ts";
import { band, slotBins } from "./schedule.ts";

/** The storm as it is while nothing is held. */
export interface MeasuredBaseline extends Stretch {
  baseline: Baseline | null;
  /** Over how long the storm is steady; null: over no time that fits into it. */
  slotSeconds: number | null;
  /** Why nothing can be concluded from this one; null: it will do. */
  unfit: Ending | null;
}

/** Measures it; longer, where the storm is slow or pauses. `begins` is called before each stretch that is waited for. */
export async function measureBaseline(
  bench: Bench,
  { baselineSeconds, longestBaseline }: Pick<Design, "baselineSeconds" | "longestBaseline">,
  begins: () => void = () => undefined,
): Promise<MeasuredBaseline> {
  const from = bench.now();
  const { binSeconds } = bench;
  let baseline: Baseline | null = null;
  let to = from;
  for (let seconds = baselineSeconds; ; seconds = Math.min(2 * seconds, longestBaseline)) {
    begins();
    if (!(await untilKnown(bench, from + seconds)))
      return { from, to, baseline, slotSeconds: null, unfit: "interrupted" };
    to = from + seconds;
    const starts = bench.starts(from, to);
    const bins = slotBins(starts, binSeconds);
    const { low, high } = band(starts, bins ?? starts.length);
    const { perSecond, othersPerSecond, busyCpus } = bench.rates(from, to);
    baseline = { seconds, perSecond, low: low / binSeconds, high: high / binSeconds, othersPerSecond, busyCpus };
    if (bins !== null) return { from, to, baseline, slotSeconds: bins * binSeconds, unfit: null };
    if (seconds < longestBaseline) continue;
    return { from, to, baseline, slotSeconds: null, unfit: perSecond > 0 ? "unsteady" : "nothing-to-hold" };
  }
}

/** Waits until it is known what was started by then. False: interrupted. */
export async function untilKnown(bench: Bench, moment: number): Promise<boolean> {
  let next = moment;
  while (bench.known() < moment - 1e-6) {
    if (!(await bench.wait(next))) return false;
    next = bench.now() + bench.binSeconds / 4;
  }
  return true;
}
