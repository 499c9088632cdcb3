import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { experiment, type Design, type Measured } from "../../../src/experiment/run.ts";
import { band, schedule, slotBins } from "../../../src/experiment/schedule.ts";
import { simulate, type Simulated } from "./simulation.ts";

/** A generator of pseudo-random numbers (mulberry32), so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function design(seed: number, changes: Partial<Design> = {}): Design {
  const next = random(seed);
  return {
    pairs: 8,
    baselineSeconds: 2,
    longestBaseline: 10,
    settleSeconds: 0.2,
    remainder: 0.1,
    coin: () => next() < 0.5,
    ...changes,
  };
}

async function tried(
  storm: Simulated,
  seed = 1,
  others?: Simulated,
): Promise<Measured & { left: boolean; holds: number }> {
  const bench = simulate(storm, others);
  const measured = await experiment(bench, design(seed));
  return { ...measured, left: bench.held, holds: bench.holds };
}

/** Poisson numbers of starts. */
function noisy(seed: number, rate: (second: number, held: boolean) => number): Simulated {
  const next = random(seed);
  return (second, held) => {
    const limit = Math.exp(-Math.min(500, rate(second, held) * 0.1));
    let count = -1;
    for (let product = 1; product > limit; product *= next()) count++;
    return count;
  };
}

describe("the experiment", () => {
  it("proves what stops the storm and lets it come back", async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const { judgement, left, slots } = await tried(
        noisy(seed, (_, held) => (held ? 0 : 300)),
        seed,
      );
      expect(judgement, `${seed}`).toMatchObject({ outcome: "proven", errorRate: 1 / 256 });
      expect(slots).toHaveLength(16);
      expect(left).toBe(false);
    }
  });

  it("proves it also where others take half of the CPU for a quarter of the time: that is not the storm's end", async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const next = random(-seed);
      const busy = Array.from({ length: 100 }, () => next() < 0.25);
      const rate = (second: number): number => (second > 2 && busy[Math.floor(second / 0.4)] === true ? 125 : 250);
      const { judgement } = await tried(
        noisy(seed, (second, held) => (held ? 0 : rate(second))),
        seed,
      );
      expect(judgement.outcome, `${seed}`).toBe("proven");
    }
  });

  it("refutes what changes nothing, before all slots are spent", async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const { judgement, slots } = await tried(
        noisy(seed, () => 200),
        seed,
      );
      expect(judgement.outcome, `${seed}`).toBe("refuted");
      expect(slots.length).toBeLessThan(16);
    }
  });

  it("never proves a storm that rises and falls by itself, in bursts, waves, steps or at random", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.constantFrom("wave", "bursts", "steps", "antiphase", "late", "dwindling"),
        fc.double({ min: 0.2, max: 8, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (seed, shape, period, phase) => {
          const next = random(seed);
          const levels = Array.from({ length: 1000 }, () => next());
          const at = (second: number): number => second / period + phase;
          const shapes: Record<string, (second: number) => number> = {
            wave: (second) => 150 + 149 * Math.sin(2 * Math.PI * at(second)),
            bursts: (second) => ((at(second) * 10) % 10 < 3 ? 400 : 2),
            steps: (second) => ((levels[Math.floor(at(second)) % 1000] as number) < 0.5 ? 5 : 300),
            // As long as a slot with its pause.
            antiphase: (second) => (Math.floor(second / 0.5 + phase) % 2 === 0 ? 300 : 0),
            // Steady for as long as the baseline lasts.
            late: (second) => (second < 2 || (levels[Math.floor(at(second)) % 1000] as number) < 0.5 ? 300 : 3),
            // To a share on either side of what counts as back.
            dwindling: (second) => (at(second) < 2 ? 300 : 300 * (0.05 + phase / 2)),
          };
          const { judgement, left } = await tried(noisy(seed, shapes[shape] as () => number), seed);
          expect(judgement.outcome).not.toBe("proven");
          expect(left).toBe(false);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("never proves a storm that ends by itself, whenever it does, and whatever is held", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.double({ min: 0.5, max: 10, noNaN: true }),
        fc.boolean(),
        async (seed, end, cause) => {
          const { judgement, left } = await tried(
            noisy(seed, (second, held) => (second > end || (cause && held) ? 0 : 250)),
            seed,
          );
          expect(judgement.outcome).not.toBe("proven");
          expect(left).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("says what would decide it where the storm ended, pauses, is not there, moved or got worse", async () => {
    const code = async (storm: Simulated, others?: Simulated): Promise<string> => {
      const { judgement } = await tried(storm, 3, others);
      expect(judgement.decide?.code).toMatch(/^experiment\.decide\./);
      return judgement.code.replace("experiment.inconclusive.", "");
    };
    expect(await code(() => 0)).toBe("no-storm");
    expect(await code((second) => (Math.floor(second * 2) % 20 === 0 ? 90 : 0))).toBe("unsteady");
    expect(["ended", "did-not-return"]).toContain(await code((second) => (second < 5 ? 30 : 0)));
    expect(await code((_, held) => (held ? 12 : 30))).toBe("partly");
    expect(
      await code(
        (_, held) => (held ? 0 : 30),
        (_, held) => (held ? 30 : 1),
      ),
    ).toBe("moved");
    expect(await code((_, held) => (held ? 120 : 30))).toBe("worse");
    // It stops for good when it is held: what held it may have ended it.
    let ended = false;
    const endsWhenHeld: Simulated = (_, held) => {
      ended ||= held;
      return ended ? 0 : 30;
    };
    expect(await code(endsWhenHeld)).toBe("did-not-return");
  });

  it("says of less CPU what it shows: proven where hardly anything is left, an effect where something is, and never refuted", async () => {
    const codes = async (left: number): Promise<Set<string>> => {
      const seen = new Set<string>();
      for (let seed = 1; seed <= 10; seed++) {
        const bench = simulate(noisy(seed, (_, held) => (held ? 300 * left : 300)));
        const { judgement } = await experiment(bench, design(seed, { slows: true }));
        const { code, errorRate, decide } = judgement;
        expect(errorRate).toBe(code.endsWith("not-slowed") ? null : 1 / 256);
        expect(decide?.code ?? null).toBe(code === "experiment.proven-by-cpu" ? null : "experiment.decide.freeze");
        seen.add(code.replace("experiment.", ""));
      }
      return seen;
    };
    expect(await codes(0.02)).toEqual(new Set(["proven-by-cpu"]));
    expect(await codes(0.4)).toEqual(new Set(["inconclusive.slowed"]));
    expect(await codes(1)).toEqual(new Set(["inconclusive.not-slowed"]));
  });

  it("takes back at once what makes it worse, and what was interrupted", async () => {
    let heldSeconds = 0;
    const worse = await tried((_, held) => {
      if (held) heldSeconds += 0.1;
      return held ? 200 : 30;
    });
    expect(worse.left).toBe(false);
    expect(worse.holds).toBe(1);
    expect(heldSeconds).toBeLessThan(0.85);

    const bench = simulate((_, held) => (held ? 0 : 30));
    const interrupted = {
      ...bench,
      wait: (until: number) => (bench.held ? Promise.resolve(false) : bench.wait(until)),
    };
    interrupted.hold = () => bench.hold();
    interrupted.release = () => bench.release();
    const { judgement } = await experiment(interrupted, design(1));
    expect(judgement.code).toBe("experiment.inconclusive.interrupted");
    expect(bench.held).toBe(false);
  });

  it("takes back what did not take", async () => {
    const bench = simulate(() => 30);
    let released = 0;
    bench.hold = () => Promise.resolve(false);
    bench.release = () => Promise.resolve(++released > 0);
    const { judgement } = await experiment(bench, design(1));
    expect(judgement.code).toBe("experiment.inconclusive.not-applied");
    expect(released).toBe(1);
  });
});

describe("the schedule", () => {
  it("holds one of each pair, by the coin alone", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 16 }), (coins) => {
        const states = schedule(
          coins.length,
          (() => {
            const left = [...coins];
            return () => left.shift() === true;
          })(),
        );
        expect(states).toHaveLength(2 * coins.length);
        for (const [at, coin] of coins.entries())
          expect(states.slice(2 * at, 2 * at + 2)).toEqual(coin ? ["held", "free"] : ["free", "held"]);
      }),
    );
  });

  it("makes slots long enough for a slow storm and for its pauses", () => {
    expect(
      slotBins(
        Array.from({ length: 20 }, () => 30),
        0.1,
      ),
    ).toBe(3);
    expect(
      slotBins(
        Array.from({ length: 100 }, () => 2),
        0.1,
      ),
    ).toBe(12);
    // Half a second of pause in each second: only over whole seconds is it steady.
    const pausing = Array.from({ length: 100 }, (_, at) => (at % 10 < 5 ? 60 : 0));
    expect(slotBins(pausing, 0.1)).toBe(12);
    expect(
      slotBins(
        Array.from({ length: 20 }, () => 0),
        0.1,
      ),
    ).toBeNull();
    expect(slotBins([...Array.from({ length: 10 }, () => 30), ...Array.from({ length: 10 }, () => 0)], 0.1)).toBeNull();
  });

  it("knows the noise band", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(50), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 60 }),
        (starts, length) => {
          if (length > starts.length) return;
          const means = starts.slice(length - 1).map((_, at) => {
            const part = starts.slice(at, at + length);
            return part.reduce((sum, value) => sum + value, 0) / length;
          });
          const { low, high } = band(starts, length);
          expect(low).toBeCloseTo(Math.min(...means), 9);
          expect(high).toBeCloseTo(Math.max(...means), 9);
        },
      ),
    );
  });
});
