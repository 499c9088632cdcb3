import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { expect, test } from "vitest";
import { allMembersOf, makeBounds, removeBounds } from "../../lab/bounds.mjs";
import { clearLeftovers, startScenario } from "../../lab/lab.mjs";
import { enterNamespace } from "../../lab/namespace.mjs";
import { enterContainer } from "../../lab/nspawn.mjs";
import { labParent, makeFolder, mountRoot, removeFolder } from "../../lab/overlay.mjs";
import { systemdTree } from "../../lab/systemd-tree.mjs";
import { needsLab, needsSystemd } from "./needs.ts";
import { eventually, tracesOf } from "./traces.ts";

const RUNNER = ["lab/run.mjs", "case", "--seconds", "40", "--rate", "500"];

test("a namespace ends at its deadline even if nobody ends it", async (context) => {
  needsLab(context);
  const dir = makeFolder({ scenario: "test" });
  const bounds = makeBounds(basename(dir), 20);
  mountRoot(dir);
  const namespace = await enterNamespace({ dir, command: ["/bin/sleep", "1000"], cgroups: bounds.folders, seconds: 1 });
  const { signal } = await namespace.closed;
  namespace.kill();
  removeBounds(bounds.folders);
  removeFolder(dir);
  expect(signal).toBe("SIGKILL");
});

test("a container of systemd as well, and whoever would boot it again", async (context) => {
  needsLab(context);
  needsSystemd(context);
  const dir = makeFolder({ scenario: "test" });
  const bounds = makeBounds(basename(dir), 100, { systemd: true });
  const shared = "/run/whoforks-test";
  mkdirSync(`${mountRoot(dir, systemdTree())}${shared}`);
  const container = await enterContainer({ dir, cgroups: bounds.folders, seconds: 2, shared });
  const { initPid } = container;
  const { signal } = await container.closed;
  expect(await eventually(() => !existsSync(`/proc/${initPid}`))).toBe(true);
  expect(allMembersOf(bounds.folders[0] ?? "")).toEqual([]);
  container.kill();
  removeBounds(bounds.folders);
  removeFolder(dir);
  expect(signal).toBe("SIGKILL");
});

test("what happens inside stays inside: files, mounts, host name", async (context) => {
  needsLab(context);
  const hostname = readFileSync("/proc/sys/kernel/hostname", "latin1");
  const scenario = await startScenario("quiet");
  const mounts = readFileSync("/proc/self/mountinfo", "latin1")
    .split("\n")
    .filter((line) => line.includes("whoforks-lab") && line.includes(dirname(scenario.rootOnHost)));
  // What it writes at boot is seen in its root and not on the host.
  const written = ["/run/initctl", "/etc/inittab"].map((path) => [
    existsSync(scenario.rootOnHost + path),
    existsSync(path),
  ]);
  await scenario.stop();
  // The overlay, and nothing of what is mounted inside.
  expect(mounts).toHaveLength(1);
  expect(written).toEqual([
    [true, false],
    [true, false],
  ]);
  expect(readFileSync("/proc/sys/kernel/hostname", "latin1")).toBe(hostname);
  expect(tracesOf(scenario)).toEqual([]);
});

test("Ctrl-C clears everything away and says 130", async (context) => {
  needsLab(context);
  const child = spawn(process.execPath, RUNNER, { stdio: "ignore" });
  const run = await eventually(() => runOf(child.pid));
  child.kill("SIGINT");
  const [code] = await once(child, "exit");
  expect(code).toBe(130);
  expect(run === null ? ["never started"] : tracesOf(run)).toEqual([]);
});

test("the next run clears what a killed one left, and leaves the living alone", async (context) => {
  needsLab(context);
  const living = await startScenario("quiet");
  const child = spawn(process.execPath, RUNNER, { stdio: "ignore" });
  const run = await eventually(() => runOf(child.pid));
  child.kill("SIGKILL");
  await once(child, "exit");
  const left = run === null ? [] : tracesOf(run);
  const cleared = clearLeftovers();
  const after = run === null ? ["never started"] : tracesOf(run);
  const untouched = tracesOf(living).length;
  await living.stop();
  expect(left.length).toBeGreaterThan(0);
  expect(cleared).toContain(run === null ? "" : basename(dirname(run.rootOnHost)));
  expect(cleared).not.toContain(basename(dirname(living.rootOnHost)));
  expect(after).toEqual([]);
  expect(untouched).toBeGreaterThan(0);
});

test("options out of bounds are refused before anything starts", async (context) => {
  needsLab(context);
  await expect(startScenario("case", { pids: 100_000 })).rejects.toThrow(RangeError);
  await expect(startScenario("case", { seconds: -1 })).rejects.toThrow(RangeError);
  await expect(startScenario("nothing")).rejects.toThrow(RangeError);
});

/** Where another process of the lab keeps its run, once the storm is under way; null before. */
function runOf(owner: number | undefined): { rootOnHost: string; initPid: number } | null {
  for (const name of readdirSync(labParent()).filter((entry) => entry.startsWith("whoforks-lab-"))) {
    const dir = `${labParent()}/${name}`;
    const files = readdirSync(dir);
    if (!files.includes("lab.json") || !files.includes("init.pid")) continue;
    const note = JSON.parse(readFileSync(`${dir}/lab.json`, "utf8")) as { scenario: string; owner: { pid: number } };
    if (note.owner.pid !== owner || note.scenario === "packages") continue;
    return { rootOnHost: `${dir}/root`, initPid: Number(readFileSync(`${dir}/init.pid`, "latin1")) };
  }
  return null;
}
