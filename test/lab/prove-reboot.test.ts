import { closeSync, constants, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, expect, test } from "vitest";
import { startScenario, type RunningScenario } from "../../lab/lab.mjs";
import type { Experiment } from "../../src/experiment/result.ts";
import { experiment as schema } from "../../src/experiment/schema.ts";
import { recordOf, type FileRecord } from "../../src/quarantine/file-record.ts";
import { whoforks } from "../support/whoforks.ts";
import { needsLab, needsSystemd } from "./needs.ts";
import { eventually, output, tracesOf } from "./traces.ts";

/** O_PATH of open(2). */
const O_PATH = 0o10000000;
const state = mkdtempSync(`${tmpdir()}/whoforks-prove-reboot-`);
afterAll(() => rmSync(state, { recursive: true, force: true }));

async function proved(args: readonly string[]): Promise<{ result: Experiment; exitCode: number | null }> {
  const run = await whoforks(["prove", "--json", ...args], { env: { WHOFORKS_STATE: state } });
  const result: unknown = JSON.parse(run.stdout === "" ? JSON.stringify(run.stderr) : run.stdout);
  expect(schema.safeParse(result).error).toBeUndefined();
  return { result: result as Experiment, exitCode: run.exitCode };
}

/** All of a file but the time of its last change, which nobody can give back: its flags and attributes too. */
function fileAt(path: string): FileRecord {
  const held = openSync(path, O_PATH | constants.O_NOFOLLOW);
  try {
    return { ...recordOf(held), ctimeNs: "" };
  } finally {
    closeSync(held);
  }
}

/** What the container's own systemd says of the impostor's unit. */
function unitState({ initPid }: RunningScenario): string {
  const inside = ["--target", String(initPid), "--mount", "--pid", "--", "/usr/bin/systemctl"];
  return output("nsenter", [...inside, "show", "--property=ActiveState,Result", "atd.service"]);
}

async function storms(scenario: RunningScenario): Promise<void> {
  const { forks } = scenario.count();
  expect(await eventually(() => scenario.count().forks > forks + 20)).toBe(true);
}

/** The container's init is the newest of a pids cgroup with a limit, as the first was. */
function boundsOf({ initPid }: RunningScenario): string {
  const line = readFileSync(`/proc/${initPid}/cgroup`, "utf8")
    .split("\n")
    .find((one) => /^\d+:(?:|[^:]*\bpids\b[^:]*):/.test(one));
  return /whoforks-lab-\w+/.exec(line ?? "")?.[0] ?? "";
}

test("across real reboots of a real systemd: proven by a boot without the file and one with it again", async (context) => {
  needsLab(context);
  needsSystemd(context);
  // systemd starts the impostor five times, then its limit holds: as many chains in the first boot as in the last.
  const scenario = await startScenario("case-systemd", { seconds: 110, chains: 10, rate: 50 });
  const inits = [scenario.initPid];
  const suspect = `${scenario.rootOnHost}/usr/bin/atd`;
  const bounds = boundsOf(scenario);
  try {
    await storms(scenario);
    const before = fileAt(suspect);
    const begun = await proved([
      "--yes",
      "--quarantine",
      "/usr/bin/atd",
      "--root",
      scenario.rootOnHost,
      "--across-reboot",
    ]);
    expect(begun.result.verdict).toMatchObject({ outcome: "planned", code: "experiment.across.waiting" });
    expect(begun.exitCode).toBe(0);
    expect(existsSync(suspect)).toBe(false);
    const id = begun.result.id ?? "";

    // Nothing is concluded, and nothing changed, without a boot.
    const early = await whoforks(["prove", "--resume", id], { env: { WHOFORKS_STATE: state } });
    expect(early.stderr).toContain("no boot since");
    expect(early.exitCode).toBe(2);
    expect(existsSync(suspect)).toBe(false);

    await scenario.reboot();
    inits.push(scenario.initPid);
    expect(boundsOf(scenario)).toBe(bounds);
    // Its systemd has tried, and given up.
    expect(await eventually(() => unitState(scenario).includes("ActiveState=failed"))).toBe(true);
    const without = await proved(["--resume", id]);
    expect(without.result.verdict).toMatchObject({
      outcome: "inconclusive",
      code: "experiment.inconclusive.return-untested",
    });
    expect(without).toMatchObject({ exitCode: 3, result: { undone: { ok: true, remaining: [] } } });
    expect(fileAt(suspect)).toEqual(before);

    await scenario.reboot();
    inits.push(scenario.initPid);
    expect(boundsOf(scenario)).toBe(bounds);
    await storms(scenario);
    const again = await proved(["--resume", id]);
    expect(again.result.verdict).toMatchObject({
      outcome: "proven",
      code: "experiment.across.proven",
      errorRate: null,
    });
    expect(again).toMatchObject({ exitCode: 1, result: { undone: { ok: true, remaining: [] } } });
    expect(again.result.boots?.map(({ state: name }) => name)).toEqual(["with", "without", "with-again"]);
    expect(new Set(inits).size).toBe(3);
    // It has been read and run since.
    expect({ ...fileAt(suspect), atimeNs: before.atimeNs }).toEqual(before);
  } finally {
    await scenario.stop();
  }
  expect(tracesOf(scenario)).toEqual([]);
  expect(inits.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
}, 180_000);
