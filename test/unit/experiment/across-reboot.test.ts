import { describe, expect, it } from "vitest";
import { judgeBoots, movedAcross, type BaselineNote } from "../../../src/experiment/across-reboot.ts";
import { isSameBoot } from "../../../src/platform/boot.ts";

const baseline = { seconds: 2, perSecond: 150, low: 120, high: 180, othersPerSecond: 4, busyCpus: 1.5 };
const boot = { bootId: "a", init: { pid: 1, startTicks: "5" } };
const rate = (perSecond: number): { perSecond: number } => ({ perSecond });
const code = (...args: Parameters<typeof judgeBoots>): string => judgeBoots(...args).code.replace("experiment.", "");

describe("an experiment across boots", () => {
  it("proves what was gone without the file and came back with it, and gives no chance for one boot of each", () => {
    expect(judgeBoots(baseline, rate(0), rate(140), [], 0.1)).toMatchObject({ outcome: "proven", errorRate: null });
  });

  it("proves nothing before the storm came back, nor when it did not", () => {
    expect(code(baseline, rate(0), null, [], 0.1)).toBe("inconclusive.return-untested");
    expect(code(baseline, rate(0), rate(29), [], 0.1)).toBe("inconclusive.not-back-after-boot");
    expect(code(baseline, rate(0), rate(0), [], 0.1)).toBe("inconclusive.not-back-after-boot");
  });

  it("refutes where the storm is there without the file, and tells a part of it", () => {
    for (const again of [null, rate(150)])
      expect(judgeBoots(baseline, rate(120), again, [], 0.1)).toMatchObject({ outcome: "refuted" });
    expect(code(baseline, rate(13), rate(150), [], 0.1)).toBe("inconclusive.partly");
  });

  it("finds the storm under another name in the boot without the file", () => {
    const first: BaselineNote = {
      ...baseline,
      baseline,
      boot,
      others: [{ exe: "/usr/sbin/cron", comm: "cron", perSecond: 1 }],
    };
    const without = {
      ...baseline,
      boot,
      others: [
        { exe: "/tmp/.x", comm: "x", perSecond: 90 },
        { exe: "/usr/sbin/cron", comm: "cron", perSecond: 2 },
      ],
    };
    const moved = movedAcross(first, without);
    expect(moved.map(({ exe }) => exe)).toEqual(["/tmp/.x"]);
    expect(judgeBoots(baseline, rate(0), rate(150), moved, 0.1)).toMatchObject({
      code: "experiment.inconclusive.moved",
      args: { program: "/tmp/.x" },
    });
  });

  it("tells a boot of a container, whose kernel stays, by the life of its init", () => {
    expect(isSameBoot(boot, { ...boot, init: { pid: 1, startTicks: "5" } })).toBe(true);
    expect(isSameBoot(boot, { ...boot, bootId: "b" })).toBe(false);
    expect(isSameBoot(boot, { ...boot, init: { pid: 812, startTicks: "5" } })).toBe(false);
    expect(isSameBoot(boot, { ...boot, init: { pid: 1, startTicks: "77" } })).toBe(false);
  });
});
