import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { differences } from "../../lab/differences.mjs";
import { startScenario } from "../../lab/lab.mjs";
import type { Diagnosis } from "../../src/diagnosis/result.ts";
import { diagnosed } from "../support/whoforks.ts";
import { needsLab } from "../lab/needs.ts";
import { cannotRun, listeners } from "./netlink-lab.ts";

const BIN = fileURLToPath(new URL("../../bin/whoforks", import.meta.url));
const obstacle = cannotRun();

/** Runs `diagnose --json` in namespaces of its own. */
function inNamespaces(
  unshare: readonly string[],
  args: readonly string[],
): { status: number | null; result: Diagnosis } {
  const command = [...unshare, process.execPath, BIN, "diagnose", "--json", "--duration", "1s", ...args];
  const { status, stdout } = spawnSync("/usr/bin/unshare", command, { encoding: "utf8" });
  return { status, result: JSON.parse(stdout) as Diagnosis };
}

const gaps = (result: Diagnosis): (string | undefined)[] =>
  result.couldNotLook.map((gap) => (gap as { code?: string }).code);

describe.skipIf(obstacle !== null)(
  `diagnosis by the proc connector${obstacle === null ? "" : ` (skipped: ${obstacle})`}`,
  () => {
    test("the lab's case: the chain, its impostor, who starts it", async (context) => {
      needsLab(context);
      const before = listeners();
      const scenario = await startScenario("case", { seconds: 20 });
      try {
        const { exitCode, result } = await diagnosed(["--source", "netlink"]);
        expect(differences(result, scenario.expected)).toEqual([]);
        expect(exitCode).toBe(1);
        expect(result.sources[0]).toMatchObject({ kind: "netlink", lost: 0, skipped: 0 });
        expect(result.storms[0]?.reaper).toMatchObject({ pid: scenario.initPid, comm: "init" });
        expect(result.storms[0]?.exits[0]).toMatchObject({ code: 0, signal: null });
        const start = Date.parse(result.window.start ?? "");
        const forks = scenario.forksBetween(start, start + result.window.seconds * 1000) ?? Number.NaN;
        const real = forks / result.window.seconds;
        expect((result.storms[0]?.perSecond ?? 0) / real).toBeGreaterThan(0.9);
        expect((result.storms[0]?.perSecond ?? 0) / real).toBeLessThan(1.1);
      } finally {
        await scenario.stop();
      }
      expect(listeners()).toEqual(before);
    });

    test("takes the place of tracefs where that is not to be had", (context) => {
      if (!existsSync("/usr/bin/unshare")) context.skip("needs unshare");
      const covered = [
        "--mount",
        "/bin/sh",
        "-c",
        'umount -q /sys/kernel/debug/tracing /sys/kernel/tracing 2>/dev/null; mount -t tmpfs whoforks-test /sys && exec "$@"',
        "sh",
      ];
      const { result } = inNamespaces(covered, []);
      expect(result.sources.map((source) => source.kind)).toEqual(["netlink", "proc"]);
      expect(gaps(result)).toEqual(expect.arrayContaining(["tracefs.missing", "netlink.no-names"]));
    });

    test("in another network namespace it says so, and only /proc is left", (context) => {
      if (!existsSync("/usr/bin/unshare")) context.skip("needs unshare");
      const { result } = inNamespaces(["--net"], ["--source", "netlink"]);
      expect(result.sources.map((source) => source.kind)).toEqual(["proc"]);
      expect(gaps(result)).toContain("netlink.namespace");
      expect(result.verdict.outcome).toBe("inconclusive");
    });

    test("--source proc uses no kernel events", (context) => {
      if (!existsSync("/usr/bin/unshare")) context.skip("needs unshare");
      const { result } = inNamespaces(["--net"], ["--source", "proc"]);
      expect(result.sources.map((source) => source.kind)).toEqual(["proc"]);
      expect(gaps(result)).toContain("proc.chosen");
    });
  },
);
