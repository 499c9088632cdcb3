import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UnpackedPackages } from "../support/debian-packages.ts";
import { diagnosed } from "../support/whoforks.ts";
import { besideTool, keepLines, withDebugfs } from "./beside-tool.ts";
import { MEMBERS, RecordedStorms, RUNS } from "./recorded-storms.ts";
import { cannotRun } from "./tracefs-lab.ts";

const obstacle = cannotRun();

describe.skipIf(obstacle !== null)(
  `what exitsnoop of libbpf-tools prints${obstacle === null ? "" : ` (${obstacle})`}`,
  () => {
    let packages: UnpackedPackages;
    let storms: RecordedStorms;
    beforeAll(() => {
      packages = new UnpackedPackages("libbpf-tools");
      storms = new RecordedStorms();
    }, 120_000);
    afterAll(() => {
      packages.remove();
      storms.remove();
    });

    /** The verdict of a storm that was recorded: every end is told, and not who forks. */
    async function verdictOf(kind: "chain" | "crash") {
      const file = storms.empty(kind);
      await besideTool(
        file,
        withDebugfs(packages.path("usr/sbin/exitsnoop"), "-t"),
        async () => {
          // It prints its header into a buffer, and attaches within a second or two.
          await setTimeout(3000);
          await storms.run(storms.command(kind));
        },
        () => true,
      );
      keepLines(file, / wf-/);
      const { result } = await diagnosed(["--from", file]);
      expect(result.sources[0]).toMatchObject({ kind: "exitsnoop" });
      expect(result.storms).toEqual([]);
      expect(result.couldNotLook.map(({ code }) => code)).toContain("exitsnoop.parent-at-end");
      expect(result.verdict).toMatchObject({ outcome: "inconclusive", code: "verdict.inconclusive.reaper-only" });
      return result.verdict.args;
    }

    test("a crash loop: which program, how it ends, who is handed the dead", async (context) => {
      if (packages.missing !== null) context.skip(packages.missing);
      const args = await verdictOf("crash");
      expect(args["program"]).toBe("(wf-worker)");
      expect(args["killed"]).toBeGreaterThan(0);
      expect(args["killed"]).toBeLessThanOrEqual(RUNS);
    });

    test("a chain is not taken for a respawn loop of the process that inherits", async (context) => {
      if (packages.missing !== null) context.skip(packages.missing);
      const args = await verdictOf("chain");
      expect(args["program"]).toBe("(wf-chain)");
      expect(args["dead"]).toBeLessThanOrEqual(MEMBERS + 2);
    });
  },
);
