import { existsSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UnpackedPackages } from "../support/debian-packages.ts";
import { diagnosed } from "../support/whoforks.ts";
import { besideTool, keepLines, withDebugfs } from "./beside-tool.ts";
import { RecordedStorms, ROUNDS, RUNS } from "./recorded-storms.ts";
import { cannotRun } from "./tracefs-lab.ts";

const obstacle = cannotRun();

describe.skipIf(obstacle !== null)(
  `what execsnoop of libbpf-tools prints${obstacle === null ? "" : ` (${obstacle})`}`,
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

    async function recorded(name: string, options: string[], command: readonly string[]): Promise<string> {
      const file = storms.empty(name);
      const tool = withDebugfs(packages.path("usr/sbin/execsnoop"), ...options);
      // It prints its header into a buffer, and attaches within a second or two.
      await besideTool(
        file,
        tool,
        async () => {
          await setTimeout(3000);
          await storms.run(command);
        },
        () => true,
      );
      return file;
    }

    test("a crash loop: its program, its supervisor, its arguments; how it ends is asked for", async (context) => {
      if (packages.missing !== null) context.skip(packages.missing);
      const file = await recorded("crash", ["-t", "-q"], storms.command("crash"));
      const rows = readFileSync(file, "latin1").match(/^\S+ +wf-worker /gm)?.length ?? 0;
      const { result } = await diagnosed(["--from", file]);
      expect(result.sources[0]).toMatchObject({ kind: "execsnoop" });
      const storm = result.storms.find(({ program }) => program.comm === "wf-worker");
      expect(storm).toMatchObject({ kind: "respawn-loop", spawner: { comm: "wf-superd" } });
      expect(storm?.program.exe).toMatch(/\/wf-worker$/);
      // As many as it printed: it has a bounded buffer.
      expect(storm?.processes).toBe(rows);
      expect(rows).toBeLessThanOrEqual(RUNS);
      expect(storm?.commands?.[0]?.argv.slice(1)).toEqual(["-11"]);
      const gaps = result.couldNotLook.map(({ code }) => code);
      expect(gaps).toEqual(expect.arrayContaining(["execsnoop.no-exits", "execsnoop.no-forks"]));
    });

    test("without times: what is started most often, and by whom; how often is not said", async (context) => {
      if (packages.missing !== null) context.skip(packages.missing);
      const file = await recorded("loop", [], storms.command("shell-loop"));
      keepLines(file, /loop\.sh|\/bin\/(?:true|date)\s*$/);
      const { result } = await diagnosed(["--from", file]);
      expect(result.storms).toEqual([]);
      expect(result.verdict.code).toBe("verdict.inconclusive.no-forks");
      expect(result.verdict.args["program"]).toMatch(/^\/bin\/(?:true|date)$/);
      expect(result.verdict.args["times"]).toBeLessThanOrEqual(ROUNDS);
      expect(JSON.stringify(result.verdict.args["spawner"])).toContain("dash");
      expect(result.couldNotLook.map(({ code }) => code)).toContain("execsnoop.no-times");
    });

    test("a chain executes nothing: that is not called well", async (context) => {
      if (packages.missing !== null) context.skip(packages.missing);
      const { result } = await diagnosed(["--from", await recorded("chain", ["-t"], storms.command("chain"))]);
      expect(result.storms.filter(({ program }) => program.comm === "wf-chain")).toEqual([]);
      expect(result.verdict.outcome).not.toBe("healthy");
    });
  },
);

const BPFTRACE = "/usr/bin/bpftrace";
const SCRIPT = "/usr/sbin/execsnoop.bt";
const noScript = obstacle ?? (existsSync(SCRIPT) || process.env["CI"] ? null : `needs ${SCRIPT}`);

describe.skipIf(noScript !== null)(`what execsnoop.bt prints${noScript === null ? "" : ` (${noScript})`}`, () => {
  let storms: RecordedStorms;
  beforeAll(() => {
    storms = new RecordedStorms();
  }, 60_000);
  afterAll(() => storms.remove());

  test("what is executed most often, and how often; by whom it does not tell", async () => {
    const file = storms.empty("bt");
    await besideTool(
      file,
      withDebugfs(BPFTRACE, SCRIPT),
      () => storms.run(storms.command("respawn")),
      (text) => text.includes("ARGS"),
    );
    keepLines(file, /wf-/);
    const { result } = await diagnosed(["--from", file]);
    expect(result.sources[0]).toMatchObject({ kind: "execsnoop.bt" });
    const hasParents = /^TIME .*PPID/m.test(readFileSync(file, "latin1"));
    if (hasParents) expect(result.storms[0]).toMatchObject({ kind: "respawn-loop", spawner: { comm: "wf-superd" } });
    else {
      expect(result.verdict).toMatchObject({ outcome: "inconclusive", code: "verdict.inconclusive.no-forks" });
      expect(result.verdict.args).toMatchObject({ program: "(wf-worker)", spawner: null });
      expect(result.verdict.args["times"]).toBeLessThanOrEqual(RUNS);
      expect(result.verdict.args["times"]).toBeGreaterThan(0);
    }
    const gaps = result.couldNotLook.map(({ code }) => code);
    expect(gaps).toEqual(expect.arrayContaining(["execsnoop.bt.no-files", "execsnoop.bt.no-exits"]));
  });
});
