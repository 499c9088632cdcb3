import { describe, expect, test } from "vitest";
import { BusyProbes } from "../../../src/capture/calls/busy-probes.ts";

/** Hits per probe and births within one stretch. */
function stretch(busy: BusyProbes, hits: readonly number[], births: number, until: number): number[] {
  for (const [probe, count] of hits.entries()) for (let n = 0; n < count; n++) busy.hit(probe);
  for (let n = 0; n < births; n++) busy.born();
  return busy.tooBusy(until);
}

describe("probes that are hit too often", () => {
  test("one that is hit all the time is named once; its neighbours stay", () => {
    const busy = new BusyProbes(3, 10);
    expect(stretch(busy, [5, 900, 3], 1, 10.2)).toEqual([1]);
    // What was still in the buffers.
    expect(stretch(busy, [5, 900, 3], 1, 10.4)).toEqual([]);
  });

  test("one that each process makes a few times stays, however many processes there are", () => {
    const busy = new BusyProbes(2, 0);
    expect(stretch(busy, [300, 3100], 100, 0.5)).toEqual([]);
    expect(stretch(busy, [300, 3300], 100, 1)).toEqual([1]);
  });

  test("all together are bounded too: the busiest go first", () => {
    const busy = new BusyProbes(4, 0);
    expect(stretch(busy, [900, 800, 700, 10], 500, 0.1)).toEqual([0]);
  });

  test("a burst is no habit: nothing is judged before a tenth of a second", () => {
    const busy = new BusyProbes(1, 0);
    expect(stretch(busy, [150], 0, 0.01)).toEqual([]);
    expect(stretch(busy, [10], 0, 0.1)).toEqual([]);
  });

  test("a quiet stretch forgives the one before", () => {
    const busy = new BusyProbes(1, 0);
    expect(stretch(busy, [190], 0, 0.1)).toEqual([]);
    expect(stretch(busy, [190], 0, 0.2)).toEqual([]);
  });
});
