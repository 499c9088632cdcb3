import { expect, test } from "vitest";
import { startScenario } from "../../lab/lab.mjs";
import { diagnosed } from "../support/whoforks.ts";
import { until } from "../host/audit-lab.ts";
import { needsLab } from "./needs.ts";

const PROGRAM = "/usr/local/bin/bomb";

test("a fork bomb that sits at its pids limit: nothing is born, but its forks fail, as often as it counts itself", async (context) => {
  needsLab(context);
  // Its members outlive the observation: once they are as many as they may be, no room is made for others.
  const scenario = await startScenario("fork-bomb", { pids: 60, interval: 20, lifetime: 10_000, seconds: 40 });
  const refused = (): number => scenario.truth().refused ?? 0;
  try {
    await until(() => refused() > 500, "the bomb is at its limit");
    const before = refused();
    const looks: { ms: number; count: number }[] = [];
    const timer = setInterval(() => looks.push({ ms: Date.now(), count: refused() }), 20);
    const { exitCode, result } = await diagnosed(["--duration", "4s"]);
    clearInterval(timer);
    const failed = Math.round((result.symptom.failedForksPerSecond ?? 0) * result.window.seconds);
    expect(failed).toBeLessThanOrEqual(refused() - before);
    // Two seconds in the middle of the window: all of these are in it.
    const start = Date.parse(result.window.start ?? "");
    const middle = looks.filter(({ ms }) => ms >= start + 1000 && ms <= start + 3000);
    const least = (middle.at(-1)?.count ?? 0) - (middle[0]?.count ?? 0);
    expect(least).toBeGreaterThan(100);
    expect(failed).toBeGreaterThanOrEqual(least);
    expect(result.sources.find((source) => source.kind === "tracefs")?.lost).toBe(0);
    const storm = result.storms.find(({ program }) => program.exe === PROGRAM);
    // Others of the host may storm as well, and then the verdict is about them.
    if (result.storms.length === 0) {
      expect(exitCode).toBe(3);
      expect(result.verdict).toMatchObject({ code: "verdict.inconclusive.forks-fail", args: { program: PROGRAM } });
    } else if (storm !== undefined) {
      // One of them ended and others came while it was looked at.
      expect(storm.kind).toBe("fork-bomb");
      expect(storm.failedForks).toBeGreaterThanOrEqual(least);
    }
  } finally {
    await scenario.stop();
  }
});
