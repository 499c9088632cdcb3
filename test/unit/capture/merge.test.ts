import * as fc from "fast-check";
import { expect, test } from "vitest";
import { releasable, takeInOrder } from "../../../src/ftrace/merge.ts";
import { RecordQueue } from "../../../src/ftrace/record-queue.ts";

test("records of all CPUs come in time order, none before its time and none lost, whatever the cuts", () => {
  const cpus = fc.array(fc.array(fc.nat(50), { maxLength: 3000 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(cpus, fc.integer({ min: 1, max: 700 }), (gaps, cut) => {
      const streams = gaps.map((list) => {
        let ts = 0;
        return list.map((gap) => (ts += gap));
      });
      const queues = streams.map(() => new RecordQueue());
      const got: number[] = [];
      const take = (queue: RecordQueue, at: number): void => {
        expect(queue.text[at]).toBe(`t${queue.ts[at]}`);
        got.push(queue.ts[at] as number);
      };
      const longest = Math.max(...streams.map((stream) => stream.length));
      for (let from = 0; from < longest; from += cut) {
        streams.forEach((stream, cpu) => {
          for (const ts of stream.slice(from, from + cut)) queues[cpu]?.push(ts, 1, cpu, 0, 0, `t${ts}`);
        });
        // Here no CPU was ever read to its end: each is known up to its newest record.
        const limit = releasable(
          queues,
          queues.map(() => Number.NEGATIVE_INFINITY),
          0,
        );
        takeInOrder(queues, limit, take);
        expect(got.at(-1) ?? Number.NEGATIVE_INFINITY).toBeLessThanOrEqual(limit);
      }
      takeInOrder(queues, Number.POSITIVE_INFINITY, take);
      expect(got).toEqual(streams.flat().sort((a, b) => a - b));
    }),
    { numRuns: 60 },
  );
});

test("an idle CPU holds the others back only for the hold-back time", () => {
  const busy = new RecordQueue();
  const idle = new RecordQueue();
  busy.push(1000, 1, 1, 0, 0, "");
  expect(releasable([busy, idle], [2000, 2000], 100)).toBe(1900);
  expect(releasable([busy, idle], [2000, Number.NEGATIVE_INFINITY], 100)).toBe(Number.NEGATIVE_INFINITY);
});
