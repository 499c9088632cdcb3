import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { startScenario, type RunningScenario } from "../../lab/lab.mjs";
import type { Diagnosis } from "../../src/diagnosis/result.ts";
import { freezers, membersOf, mountsOf } from "../../src/experiment/freezer.ts";
import type { Experiment } from "../../src/experiment/result.ts";
import { experiment as schema } from "../../src/experiment/schema.ts";
import { startTicks } from "../../src/platform/process-identity.ts";
import { whoforks, type Run } from "../support/whoforks.ts";
import { needsLab } from "./needs.ts";

const state = mkdtempSync(`${tmpdir()}/whoforks-prove-`);
afterAll(() => rmSync(state, { recursive: true, force: true }));

type During = (child: ReturnType<typeof spawn>) => void;

async function prove(args: readonly string[], during: During = () => undefined): Promise<Run> {
  return whoforks(["prove", "--json", "--yes", ...args], { env: { WHOFORKS_STATE: state }, during });
}

async function proved(
  args: readonly string[],
  during?: During,
): Promise<{ result: Experiment; exitCode: number | null }> {
  const { stdout, stderr, exitCode } = await prove(args, during);
  const result: unknown = JSON.parse(stdout === "" ? JSON.stringify({ stderr }) : stdout);
  expect(schema.safeParse(result).error).toBeUndefined();
  return { result: result as Experiment, exitCode };
}

/** Cgroups that bear our name, with whoever is in them. */
function ownCgroups(): string[] {
  const cpu = mountsOf("cpu");
  return [...freezers(), ...(cpu === null ? [] : [cpu])].flatMap(({ dir }) =>
    readdirSync(dir)
      .filter((name) => /^whoforks-[0-9a-f]{8}$/.test(name))
      .map((name) => `${dir}/${name}: ${membersOf(`${dir}/${name}`).length}`),
  );
}

/** Records of the newest journal; [] while there is none. */
function records(besides: ReadonlySet<string>): { type: string; kind?: string }[] {
  const name = journals().find((one) => !besides.has(one));
  if (name === undefined) return [];
  const lines = readFileSync(`${state}/runs/${name}`, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line.slice(line.indexOf("{"))) as { type: string });
}

function journals(): string[] {
  try {
    return readdirSync(`${state}/runs`);
  } catch {
    return [];
  }
}

async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(2);
}

async function goesOn(scenario: RunningScenario): Promise<void> {
  const { forks } = scenario.count();
  await eventually(() => scenario.count().forks > forks + 5);
}

test("the case: proven by freezing its members, an innocent is refuted, and nothing stays frozen", async (context) => {
  needsLab(context);
  const before = ownCgroups();
  const scenario = await startScenario("case", { seconds: 120, rate: 150 });
  // In a session of its own: what belongs to the session that runs the tool is refused.
  const innocent = spawn("sleep", ["150"], { detached: true, stdio: "ignore" });
  try {
    const { result, exitCode } = await proved([]);
    expect(result.verdict).toMatchObject({ outcome: "proven", code: "experiment.proven", errorRate: 1 / 256 });
    expect(exitCode).toBe(1);
    expect(result.storm).toMatchObject({ exe: "/usr/bin/atd", kind: "self-replicating-chain" });
    expect(result.plan).toMatchObject({ kind: "freeze", target: "/usr/bin/atd" });
    expect(result.slots).toHaveLength(16);
    expect(result.effect?.heldPerSecond).toBeLessThan((result.effect?.freePerSecond ?? 0) / 10);
    expect(result.undone).toEqual({ ok: true, remaining: [] });
    expect(ownCgroups()).toEqual(before);
    await goesOn(scenario);

    const other = await proved(["--freeze", String(innocent.pid)]);
    expect(other.result.verdict).toMatchObject({ code: "experiment.refuted", outcome: "refuted", errorRate: null });
    expect(other.exitCode).toBe(0);
    expect(ownCgroups()).toEqual(before);
    expect(startTicks(innocent.pid as number)).not.toBeNull();

    // The file itself, and nothing but times that nobody can give back is another afterwards.
    const suspect = `${scenario.rootOnHost}/usr/bin/atd`;
    const { ino, mode, size, mtimeNs, atimeNs } = statSync(suspect, { bigint: true });
    const away = await proved(["--pairs", "5", "--quarantine", "/usr/bin/atd", "--root", scenario.rootOnHost]);
    expect(away.result.verdict).toMatchObject({ outcome: "proven", errorRate: 1 / 32 });
    expect(away.result.plan?.steps.map(({ effect }) => effect.code)).toEqual([
      ...["own-cgroup", "join-cgroup", "freeze"].map((step) => `experiment.step.${step}`),
      ...["vault", "seal", "move"].map((step) => `quarantine.effect.${step}`),
    ]);
    expect(away.result.undone).toEqual({ ok: true, remaining: [] });
    expect(statSync(suspect, { bigint: true })).toMatchObject({ ino, mode, size, mtimeNs, atimeNs });
    expect(ownCgroups()).toEqual(before);
    await goesOn(scenario);

    // What a security team asks for, of the same storm; the suspect comes back byte for byte.
    const bundle = `${state}/bundle.tar.gz`;
    const collected = await whoforks(["collect", "-o", bundle], { env: { WHOFORKS_STATE: state } });
    expect(collected.stdout).toContain("the manifest's sha256 is");
    const verified = await whoforks(["collect", "--verify", bundle, "-v", "--lang", "en"]);
    expect(verified).toMatchObject({ exitCode: 0, stderr: "" });
    for (const name of [
      "diagnosis.json",
      "case/manifest.json",
      "configuration/1",
      "origin/1.json",
      "processes/all.json",
    ])
      expect(verified.stdout).toContain(`  ${name}: `);
    const opened = await whoforks([
      "collect",
      "--verify",
      bundle,
      "--unseal",
      "suspects/1.sealed",
      "-o",
      `${state}/atd`,
    ]);
    expect(opened).toMatchObject({ exitCode: 0, stderr: "" });
    expect(readFileSync(`${state}/atd`).equals(readFileSync(`${scenario.rootOnHost}/usr/bin/atd`))).toBe(true);
    expect(statSync(`${state}/atd`).mode & 0o777).toBe(0o600);
    // What was proven last is in its diagnosis, and in that of its case by somebody else.
    execFileSync("tar", ["-xzf", bundle, "-C", state, "--wildcards", "*diagnosis.json", "*case/*"]);
    const found = readdirSync(state, { recursive: true, encoding: "utf8" });
    const unpacked = (end: string): string => `${state}/${found.find((path) => path.endsWith(end)) ?? end}`;
    const told = JSON.parse(readFileSync(unpacked("diagnosis.json"), "utf8")) as Diagnosis;
    expect(told.experiment).toMatchObject({
      id: away.result.id,
      exe: "/usr/bin/atd",
      kind: "quarantine",
      outcome: "proven",
      errorRate: 1 / 32,
      storm: told.storms[0]?.id,
    });
    const elsewhere = { env: { WHOFORKS_STATE: `${state}/none` } };
    const again = await whoforks(["diagnose", "--json", "--from", dirname(unpacked("case/manifest.json"))], elsewhere);
    expect((JSON.parse(again.stdout) as Diagnosis).experiment).toEqual(told.experiment);
    const bytes = readFileSync(bundle);
    writeFileSync(bundle, bytes.subarray(0, bytes.length / 2));
    expect((await whoforks(["collect", "--verify", bundle])).exitCode).toBe(1);

    // Whoever is above this test, PID 1, and what does not live are never held; a plan alone does nothing.
    for (const [args, why] of [
      [["--freeze", "1"], "PID 1 is never held"],
      [["--freeze", String(process.pid)], "whoforks itself"],
      [["--sigstop", "2"], "thread of the kernel"],
      [["--freeze", "4194303"], "there is no process"],
    ] as const) {
      const refused = await prove(args);
      expect(refused.stderr).toContain(why);
      expect(refused).toMatchObject({ exitCode: 2, stdout: "" });
    }
  } finally {
    innocent.kill("SIGKILL");
    await scenario.stop();
  }
}, 180_000);

test("with a hundredth of a CPU nobody stands still, and hardly anybody is started", async (context) => {
  needsLab(context);
  const before = ownCgroups();
  // As fast as it goes: a storm that sleeps most of its time may need no more than that.
  const scenario = await startScenario("case", { seconds: 60 });
  try {
    const { result } = await proved(["--cpu-limit", "--pairs", "5"]);
    expect(result.verdict).toMatchObject({ outcome: "proven", code: "experiment.proven-by-cpu" });
    expect(result.plan).toMatchObject({ kind: "cpu-limit", target: "/usr/bin/atd" });
    expect(result.undone).toEqual({ ok: true, remaining: [] });
    expect(ownCgroups()).toEqual(before);
    await goesOn(scenario);
  } finally {
    await scenario.stop();
  }
}, 120_000);

test("killed at each step the guard takes everything back, and a storm that ends by itself proves nothing", async (context) => {
  needsLab(context);
  const before = ownCgroups();
  const scenario = await startScenario("case", { seconds: 120, rate: 150 });
  try {
    // Records: 1 begin, 2 and 3 the cgroup is made; with the file 4 and 5 who came since is taken in, 6 and 7 it is
    // frozen, 8 and 9 the vault is made, 10 and 11 the file is sealed, 12 and 13 moved.
    const suspect = `${scenario.rootOnHost}/usr/bin/atd`;
    const { ino, mode, mtimeNs } = statSync(suspect, { bigint: true });
    const file = ["--quarantine", "/usr/bin/atd", "--root", scenario.rootOnHost];
    for (const [at, args] of [
      [2, []],
      [13, file],
    ] as const) {
      const known = new Set(journals());
      const run = await prove(args, (child) => {
        void eventually(() => records(known).length >= at || child.exitCode !== null).then(() => child.kill("SIGKILL"));
      });
      expect(run).toMatchObject({ exitCode: null, stdout: "" });
      await eventually(() => records(known).at(-1)?.type === "end");
      expect(records(known).at(-1), `${at}`).toMatchObject({ type: "end", state: "undone" });
      expect(ownCgroups()).toEqual(before);
      expect(statSync(suspect, { bigint: true })).toMatchObject({ ino, mode, mtimeNs });
      await goesOn(scenario);
    }

    const interrupted = new Set(journals());
    const stopped = await proved([], (child) => {
      void eventually(() => records(interrupted).length >= 5).then(() => child.kill("SIGINT"));
    });
    expect(stopped).toMatchObject({
      result: { verdict: { code: "experiment.inconclusive.interrupted" }, because: null, undone: { ok: true } },
      exitCode: 130,
    });
    expect(ownCgroups()).toEqual(before);

    const known = new Set(journals());
    const ended = await proved([], () => {
      const held = (): number =>
        records(known).filter(({ type, kind }) => type === "doing" && kind === "cgroup.freeze").length;
      void eventually(() => held() >= 2).then(() => scenario.stop());
    });
    expect(ended).toMatchObject({
      exitCode: 3,
      result: { verdict: { outcome: "inconclusive" }, undone: { ok: true } },
    });
    expect(ownCgroups()).toEqual(before);
  } finally {
    await scenario.stop();
  }
}, 180_000);
