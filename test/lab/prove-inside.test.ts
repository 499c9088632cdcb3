import { realpathSync } from "node:fs";
import { spawn, spawnSync, type SpawnSyncReturns } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startScenario, type RunningScenario, type Scenario } from "../../lab/lab.mjs";
import type { Experiment } from "../../src/experiment/result.ts";
import { experiment as schema } from "../../src/experiment/schema.ts";
import { needsLab, needsSystemd } from "./needs.ts";
import { eventually, tracesOf } from "./traces.ts";

const UNIT = "/usr/lib/systemd/system/poll.service";
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
    tools.link("/etc/systemd/system/multi-user.target.wants/poll.service", UNIT);
    return {};
  },
};

const NAMESPACES = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd=/"];
const ENVIRONMENT = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };

/** As somebody who has logged in to that host would: in all of its namespaces. */
function entering({ initPid }: RunningScenario): string[] {
  return ["--target", String(initPid), ...NAMESPACES, "--"];
}

function inside(scenario: RunningScenario, command: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync("nsenter", [...entering(scenario), ...command], { env: ENVIRONMENT, encoding: "utf8" });
}

function systemd(scenario: RunningScenario): string {
  return inside(scenario, ["systemctl", "show", "--property=ActiveState,MainPID,UnitFileState", "poll.service"]).stdout;
}

/** What a run of `prove` said, and its exit code. */
interface Answer {
  result: Experiment;
  status: number | null;
}

async function prove(scenario: RunningScenario, args: readonly string[], during?: () => void): Promise<Answer> {
  const program = [`${OURS}/node`, `${OURS}/bin/whoforks`, "prove", "--yes", "--json", "--pairs", "5"];
  const child = spawn("nsenter", [...entering(scenario), ...program, "--baseline", "1s", ...args], {
    env: ENVIRONMENT,
  });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on("data", (bytes: Buffer) => out.push(bytes));
  child.stderr.on("data", (bytes: Buffer) => err.push(bytes));
  let polls: NodeJS.Timeout | undefined;
  if (during !== undefined) polls = setInterval(during, 100);
  const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
  clearInterval(polls);
  const said = Buffer.concat(out).toString("utf8");
  const result = JSON.parse(said === "" ? JSON.stringify(Buffer.concat(err).toString("utf8")) : said) as Experiment;
  expect(schema.safeParse(result).error).toBeUndefined();
  expect(result.undone).toEqual({ ok: true, remaining: [] });
  return { result, status };
}

test("a unit of the very systemd that it runs under: stopped, masked, and started meanwhile by somebody else", async (context) => {
  needsLab(context);
  needsSystemd(context);
  const scenario = await startScenario(polling, { seconds: 110, pids: 300 });
  const isStopped = (): boolean => systemd(scenario).includes("ActiveState=inactive");
  try {
    expect(await eventually(() => systemd(scenario).includes("ActiveState=active"))).toBe(true);
    const before = systemd(scenario);
    // systemd itself starts anew in the middle, and keeps what it has stopped.
    let anew = 0;
    const { result, status } = await prove(scenario, ["--stop", "poll.service"], () => {
      if (anew === 0 && isStopped()) anew += inside(scenario, ["systemctl", "daemon-reexec"]).status === 0 ? 1 : 0;
    });
    expect(anew).toBe(1);
    expect(result.storm).toMatchObject({ exe: "/usr/bin/true" });
    expect(result.plan).toMatchObject({ kind: "stop-unit", target: "poll.service" });
    expect(result.verdict).toMatchObject({ outcome: "proven", code: "experiment.proven", errorRate: 1 / 32 });
    expect(status).toBe(1);

    // It runs again, as another process and not otherwise than before.
    const main = /^MainPID=(\d+)$/m;
    const after = systemd(scenario);
    expect(after.replace(main, "")).toBe(before.replace(main, ""));
    expect(main.exec(after)?.[1]).not.toBe(main.exec(before)?.[1]);
    expect(after).toContain("ActiveState=active");

    const masked = await prove(scenario, ["--mask", "poll.service"]);
    expect(masked.result.plan).toMatchObject({ kind: "mask-unit", target: "poll.service" });
    expect(masked.result.verdict).toMatchObject({ outcome: "proven", code: "experiment.proven" });
    expect(systemd(scenario).replace(main, "")).toBe(before.replace(main, ""));

    // The storm of a slot in which somebody else has started the unit refutes nothing.
    const started = await prove(scenario, ["--stop", "poll.service"], () => {
      if (isStopped()) inside(scenario, ["systemctl", "start", "poll.service"]);
    });
    expect(started.result.verdict).toMatchObject({
      outcome: "inconclusive",
      code: "experiment.inconclusive.not-applied",
    });
    expect(started.result.because).toMatchObject({ code: "experiment.refused.not-kept" });
    expect(systemd(scenario).replace(main, "")).toBe(before.replace(main, ""));

    // What does not run is not "stopped": to take that back would start it.
    inside(scenario, ["systemctl", "stop", "poll.service"]);
    const stopped = inside(scenario, [
      `${OURS}/node`,
      `${OURS}/bin/whoforks`,
      "prove",
      "--yes",
      "--stop",
      "poll.service",
    ]);
    expect(stopped.stderr).toContain("does not run");
    expect(stopped).toMatchObject({ status: 2, stdout: "" });
    expect(isStopped()).toBe(true);
  } finally {
    await scenario.stop();
  }
  expect(tracesOf(scenario)).toEqual([]);
}, 180_000);
