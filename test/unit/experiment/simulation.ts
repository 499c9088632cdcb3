import type { Bench } from "../../../src/experiment/run.ts";

/** A storm to be held: starts in each bin of a tenth of a second, given the time and whether it is held. */
export type Simulated = (second: number, held: boolean) => number;

/** A bench without a host: a clock that is advanced, and a storm that is a function of it. */
export function simulate(storm: Simulated, others: Simulated = () => 1): Bench & { held: boolean; holds: number } {
  const bins: { starts: number; others: number; held: boolean }[] = [];
  const binSeconds = 0.1;
  const between = (from: number, to: number): typeof bins =>
    bins.slice(Math.ceil(from / binSeconds - 1e-6), Math.floor(to / binSeconds + 1e-6));
  const mean = (from: number, to: number, of: "starts" | "others"): number => {
    const some = between(from, to);
    return some.reduce((sum, bin) => sum + bin[of], 0) / Math.max(1, some.length) / binSeconds;
  };
  const over = (stretches: readonly { from: number; to: number }[]): number =>
    stretches.reduce((sum, { from, to }) => sum + mean(from, to, "others"), 0) / Math.max(1, stretches.length);
  return {
    binSeconds,
    held: false,
    holds: 0,
    now: () => bins.length * binSeconds,
    known: () => bins.length * binSeconds,
    wait(until) {
      while (bins.length * binSeconds < until - 1e-6) {
        const second = bins.length * binSeconds;
        bins.push({ starts: storm(second, this.held), others: others(second, this.held), held: this.held });
      }
      return Promise.resolve(true);
    },
    starts: (from, to) => between(from, to).map((bin) => bin.starts),
    rates: (from, to) => ({
      seconds: to - from,
      perSecond: mean(from, to, "starts"),
      othersPerSecond: mean(from, to, "others"),
      busyCpus: null,
    }),
    others: (free, held) => [
      { exe: "/usr/bin/other", comm: "other", freePerSecond: over(free), heldPerSecond: over(held) },
    ],
    hold() {
      this.held = true;
      this.holds++;
      return Promise.resolve(true);
    },
    release() {
      this.held = false;
      return Promise.resolve(true);
    },
  };
}
