import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Landmarks } from "../../../src/align/landmarks.ts";
import { offsetBetween } from "../../../src/align/offset.ts";
import type { ProcessEvent } from "../../../src/model/events.ts";

const MS = 1e6;
const SECOND = 1e9;

/** Repeatable noise, 0..1. */
function noise(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

interface Life {
  parent: number;
  pid: number;
  from: number;
  to: number;
}

/** A chain whose numbers come one after the other and return at `pidMax`; `pace` in processes a second. */
function chain(count: number, pace: number, { first = 5000, pidMax = 32_768, seed = 1 } = {}): Life[] {
  const random = noise(seed);
  let at = 0;
  return Array.from({ length: count }, (_, n) => {
    at += (SECOND / pace) * (0.5 + random());
    const pid = 300 + ((first + n) % (pidMax - 300));
    return { parent: pid === 300 ? pidMax - 1 : pid - 1, pid, from: at, to: at + 0.7 * MS };
  });
}

/** What a source tells of them, `ns` earlier by its own clock, each event up to `jitter` late. */
function told(lives: readonly Life[], ns = 0, jitter = 0, seed = 7): Landmarks {
  const random = noise(seed);
  const landmarks = new Landmarks();
  const events = lives.flatMap(({ parent, pid, from, to }): ProcessEvent[] => [
    { type: "fork", ts: from - ns + random() * jitter, pid: parent, comm: "", child: pid, childClaim: null, thread: false },
    { type: "exit", ts: to - ns + random() * jitter, pid, comm: "", code: 0, signal: null, thread: false },
  ]); // prettier-ignore
  for (const event of events.sort((a, b) => a.ts - b.ts)) landmarks.note(event);
  return landmarks;
}

describe("the offset between two clocks", () => {
  test("is found from what both tell, with its error, in a storm whose numbers return three times", () => {
    const lives = chain(100_000, 5000);
    const offset = offsetBetween(told(lives), told(lives, 12.345 * SECOND, 2 * MS), 1);
    expect(offset?.ns).toBeGreaterThan(12.344 * SECOND - 2 * MS);
    expect(offset?.ns).toBeLessThan(12.346 * SECOND);
    expect(offset?.errorNs).toBeLessThanOrEqual(2 * MS);
    expect(Math.abs((offset?.ns ?? 0) - 12.345 * SECOND)).toBeLessThanOrEqual(2 * MS);
    expect(offset?.matched).toBeGreaterThan(1000);
    expect([offset?.firstInSecond, offset?.secondInFirst]).toEqual([1, 1]);
  });

  test("a source that sees one process in ten, for a part of the time, is found in one that sees all", () => {
    const lives = chain(20_000, 1000);
    const part = lives.slice(4000, 12_000).filter((_, n) => n % 10 === 0);
    const offset = offsetBetween(told(lives), told(part, 4 * SECOND, MS), 1);
    expect(Math.abs((offset?.ns ?? 0) - 4 * SECOND)).toBeLessThanOrEqual(MS);
    expect(offset?.secondInFirst).toBe(1);
    expect(offset?.firstInSecond).toBeCloseTo(0.1, 1);
  });

  test("a clock of whole seconds still tells, to half a second", () => {
    const lives = chain(2000, 100);
    const coarse = lives.map((life) => ({ ...life, from: Math.floor(life.from / SECOND) * SECOND, to: Math.floor(life.to / SECOND) * SECOND })); // prettier-ignore
    const offset = offsetBetween(told(lives), told(coarse, 3 * SECOND), SECOND);
    expect(Math.abs((offset?.ns ?? 0) - 3.5 * SECOND)).toBeLessThanOrEqual(offset?.errorNs ?? 0);
    expect(offset?.errorNs).toBeLessThanOrEqual(0.6 * SECOND);
  });

  test("two hosts that give out the same numbers at their own pace have no offset", () => {
    for (const seed of [2, 3, 4, 5, 6])
      expect(offsetBetween(told(chain(20_000, 1000)), told(chain(20_000, 700, { seed })), 1)).toBeNull();
  });

  test("streams with a few facts in common, or none, have no offset", () => {
    expect(offsetBetween(told(chain(1000, 100)), told(chain(1000, 100, { first: 20_000 })), 1)).toBeNull();
    expect(offsetBetween(told(chain(3, 100)), told(chain(3, 100)), 1)).toBeNull();
    expect(offsetBetween(new Landmarks(), new Landmarks(), 1)).toBeNull();
  });

  test("is the same, turned round, from the other side (property)", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1000, max: 1000 }), fc.nat(1000), fc.integer({ min: 20, max: 400 }), (ms, seed, count) => {
        const lives = chain(count, 200, { seed });
        const [a, b] = [told(lives), told(lives, ms * MS, MS, seed)];
        const there = offsetBetween(a, b, 1);
        const back = offsetBetween(b, a, 1);
        expect(Math.abs((there?.ns ?? 0) - ms * MS)).toBeLessThanOrEqual(MS);
        expect(Math.abs((there?.ns ?? 0) + (back?.ns ?? 0))).toBeLessThanOrEqual(MS);
      }),
      { numRuns: 30 },
    ); // prettier-ignore
  });
});

describe("landmarks", () => {
  test("are bounded, and two streams keep those of the same processes", () => {
    const lives = chain(200_000, 5000, { pidMax: 4_194_304 });
    const all = told(lives);
    const half = told(lives.slice(0, 90_000));
    expect(all.facts.size).toBeLessThanOrEqual(16_384);
    expect(all.facts.size).toBeGreaterThan(3000);
    const oneIn = Math.max(all.oneIn, half.oneIn);
    const kept = all.thinned(oneIn);
    for (const fact of half.thinned(oneIn).keys()) expect(kept.has(fact)).toBe(true);
  });
});
