import { realpathSync } from "node:fs";
import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startScenario, type RunningScenario, type Scenario } from "../../lab/lab.mjs";
import type { Experiment } from "../../src/experiment/result.ts";
import { experiment as schema } from "../../src/experiment/schema.ts";
import { needsLab, needsSystemd } from "./needs.ts";
import { eventually, tracesOf } from "./traces.ts";

const UNIT = "/etc/systemd/system/poll.service";
const OURS = "/opt/whoforks";
const here = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** A unit of systemd that starts a program again and again, and whoforks as it is installed on such a host. */
const polling: Scenario = {
  name: "polling-unit",
  about: "a unit of real systemd (in nspawn) whose shell starts a program without pause",
  system: "systemd",
  expected: { outcome: "storm", exitCode: 1, kind: "shell-loop" },
  binds: {
    [process.execPath]: `${OURS}/node`,
    [here("bin")]: `${OURS}/bin`,
    [here("dist")]: `${OURS}/dist`,
    [here("package.json")]: `${OURS}/package.json`,
    [realpathSync(here("node_modules"))]: `${OURS}/node_modules`,
  },
  prepare(tools) {
    tools.write(UNIT, "[Service]\nExecStart=/bin/sh -c 'while :; do /usr/bin/true; done'\n");
    tools.link("/etc/systemd/system/multi-user.target.wants/poll.service", "../poll.service");
    return {};
  },
};

/** As somebody who has logged in to that host would: in all of its namespaces. */
function inside({ initPid }: RunningScenario, command: readonly string[]): SpawnSyncReturns<string> {
  const namespaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd=/"];
  const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };
  return spawnSync("nsenter", ["--target", String(initPid), ...namespaces, "--", ...command], {
    env,
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
}

function systemd(scenario: RunningScenario): string {
  return inside(scenario, ["systemctl", "show", "--property=ActiveState,MainPID,UnitFileState", "poll.service"]).stdout;
}

test("a unit of the very systemd that it runs under: stopped, started again, proven", async (context) => {
  needsLab(context);
  needsSystemd(context);
  const scenario = await startScenario(polling, { seconds: 110, pids: 300 });
  try {
    const tool = (...args: string[]): SpawnSyncReturns<string> =>
      inside(scenario, [`${OURS}/node`, `${OURS}/bin/whoforks`, "prove", "--yes", "--json", ...args]);
    expect(await eventually(() => systemd(scenario).includes("ActiveState=active"))).toBe(true);
    const before = systemd(scenario);
    const { stdout, stderr, status } = tool("--stop", "poll.service", "--pairs", "5", "--baseline", "1s");
    const result = JSON.parse(stdout === "" ? JSON.stringify(stderr) : stdout) as Experiment;
    expect(schema.safeParse(result).error).toBeUndefined();
    expect(result.storm).toMatchObject({ exe: "/usr/bin/true" });
    expect(result.plan).toMatchObject({ kind: "stop-unit", target: "poll.service" });
    expect(result.verdict).toMatchObject({ outcome: "proven", code: "experiment.proven", errorRate: 1 / 32 });
    expect(result.undone).toEqual({ ok: true, remaining: [] });
    expect(status).toBe(1);

    // It runs again, as another process and not otherwise than before.
    const main = /^MainPID=(\d+)$/m;
    const after = systemd(scenario);
    expect(after.replace(main, "")).toBe(before.replace(main, ""));
    expect(main.exec(after)?.[1]).not.toBe(main.exec(before)?.[1]);
    expect(after).toContain("ActiveState=active");

    // What does not run is not "stopped": to take that back would start it.
    inside(scenario, ["systemctl", "stop", "poll.service"]);
    const stopped = tool("--stop", "poll.service");
    expect(stopped.stderr).toContain("does not run");
    expect(stopped).toMatchObject({ status: 2, stdout: "" });
    expect(systemd(scenario)).toContain("ActiveState=inactive");
  } finally {
    await scenario.stop();
  }
  expect(tracesOf(scenario)).toEqual([]);
}, 180_000);
