import { expect, test, type TestContext } from "vitest";
import { startScenario, type LabOptions } from "../../lab/lab.mjs";
import { behaviour as schema } from "../../src/behave/schema.ts";
import type { Behaviour } from "../../src/behave/result.ts";
import { instances } from "../host/tracefs-lab.ts";
import { needs32Bit } from "../support/32-bit.ts";
import { whoforks } from "../support/whoforks.ts";
import { needsLab } from "./needs.ts";

/** Runs a scenario, and `behave` beside it. */
async function behaved(
  context: TestContext,
  name: string,
  options: Partial<LabOptions> = {},
): Promise<{ exitCode: number | null; result: Behaviour; initPid: number }> {
  needsLab(context);
  const before = instances();
  const scenario = await startScenario(name, { seconds: 40, ...options });
  try {
    const { exitCode, stdout, stderr } = await whoforks(["behave", "--json"]);
    expect(stderr).toBe("");
    const result = JSON.parse(stdout) as Behaviour;
    expect(schema.safeParse(result).error).toBeUndefined();
    expect(instances()).toEqual(before);
    return { exitCode, result, initPid: scenario.initPid };
  } finally {
    await scenario.stop();
  }
}

for (const [name, bits, machine] of [
  ["case", 64, "x86_64"],
  ["case-32", 32, "i386"],
] as const) {
  test(`${name}: each generation forks and exits, caught although none lives long enough to be named`, async (context) => {
    if (bits === 32) needs32Bit(context);
    const { exitCode, result, initPid } = await behaved(context, name);
    expect(exitCode).toBe(1);
    expect(result.target).toMatchObject({
      pid: null,
      storm: { id: "storm-1", kind: "self-replicating-chain" },
      program: { exe: "/usr/bin/atd", root: `/proc/${initPid}/root` },
      abi: { machine, bits },
    });
    expect(result.programs.map(({ program }) => program.exe)).toEqual(["/usr/bin/atd"]);
    const generations = result.programs[0]?.generations[0];
    expect(generations?.sequence.map(({ call, exitCode: code }) => [call, code])).toEqual([
      ["fork", null],
      ["exit_group", 0],
    ]);
    expect(generations?.every).toEqual(["fork", "exit_group"]);
    expect(generations?.whole).toBeGreaterThan(50);
    // One generation in 64 looks at the clock.
    const share = (generations?.repeating ?? 0) / (generations?.whole ?? 1);
    expect(share).toBeGreaterThan(0.95);
    expect(share).toBeLessThan(1);
    expect(generations?.variants[0]?.instead?.call).toBe("clock_gettime");
    expect(result.judgement).toMatchObject({ outcome: "repeats", code: "behave.repeats", args: { calls: 2 } });
    expect(result.sources).toMatchObject([{ kind: "tracefs", lost: 0, skipped: 0 }]);
    expect(result.programs[0]?.calls.find((call) => call.name === "fork")?.seconds).toBeGreaterThan(0);
  });
}

test("varied-chain: generations that differ are not said to repeat, and what they share is named", async (context) => {
  const { exitCode, result } = await behaved(context, "varied-chain");
  expect(exitCode).toBe(1);
  expect(result.judgement.outcome).toBe("does-not-repeat");
  expect(result.programs[0]?.generations[0]?.every).toEqual(["fork", "exit_group"]);
  const names = result.programs[0]?.calls.map((call) => call.name);
  expect(names).toEqual(expect.arrayContaining(["getpid", "getppid", "getuid", "sched_yield"]));
});

test("shell-loop: the shell and what it runs, each with its own calls", async (context) => {
  const { exitCode, result } = await behaved(context, "shell-loop");
  expect(exitCode).toBe(1);
  const programs = new Map(result.programs.map((one) => [one.program.exe, one]));
  const runs = programs.get("/bin/true")?.generations[0];
  expect(runs?.whole).toBeGreaterThan(20);
  expect(runs?.every).toEqual(expect.arrayContaining(["execve", "mmap", "exit_group"]));
  expect([...programs.keys()]).toEqual(expect.arrayContaining(["/usr/bin/dash", "/bin/date"]));
  expect(result.judgement.outcome).toBe("repeats");
});

test("respawn-loop and crash-loop: how one run ends", async (context) => {
  const loop = await behaved(context, "respawn-loop");
  expect(loop.result.programs[0]?.program.exe).toBe("/usr/local/bin/worker");
  expect(loop.result.programs[0]?.generations[0]?.every).toEqual(["execve", "nanosleep", "exit_group"]);
  expect(loop.result.programs[0]?.killed).toEqual([]);
  const crash = await behaved(context, "crash-loop");
  const worker = crash.result.programs[0];
  expect(worker?.generations[0]?.every).toEqual(["execve", "nanosleep"]);
  expect(worker?.killed).toMatchObject([{ signal: 11 }]);
});

test("quiet: there is no storm to look at", async (context) => {
  const { exitCode, result } = await behaved(context, "quiet");
  expect(exitCode).toBe(0);
  expect(result).toMatchObject({ target: null, programs: [], judgement: { outcome: "no-storm" } });
});
