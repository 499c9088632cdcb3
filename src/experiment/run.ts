import { judge, isBack, isRefuted, movedTo, type Ending, type Trial } from "./judge.ts";
import { measureBaseline, untilKnown } from "./baseline.ts";
import { schedule } from "./schedule.ts";
import type { Baseline, Judgement, Moved, Slot, State } from "./result.ts";

/** What an experiment is made on: the host through the meter, or a simulation. Times are seconds of one clock. */
export interface Bench {
  /** Length of a bin. */
  readonly binSeconds: number;
  now(): number;
  /** Up to when it is known what was started. */
  known(): number;
  /** Waits until that moment; false: interrupted, at once. */
  wait(until: number): Promise<boolean>;
  /** Starts of the storm's program in each whole bin between two moments. */
  starts(from: number, to: number): number[];
  rates(
    from: number,
    to: number,
  ): { seconds: number; perSecond: number; othersPerSecond: number; busyCpus: number | null };
  /** What other programs started in the free stretches and in the held ones. */
  others(free: readonly Stretch[], held: readonly Stretch[]): Moved[];
  /** Puts the intervention into effect, and takes it back. False: it did not take. */
  hold(): Promise<boolean>;
  release(): Promise<boolean>;
}

export interface Stretch {
  from: number;
  to: number;
}

export interface Design {
  pairs: number;
  /** The first baseline, seconds, and the longest that is waited for where the storm is slow or unsteady. */
  baselineSeconds: number;
  longestBaseline: number;
  /** Time after each change that does not count: what it takes to take effect and to come back. */
  settleSeconds: number;
  remainder: number;
  slows?: boolean;
  coin: () => boolean;
  onProgress?: (done: number, of: number, state: State | "baseline") => void;
}

export interface Measured {
  baseline: Baseline | null;
  slotSeconds: number | null;
  slots: Slot[];
  moved: Moved[];
  judgement: Judgement;
}

/** Looks for something worse while it is held, this often and over so long. */
const WATCH_SECONDS = 0.3;
/** Times the highest rate of the baseline, of all programs together, from which it is worse. */
const WORSE = 2;

/**
 * Baseline, then held and free slots in random order, then a free one: what was measured, and what it proves. Whatever
 * happens the intervention is taken back before it returns; when `release` fails the caller has to know by itself.
 */
export async function experiment(bench: Bench, design: Design): Promise<Measured> {
  const run = new Run(bench, design);
  const ending = await run.all();
  return run.result(ending);
}

class Run {
  readonly #bench: Bench;
  readonly #design: Design;
  readonly #stretches: (Stretch & { state: State })[] = [];
  #baseline: Baseline | null = null;
  #begin = 0;
  #end = 0;
  #slotSeconds: number | null = null;
  #lastFree: number | null = null;
  #held = false;
  #mostOfAll = 0;
  #worse = 0;

  constructor(bench: Bench, design: Design) {
    this.#bench = bench;
    this.#design = design;
  }

  async all(): Promise<Ending> {
    const unfit = await this.#measureBaseline();
    if (unfit !== null) return unfit;
    try {
      return await this.#slots();
    } finally {
      if (this.#held) await this.#bench.release();
    }
  }

  result(ending: Ending): Measured {
    const { pairs, remainder, slows = false } = this.#design;
    const baseline = this.#baseline;
    const slots = this.#stretches.map((stretch) => this.#slotOf(stretch));
    const of = (state: State): Stretch[] => this.#stretches.filter((one) => one.state === state);
    const free = [{ from: this.#begin, to: this.#end }, ...of("free")];
    const moved =
      baseline === null || of("held").length === 0 ? [] : movedTo(this.#bench.others(free, of("held")), baseline);
    const trial: Trial = { baseline, slots, pairs, remainder, slows, moved, lastFree: this.#lastFree, ending };
    return { baseline, slotSeconds: this.#slotSeconds, slots, moved, judgement: judge(trial) };
  }

  async #measureBaseline(): Promise<Ending | null> {
    const { pairs, onProgress } = this.#design;
    const measured = await measureBaseline(this.#bench, this.#design, () => onProgress?.(0, 2 * pairs, "baseline"));
    const { baseline } = measured;
    this.#begin = measured.from;
    this.#end = measured.to;
    this.#baseline = baseline;
    this.#slotSeconds = measured.slotSeconds;
    if (baseline !== null) this.#mostOfAll = baseline.high + baseline.othersPerSecond;
    return measured.unfit;
  }

  async #slots(): Promise<Ending> {
    const { pairs, settleSeconds, coin, onProgress } = this.#design;
    const length = this.#slotSeconds as number;
    const states = schedule(pairs, coin);
    let judged = 0;
    for (const [at, state] of states.entries()) {
      onProgress?.(at, states.length, state);
      const begin = this.#turn();
      if (!(await this.#switch(state === "held"))) return "not-applied";
      // The same time for both, so that when a slot is measured depends on nothing that the storm does.
      const from = this.#wholeBin(Math.max(begin + settleSeconds, this.#bench.now()));
      const stopped = await this.#measure(state, from, from + length);
      if (stopped !== null) return stopped;
      this.#stretches.push({ from, to: from + length, state });
      for (; judged < this.#stretches.length; judged++) {
        const one = this.#stretches[judged] as Stretch & { state: State };
        if (one.to > this.#bench.known()) break;
        if (one.state === "free" && !this.#isBack(one)) return this.#afterHolding(judged) ? "did-not-return" : "ended";
        if (this.#wasWorse(one)) {
          await this.#switch(false);
          return "worse";
        }
        if (judged % 2 === 1 && isRefuted(this.#stretches.slice(0, judged + 1).map((each) => this.#slotOf(each))))
          return "complete";
      }
    }
    const begin = this.#turn();
    if (!(await this.#switch(false))) return "not-applied";
    const from = this.#wholeBin(Math.max(begin + settleSeconds, this.#bench.now()));
    if (!(await untilKnown(this.#bench, from + length))) return "interrupted";
    this.#lastFree = this.#bench.rates(from, from + length).perSecond;
    const late = this.#stretches.findIndex((one) => one.state === "free" && !this.#isBack(one));
    if (late >= 0) return this.#afterHolding(late) ? "did-not-return" : "ended";
    return "complete";
  }

  /** Waits until a slot is over; while it is held, looks whether it has become worse. */
  async #measure(state: State, from: number, to: number): Promise<Ending | null> {
    const bench = this.#bench;
    while (bench.now() < to - 1e-6) {
      const next = state === "held" ? Math.min(to, bench.now() + WATCH_SECONDS) : to;
      if (!(await bench.wait(next))) return "interrupted";
      if (state === "held" && this.#isWorse(from)) {
        await this.#switch(false);
        return "worse";
      }
    }
    return null;
  }

  #isWorse(since: number): boolean {
    const to = this.#bench.known();
    if (to - since < WATCH_SECONDS - 1e-6) return false;
    return this.#isTooMuch({ from: to - WATCH_SECONDS, to });
  }

  /** A short slot is over before what happened in it is known. Twice in a row, and not in between: else it is others' doing. */
  #wasWorse(stretch: Stretch & { state: State }): boolean {
    const isTooMuch = this.#isTooMuch(stretch);
    if (stretch.state === "held") this.#worse = isTooMuch ? this.#worse + 1 : 0;
    else if (isTooMuch) this.#worse = 0;
    return this.#worse === 2;
  }

  #isTooMuch({ from, to }: Stretch): boolean {
    const { perSecond, othersPerSecond } = this.#bench.rates(from, to);
    return perSecond + othersPerSecond > WORSE * this.#mostOfAll + 20;
  }

  async #switch(held: boolean): Promise<boolean> {
    if (this.#held === held) return true;
    // Before it is tried: what took half way has to be taken back as well.
    this.#held = true;
    const done = await (held ? this.#bench.hold() : this.#bench.release());
    this.#held = held || !done;
    return done;
  }

  /** When the last slot was over, where this program woke up in time: a few milliseconds later cost a whole bin. */
  #turn(): number {
    const { binSeconds } = this.#bench;
    const now = this.#bench.now();
    const end = this.#stretches.at(-1)?.to ?? Number.NEGATIVE_INFINITY;
    return now - end < binSeconds / 2 ? end : now;
  }

  /** The next moment at which a bin begins: none of a slot is cut off. */
  #wholeBin(moment: number): number {
    const { binSeconds } = this.#bench;
    return Math.ceil(moment / binSeconds - 1e-6) * binSeconds;
  }

  #isBack({ from, to }: Stretch): boolean {
    return this.#baseline !== null && isBack(this.#bench.rates(from, to).perSecond, this.#baseline);
  }

  /** Whether anything was held just before this slot. */
  #afterHolding(at: number): boolean {
    return this.#stretches[at - 1]?.state === "held";
  }

  #slotOf({ from, to, state }: Stretch & { state: State }): Slot {
    const { seconds, perSecond, othersPerSecond, busyCpus } = this.#bench.rates(from, to);
    return { at: from, seconds, state, perSecond, othersPerSecond, busyCpus };
  }
}
