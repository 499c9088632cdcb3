import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { expect, test } from "vitest";
import { startScenario } from "../../lab/lab.mjs";
import { needsLab } from "./needs.ts";
import { countForksOf, eventually, inside, output, tasksSinceBoot, tracesOf } from "./traces.ts";
import { needs32Bit } from "../support/32-bit.ts";

for (const [name, elfClass] of [
  ["case", 2],
  ["case-32", 1],
] as const) {
  test(`${name}: as many forks as it says, by the kernel's tracer, its numbering and /proc/stat`, async (context) => {
    needsLab(context);
    if (name === "case-32") needs32Bit(context);
    const tracer = await countForksOf("atd");
    const before = tasksSinceBoot();
    const scenario = await startScenario(name, { count: 3000, seconds: 60 });
    await eventually(() => scenario.ended());
    await eventually(() => scenario.console().includes("respawning too fast"));
    const whole = scenario.forksBetween(0, Date.now() + 1000);
    const after = tasksSinceBoot();
    const truth = scenario.truth();
    const file = `${scenario.rootOnHost}/usr/bin/atd`;
    const impostor = { ...shape(file), elfClass: byteAt(file, 4) };
    const owners = ["/usr/sbin/atd", "/usr/bin/atd", "/sbin/init"].map((path) =>
      output("dpkg", ["--root", scenario.rootOnHost, "-S", path]).trim(),
    );
    const living = inside(scenario).map(({ exe }) => exe);
    await scenario.stop();
    const traced = await tracer.stop();

    expect(truth.state).toBe("ended by count");
    expect(truth.forks).toBe(3000);
    // Samples start when the storm is under way already.
    expect(whole).toBeGreaterThan(0);
    expect(whole).toBeLessThanOrEqual(3000);
    expect(traced).toEqual({ forks: 3000, lost: 0 });
    expect(after - before).toBeGreaterThanOrEqual(3000);
    // Above the chain's own: ten starts of the impostor and the few processes of boot.
    const others = (truth.namespaceForks ?? 0) - 3000;
    expect(others).toBeGreaterThanOrEqual(10);
    expect(others).toBeLessThan(60);
    // Real init gives the entry ten starts, then it waits five minutes.
    expect(truth.starts).toBe(10);
    expect(living).toEqual(["/usr/sbin/init"]);
    expect(impostor).toEqual({ size: 2_443_616, mode: 0o711, year: 2017, elfClass });
    expect(owners).toEqual(["at: /usr/sbin/atd", "", "sysvinit-core: /sbin/init"]);
    expect(tracesOf(scenario)).toEqual([]);
  });
}

test("a rate is kept from above", async (context) => {
  needsLab(context);
  const scenario = await startScenario("case", { rate: 500, count: 400, seconds: 60 });
  await eventually(() => scenario.ended());
  const truth = await scenario.stop();
  expect(truth.forks).toBe(400);
  expect(truth.forks).toBeLessThanOrEqual(500 * truth.seconds + 1);
});

test("case-parallel: ten starts become ten chains", async (context) => {
  needsLab(context);
  const scenario = await startScenario("case-parallel", { count: 8000, seconds: 60, pids: 1000 });
  await eventually(() => scenario.ended());
  await eventually(() => scenario.console().includes("respawning too fast"));
  const truth = await scenario.stop();
  expect(truth.starts).toBe(10);
  // Each chain may be one generation past the limit before it sees it.
  expect(truth.forks).toBeGreaterThanOrEqual(8000);
  expect(truth.forks).toBeLessThanOrEqual(8010);
  expect(tracesOf(scenario)).toEqual([]);
});

test("case-bare: sysvinit finds the genuine atd first and gives up on it", async (context) => {
  needsLab(context);
  const scenario = await startScenario("case-bare");
  await eventually(() => scenario.console().includes("respawning too fast"));
  const programs = inside(scenario).map(({ exe }) => exe);
  const truth = await scenario.stop();
  expect(programs).toContain("/usr/sbin/atd");
  expect(programs).not.toContain("/usr/bin/atd");
  expect(truth.forks).toBeLessThan(100);
  expect(tracesOf(scenario)).toEqual([]);
});

test("short: waits, storms, and ends by itself inside the window", async (context) => {
  needsLab(context);
  const scenario = await startScenario("short", { delay: 1, seconds: 0.5 });
  const early = scenario.count();
  await eventually(() => scenario.ended());
  const living = inside(scenario).map(({ exe }) => exe);
  const truth = await scenario.stop();
  expect(early.forks).toBe(0);
  expect(truth.state).toBe("ended by deadline");
  expect(truth.forks).toBeGreaterThan(0);
  expect(living).not.toContain("/usr/bin/atd");
  expect(tracesOf(scenario)).toEqual([]);
});

test("pid-reuse: numbers return inside, and the host's limit stays", async (context) => {
  needsLab(context);
  const hostLimit = readFileSync("/proc/sys/kernel/pid_max", "latin1");
  const scenario = await startScenario("pid-reuse", { count: 4000, seconds: 60 });
  await eventually(() => scenario.ended());
  const insideLimit = output("nsenter", [
    "-t",
    String(scenario.initPid),
    "-p",
    "-m",
    "cat",
    "/proc/sys/kernel/pid_max",
  ]);
  const truth = await scenario.stop();
  expect(truth.forks).toBe(4000);
  expect(readFileSync("/proc/sys/kernel/pid_max", "latin1")).toBe(hostLimit);
  const [major = 0, minor = 0] = readFileSync("/proc/sys/kernel/osrelease", "latin1").split(".").map(Number);
  expect(insideLimit).toBe(major > 6 || (major === 6 && minor >= 14) ? "1000\n" : hostLimit);
});

function shape(path: string): { size: number; mode: number; year: number } {
  const { size, mode, mtime } = statSync(path);
  return { size, mode: mode & 0o7777, year: mtime.getUTCFullYear() };
}

/** EI_CLASS of an ELF file is byte 4: 1 for 32 bits, 2 for 64. */
function byteAt(path: string, offset: number): number | undefined {
  const fd = openSync(path, "r");
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, offset);
  closeSync(fd);
  return byte[0];
}
