import { expect, it } from "vitest";
import { Meter } from "../../../src/experiment/meter.ts";
import { movedTo } from "../../../src/experiment/judge.ts";
import { Stream } from "../../support/storms.ts";

it("counts starts of one program and of the others in bins of the events' own time", () => {
  const meter = new Meter(({ exe }) => exe === "/usr/bin/atd");
  const stream = new Stream((event) => meter.onEvent(event));
  stream.seen(1, null, "/sbin/init");
  stream.seen(500, 1, "/usr/bin/superd");
  // Half a second at 100 a second, then nothing of it, and another program in its place.
  for (let at = 0; at < 50; at++) {
    stream.run(500, "/usr/bin/atd", 2000);
    stream.wait(10_000 - 2020);
  }
  for (let at = 0; at < 50; at++) {
    stream.run(500, "/usr/bin/other", 2000);
    stream.wait(10_000 - 2020);
  }
  meter.until(1.05);
  expect(meter.known).toBeCloseTo(1, 6);
  expect(meter.starts(0, 0.5)).toHaveLength(5);
  expect(meter.rates(0, 0.5).perSecond).toBeCloseTo(100, -1);
  expect(meter.rates(0.5, 1)).toMatchObject({ perSecond: 0 });
  expect(meter.rates(0.5, 1).othersPerSecond).toBeCloseTo(100, -1);
  // Bins that are not whole do not count.
  expect(meter.starts(0.05, 0.25)).toHaveLength(1);

  const free = meter.othersIn([{ from: 0, to: 0.5 }]);
  const moved = [...meter.othersIn([{ from: 0.5, to: 1 }])].map(([name, { program, perSecond }]) => ({
    exe: program.exe,
    comm: program.comm,
    freePerSecond: free.get(name)?.perSecond ?? 0,
    heldPerSecond: perSecond,
  }));
  const baseline = { seconds: 1, perSecond: 100, low: 90, high: 110, othersPerSecond: 0, busyCpus: null };
  expect(movedTo(moved, baseline).map(({ exe }) => exe)).toEqual(["/usr/bin/other"]);
});
