import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, type TestContext } from "vitest";
import { diagnosed, whoforks } from "../support/whoforks.ts";
import { CHAIN, REAPER } from "../support/chain-programs.ts";

/**
 * The steps of the case that were done with strace and ltrace, on a real bounded chain under a process that adopts its orphans
 * as init does.
 */
let dir = "";
let obstacle: string | null = null;
const LENGTH = 120;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "whoforks-tracer-diagnose-"));
  for (const tool of ["strace", "ltrace", "gcc"])
    if (spawnSync("which", [tool]).status !== 0) obstacle = `needs ${tool}`;
  if (obstacle !== null) return;
  for (const [name, source] of Object.entries({ chain: CHAIN, reaper: REAPER }))
    execFileSync("gcc", ["-O1", "-x", "c", "-o", join(dir, name), "-"], { input: source });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function needs(context: TestContext): void {
  if (obstacle === null) return;
  if (process.env["CI"]) throw new Error(obstacle);
  context.skip(obstacle);
}

function record(name: string, tool: string, options: string, ...program: string[]): string {
  const log = join(dir, name);
  const { status } = spawnSync("timeout", ["90", tool, ...options.split(" "), "-o", log, ...program], {
    stdio: "ignore",
  });
  expect(status).not.toBe(124);
  return log;
}

const chain = (): string[] => [join(dir, "chain"), String(LENGTH)];

it("strace -f: a self-replicating chain, each generation of which repeats the same calls", async (context) => {
  needs(context);
  const log = record("strace.log", "strace", "-f -tt", ...chain());
  const { exitCode, result } = await diagnosed(["--from", log]);
  expect(exitCode).toBe(1);
  expect(result.storms).toHaveLength(1);
  const [storm] = result.storms;
  expect(storm).toMatchObject({
    kind: "self-replicating-chain",
    program: { exe: join(dir, "chain") },
    processes: LENGTH,
    generations: { depth: LENGTH + 1, branching: 1 },
    exits: [{ code: 0, signal: null, count: LENGTH + 1 }],
    confidence: "high",
  });
  expect(storm?.repeats?.filter((call) => /^(?:clone3?|fork|exit_group)$/.test(call))).toEqual([
    expect.stringMatching(/^(?:clone3?|fork)$/),
    "exit_group",
  ]);
  // Evidence leads to lines that say so.
  const [, first, last] = /line (\d+) to line (\d+)/.exec(storm?.evidence[0]?.locator ?? "") ?? [];
  const lines = readFileSync(log, "utf8").split("\n");
  for (const line of [first, last]) expect(lines[Number(line) - 1]).toMatch(/(?:clone3?|fork)\(/);
  expect(storm?.evidence[0]?.source).toBe(log);
  expect(result.couldNotLook.map(({ code }) => code)).toEqual(
    expect.arrayContaining(["cpu.log-tells-none", "rate.slowed-by-tracer"]),
  );
});

it("ltrace -f without times: the same, by library calls", async (context) => {
  needs(context);
  const log = record("ltrace.log", "ltrace", "-f", ...chain());
  const { exitCode, result } = await diagnosed(["--from", log]);
  expect(exitCode).toBe(1);
  expect(result.storms[0]).toMatchObject({ kind: "self-replicating-chain", repeats: ["fork", "exit"], perSecond: 0 });
  expect(result.storms[0]?.processes).toBe(LENGTH);
  expect(result.storms[0]?.lifetimeMs).toBeNull();
  expect(result.couldNotLook.map(({ code }) => code)).toContain("times.log-tells-none");
  const { stdout } = await whoforks(["diagnose", "--from", log]);
  expect(stdout).toContain("replaces itself: each copy forks the next and exits");
  expect(stdout.replaceAll(/\s+/g, " ")).toContain("every generation calls fork, exit");
  expect(stdout).not.toMatch(/a second|Infinity|NaN/);
});

it("the first clue: nothing but SIGCHLD of the process that reaps", async (context) => {
  needs(context);
  const log = record("sigchld.log", "strace", "-tt -e trace=none -e signal=SIGCHLD", join(dir, "reaper"), ...chain());
  const signals = readFileSync(log, "utf8").match(/^.*--- SIGCHLD .*CLD_EXITED/gm)?.length ?? 0;
  const { exitCode, result } = await diagnosed(["--from", log]);
  expect(exitCode).toBe(3);
  expect(result.verdict).toMatchObject({ outcome: "inconclusive", code: "verdict.inconclusive.reaper-only" });
  expect(result.verdict.args).toMatchObject({ dead: signals, exited: signals, killed: null });
  expect(result.verdict.args["perSecond"]).toBeGreaterThan(0);
  expect(result.couldNotLook.map(({ code }) => code)).toContain("lineage.tracer-saw-no-fork");
  expect(result.advice.map(({ code }) => code)).toEqual(["advice.observe-live", "advice.audit-rules"]);
});

it("with the reaper in the log: it only reaps, and who starts the first one is known", async (context) => {
  needs(context);
  const log = record("both.log", "strace", "-f -ttt -e trace=process", join(dir, "reaper"), ...chain());
  const { result } = await diagnosed(["--from", log]);
  const [storm] = result.storms;
  expect(storm).toMatchObject({ kind: "self-replicating-chain", spawner: { comm: "reaper" } });
  expect(storm?.reaper?.pid).toBe(storm?.spawner?.pid);
  expect(result.chain.map(({ code }) => code)).toEqual(
    expect.arrayContaining(["chain.orphans", "chain.reaper-innocent"]),
  );
  expect(new Date(result.window.start ?? 0).getTime()).toBeGreaterThan(Date.now() - 3_600_000);
});

it("a table of -c: counts, and no story", async (context) => {
  needs(context);
  const log = record("table", "strace", "-f -c", ...chain());
  const { exitCode, result } = await diagnosed(["--from", log]);
  expect(exitCode).toBe(3);
  expect(result.verdict).toMatchObject({
    code: "verdict.inconclusive.counts-only",
    args: { tool: "strace", forks: LENGTH },
  });
  expect(result.couldNotLook.map(({ code }) => code)).toContain("order.table-has-none");
});
