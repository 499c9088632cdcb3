import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { startScenario } from "../../lab/lab.mjs";
import { needsLab } from "./needs.ts";
import { eventually, inside, tasksSinceBoot, tracesOf } from "./traces.ts";

test("respawn-loop: one worker at a time, every one ended with 0", async (context) => {
  needsLab(context);
  const scenario = await startScenario("respawn-loop", { count: 150, interval: 2 });
  await eventually(() => scenario.ended());
  const truth = await scenario.stop();
  expect(truth.forks).toBe(150);
  expect(truth.exits).toEqual({ zero: 150, other: 0, signal: 0 });
  expect(tracesOf(scenario)).toEqual([]);
});

test("crash-loop: every worker was killed by a signal", async (context) => {
  needsLab(context);
  const scenario = await startScenario("crash-loop", { count: 150, interval: 2 });
  await eventually(() => scenario.ended());
  const truth = await scenario.stop();
  expect(truth.exits).toEqual({ zero: 0, other: 0, signal: 150 });
  expect(tracesOf(scenario)).toEqual([]);
});

test("respawn-sysvinit: init pauses the entry after ten starts", async (context) => {
  needsLab(context);
  const scenario = await startScenario("respawn-sysvinit");
  const paused = await eventually(() => scenario.console().includes('Id "wk" respawning too fast'));
  const truth = await scenario.stop();
  expect(paused).toBe(true);
  expect(truth.forks).toBeGreaterThanOrEqual(10);
  expect(truth.forks).toBeLessThan(60);
  expect(tracesOf(scenario)).toEqual([]);
});

test("respawn-runit: real runsv starts the service again and again", async (context) => {
  needsLab(context);
  const scenario = await startScenario("respawn-runit");
  const early = scenario.truth().forks ?? 0;
  const later = await eventually(() => (scenario.truth().forks ?? 0) >= early + 2);
  const programs = inside(scenario).map(({ exe }) => exe);
  await scenario.stop();
  expect(later).toBe(true);
  expect(programs).toContain("/usr/bin/runsv");
  expect(tracesOf(scenario)).toEqual([]);
});

test("two-at-once: both storms make progress and both are counted", async (context) => {
  needsLab(context);
  const scenario = await startScenario("two-at-once", { seconds: 1 });
  await eventually(() => scenario.ended());
  const truth = await scenario.stop();
  expect(truth.forks).toBeGreaterThan(100);
  expect(truth.others[0]?.forks).toBeGreaterThan(10);
  expect(tracesOf(scenario)).toEqual([]);
});

test("fork-bomb: grows to the pids limit and no further, then forks are refused", async (context) => {
  needsLab(context);
  const before = tasksSinceBoot();
  const scenario = await startScenario("fork-bomb", { pids: 120, interval: 50, seconds: 60 });
  await eventually(() => (scenario.truth().refused ?? 0) > 100);
  const truth = await scenario.stop();
  expect(truth.peakAlive).toBeGreaterThan(100);
  expect(truth.peakAlive).toBeLessThan(120);
  expect(tasksSinceBoot() - before).toBeGreaterThanOrEqual(truth.forks ?? Infinity);
  expect(tracesOf(scenario)).toEqual([]);
});

test("shell-loop: the count by PID numbers is below the host's", async (context) => {
  needsLab(context);
  const before = tasksSinceBoot();
  const scenario = await startScenario("shell-loop");
  await eventually(() => (scenario.truth().forks ?? 0) > 300);
  const truth = await scenario.stop();
  expect(truth.countedBy).toBe("pid-numbers");
  expect(truth.forks).toBeGreaterThan(300);
  expect(tasksSinceBoot() - before).toBeGreaterThanOrEqual(truth.forks ?? Infinity);
  expect(tracesOf(scenario)).toEqual([]);
});

test("build: the real gcc makes object files", async (context) => {
  needsLab(context);
  const scenario = await startScenario("build", { files: 60 });
  const objects = () => readdirSync(`${scenario.rootOnHost}/usr/src/project`).filter((name) => name.endsWith(".o"));
  await eventually(() => objects().length >= 10);
  const made = objects().length;
  const truth = await scenario.stop();
  // gcc runs cc1 and as for each file.
  expect(truth.forks).toBeGreaterThanOrEqual(made * 3);
  expect(tracesOf(scenario)).toEqual([]);
});

test("quiet: nearly nothing happens", async (context) => {
  needsLab(context);
  const scenario = await startScenario("quiet");
  const living = await eventually(() => inside(scenario).some(({ exe }) => exe.endsWith("/sleep")));
  const truth = await scenario.stop();
  expect(living).toBe(true);
  expect(truth.expected.outcome).toBe("healthy");
  expect(tracesOf(scenario)).toEqual([]);
});
