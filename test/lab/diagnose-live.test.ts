import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { differences } from "../../lab/differences.mjs";
import { diagnosed } from "../support/whoforks.ts";
import { needsLab } from "./needs.ts";
import { observe } from "./observe.ts";
import { needs32Bit } from "../support/32-bit.ts";

function leftovers(): string[] {
  const instances = "/sys/kernel/tracing/instances";
  const mounts = readFileSync("/proc/mounts", "latin1")
    .split("\n")
    .filter((line) => line.includes("tracefs"));
  return [
    ...(existsSync(instances) ? readdirSync(instances).filter((name) => name.startsWith("whoforks")) : []),
    ...mounts,
  ];
}

for (const name of ["case", "case-32"] as const) {
  test(`${name}: the chain, its impostor, who starts it, and the innocent reaper`, async (context) => {
    needsLab(context);
    if (name === "case-32") needs32Bit(context);
    const before = leftovers();
    const observed = await observe(name, { seconds: 20 }, ["--duration", "5s"]);
    const { exitCode, result, scenario, realPerSecond } = observed;
    expect(differences(result, scenario.expected)).toEqual([]);
    expect(exitCode).toBe(1);
    const storm = result.storms[0];
    if (storm === undefined) throw new Error("no storm");

    const tracefs = result.sources.find((source) => source.kind === "tracefs");
    expect(tracefs?.lost).toBe(0);
    expect(storm.perSecond / realPerSecond).toBeGreaterThan(0.95);
    expect(storm.perSecond / realPerSecond).toBeLessThan(1.05);
    expect(storm.program.root).toBe(`/proc/${scenario.initPid}/root`);
    expect(storm.reaper).toMatchObject({ pid: scenario.initPid, comm: "init" });
    expect(storm.reaper?.cpuShare).toBeGreaterThan(0);
    expect(storm.generations?.branching).toBeCloseTo(1, 1);
    expect(storm.exits[0]).toMatchObject({ code: 0, signal: null });
    expect(storm.repeats).toEqual(["fork", "exit_group"]);

    const identity = result.identities[0];
    expect(identity?.file).toMatchObject({ size: 2_443_616, mode: "-rwx--x--x" });
    expect(identity?.elf).toMatchObject({ static: true, bits: name === "case" ? 64 : 32 });
    expect(identity?.twins[0]?.owner?.package).toBe("at");
    expect(identity?.attack).toContain("T1036.005");

    const chain = result.chain.map((step) => step.code);
    expect(chain).toEqual(
      expect.arrayContaining(["chain.replicates", "chain.reaper-busy", "chain.limit-forbids-rate", "chain.impostor"]),
    );
    const advice = result.advice.map((entry) => entry.code);
    expect(advice).toEqual(expect.arrayContaining(["advice.isolate", "advice.check-origin", "advice.reinstall-host"]));
    expect(result.verdict).toMatchObject({ code: "verdict.self-replicating-chain.impostor", confidence: "high" });
    expect(leftovers()).toEqual(before);
  });
}

for (const [name, options, args] of [
  ["case-parallel", { seconds: 30 }, []],
  ["pid-reuse", { seconds: 15 }, []],
  ["short", { seconds: 15, delay: 1 }, ["--duration", "6s"]],
  ["respawn-loop", { seconds: 15 }, []],
  ["crash-loop", { seconds: 15 }, []],
  ["fork-bomb", { seconds: 15, delay: 1 }, []],
  ["shell-loop", { seconds: 15 }, []],
  ["two-at-once", { seconds: 15 }, []],
  ["rc-local", { seconds: 15 }, []],
  ["source-build", { seconds: 20 }, ["--duration", "8s"]],
  ["quiet", { seconds: 15 }, ["--duration", "3s"]],
  ["case-bare", { seconds: 15 }, ["--duration", "3s"]],
  ["case-cron", { seconds: 20 }, ["--duration", "5s"]],
  ["case-runit", { seconds: 20 }, ["--duration", "5s"]],
  ["case-s6", { seconds: 20 }, ["--duration", "5s"]],
  ["case-anacron", { seconds: 20 }, ["--duration", "5s"]],
  ["case-at", { seconds: 20 }, ["--duration", "5s"]],
  ["case-supervisord", { seconds: 20 }, ["--duration", "5s"]],
  ["case-openrc", { seconds: 20 }, ["--duration", "5s"]],
  ["case-monit", { seconds: 20 }, ["--duration", "5s"]],
  ["case-systemd", { seconds: 20 }, ["--duration", "5s"]],
] as const) {
  test(`${name}: called by its right name`, async (context) => {
    needsLab(context);
    const { exitCode, result, scenario } = await observe(name, options, args);
    expect(differences(result, scenario.expected)).toEqual([]);
    expect(exitCode).toBe(scenario.expected.exitCode);
    // The first scenario under systemd has its Debian made.
  }, 900_000);
}

test("without --duration a quiet host is done after five seconds", async (context) => {
  needsLab(context);
  const { exitCode, result } = await diagnosed([]);
  expect(exitCode).toBe(0);
  expect(result.verdict.code).toBe("verdict.healthy");
  expect(result.window.seconds).toBeGreaterThan(4.9);
  expect(result.window.seconds).toBeLessThan(6);
});

test("Ctrl-C ends the observation, undoes it, and says what was seen so far", async (context) => {
  needsLab(context);
  const before = leftovers();
  const { exitCode, result } = await diagnosed(["--duration", "30s"], {
    during: (child) => setTimeout(() => child.kill("SIGINT"), 1500),
  });
  expect(exitCode).toBe(130);
  expect(result.window.seconds).toBeLessThan(10);
  expect(leftovers()).toEqual(before);
});
