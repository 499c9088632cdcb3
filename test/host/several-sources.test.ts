import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, type TestContext } from "vitest";
import { CHAIN } from "../support/chain-programs.ts";
import { diagnosed, whoforks } from "../support/whoforks.ts";
import type { Diagnosis } from "../../src/diagnosis/result.ts";
import { instances } from "./tracefs-lab.ts";

/** One bounded chain, recorded by the kernel's tracer and by strace at the same time. */
const LENGTH = 150;
let dir = "";
let trace = "";
let strace = "";
let obstacle: string | null = null;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "whoforks-several-"));
  for (const tool of ["strace", "gcc"]) if (spawnSync("which", [tool]).status !== 0) obstacle = `needs ${tool}`;
  if (process.geteuid?.() !== 0) obstacle = "needs root";
  if (obstacle !== null) return;
  const chain = join(dir, "chain");
  execFileSync("gcc", ["-O1", "-x", "c", "-o", chain, "-"], { input: CHAIN });
  strace = join(dir, "strace.log");
  const before = instances();
  const recorded = join(dir, "recorded");
  const { exitCode } = await whoforks(["record", "-o", recorded, "--duration", "6s", "-q"], {
    during: () =>
      void (async () => {
        while (instances().length === before.length) await new Promise((go) => setTimeout(go, 10));
        await new Promise((go) => setTimeout(go, 1000));
        const options = ["-f", "-ttt", "-o", strace, chain, String(LENGTH)];
        await once(spawn("timeout", ["4", "strace", ...options], { stdio: "ignore" }), "close");
      })(),
  });
  expect([0, 1, 3]).toContain(exitCode);
  trace = join(dir, "trace.dat");
  copyFileSync(join(recorded, "trace.dat"), trace);
}, 30_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function needs(context: TestContext): void {
  if (obstacle === null) {
    expect(existsSync(trace) && existsSync(strace)).toBe(true);
    return;
  }
  if (process.env["CI"]) throw new Error(obstacle);
  context.skip(obstacle);
}

test("a storm that both tell of is counted once; each fact comes from whoever has it", async (context) => {
  needs(context);
  // Whatever else runs on the host is in the kernel's account too.
  const ofChain = ({ storms }: Diagnosis) => storms.filter(({ program }) => program.comm === "chain");
  const alone = await diagnosed(["--from", trace]);
  const both = await diagnosed(["--from", strace, trace]);
  const [storm, another] = ofChain(both.result);
  const [before] = ofChain(alone.result);
  expect(another).toBeUndefined();
  expect(storm?.kind).toBe("self-replicating-chain");
  // The rate and the number are those of the kernel's account.
  expect(storm?.processes).toBe(before?.processes);
  expect(storm?.perSecond).toBeCloseTo(before?.perSecond ?? 0, 3);
  expect(both.result.symptom.forksPerSecond).toBeCloseTo(alone.result.symptom.forksPerSecond, 3);
  expect(storm?.evidence[0]?.source).toBe(trace);
  // Which calls every generation makes only strace has seen.
  expect(before?.repeats).toBeNull();
  expect(storm?.repeats?.at(-1)).toBe("exit_group");
  const gaps = both.result.couldNotLook.map(({ code }) => code);
  expect(gaps).not.toContain("align.ends-differ");
});

test("the offset of the clocks is told with its error, and agrees with the wall clock", async (context) => {
  needs(context);
  const { result } = await diagnosed(["--from", trace, strace]);
  const account = result.sources.find(({ path }) => path === strace);
  const words =
    /same processes as \S+trace\.dat .* time 0 lies ([\d.]+) (s|ms) (after|before) the other's \(± ([\d.]+) ms, by (\d+)/;
  const [, amount, unit, side, error, facts] = words.exec(account?.note ?? "") ?? [];
  expect(Number(facts)).toBeGreaterThan(LENGTH);
  expect(Number(error)).toBeLessThanOrEqual(30);
  const ms = Number(amount) * (unit === "ms" ? 1 : 1000) * (side === "after" ? 1 : -1);
  const start = async (file: string): Promise<number> =>
    Date.parse((await diagnosed(["--from", file])).result.window.start ?? "");
  expect(Math.abs(ms - ((await start(strace)) - (await start(trace))))).toBeLessThan(60);
});

test("logs of two hosts stay two", async (context) => {
  needs(context);
  const log = join(dir, "another.log");
  spawnSync("timeout", ["20", "strace", "-f", "-ttt", "-o", log, join(dir, "chain"), String(LENGTH)], {
    stdio: "ignore",
  });
  const { result } = await diagnosed(["--from", strace, log]);
  expect(result.storms).toHaveLength(2);
  expect(new Set(result.storms.map(({ evidence }) => evidence[0]?.source))).toEqual(new Set([log, strace]));
  expect(result.sources.every(({ note }) => note === undefined || !note.includes("same processes"))).toBe(true);
});
