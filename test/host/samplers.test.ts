import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UnpackedPackages } from "../support/debian-packages.ts";
import { diagnosed } from "../support/whoforks.ts";
import { besideTool, keepLines } from "./beside-tool.ts";
import { RecordedStorms, RUNS } from "./recorded-storms.ts";
import { cannotRun } from "./tracefs-lab.ts";

const obstacle = cannotRun();

/** Tools that look now and then; neither is installed, because their packages start services. */
describe.skipIf(obstacle !== null)(`what atop and pidstat print${obstacle === null ? "" : ` (${obstacle})`}`, () => {
  let packages: UnpackedPackages;
  let storms: RecordedStorms;
  beforeAll(() => {
    packages = new UnpackedPackages("atop", "sysstat");
    storms = new RecordedStorms();
  }, 120_000);
  afterAll(() => {
    packages.remove();
    storms.remove();
  });

  test("atop -P PRG,PRC as root: every end, its signal, under whom, and how little CPU is told", async (context) => {
    if (packages.missing !== null) context.skip(packages.missing);
    const file = storms.empty("atop");
    await besideTool(
      file,
      [packages.path("usr/bin/atop"), "-P", "PRG,PRC", "1", "60"],
      async () => {
        await storms.run(storms.command("crash"));
        // The sample behind the last end.
        await setTimeout(3000);
      },
      (text) => text.includes("SEP"),
    );
    const text = readFileSync(file, "latin1");
    // Where another atop or acct has the accounting, this one may not turn it on.
    const rows = text.match(/^PRG .* \(wf-worker\) E /gm)?.length ?? 0;
    expect(rows).toBeGreaterThan(0);
    keepLines(file, /^SEP|^RESET|\(wf-/);
    const { result } = await diagnosed(["--from", file]);
    expect(result.sources[0]).toMatchObject({ kind: "atop", skipped: 0 });
    expect(result.verdict).toMatchObject({ outcome: "inconclusive", code: "verdict.inconclusive.reaper-only" });
    expect(result.verdict.args).toMatchObject({ program: "(wf-worker)", killed: rows, exited: null });
    expect(rows).toBeLessThanOrEqual(RUNS);
    const gaps = result.couldNotLook.map(({ code }) => code);
    expect(gaps).toEqual(expect.arrayContaining(["atop.parent-at-end", "atop.cpu-in-ticks"]));
  });

  test.each(["-h -u", "-u -w", "-t", "-H -l"])("pidstat %s: the living, and no word of the storm", async (options) => {
    const file = storms.empty("pidstat");
    await Promise.all([
      storms.run(storms.command("respawn")),
      Promise.resolve().then(() => {
        const { stdout } = spawnSync(packages.path("usr/bin/pidstat"), [...options.split(" "), "1", "2"], {
          encoding: "latin1",
        });
        writeFileSync(file, stdout, "latin1");
      }),
    ]);
    const { result } = await diagnosed(["--from", file]);
    expect(result.sources[0]).toMatchObject({ kind: "pidstat", skipped: 0 });
    expect(result.verdict).toMatchObject({
      outcome: "inconclusive",
      code: "verdict.inconclusive.no-process-records",
    });
    expect(result.couldNotLook.map(({ code }) => code)).toContain("pidstat.living-only");
  });
});
