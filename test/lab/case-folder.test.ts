import { chownSync, cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { startScenario, type RunningScenario } from "../../lab/lab.mjs";
import type { Diagnosis } from "../../src/diagnosis/result.ts";
import { diagnosed, whoforks, type Run } from "../support/whoforks.ts";
import { needsLab } from "./needs.ts";

const BIN = fileURLToPath(new URL("../../bin/whoforks", import.meta.url));
const NOBODY = 65_534;
const folder = mkdtempSync(join(tmpdir(), "whoforks-case-lab-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function during<T>(name: string, seconds: number, run: (scenario: RunningScenario) => Promise<T>): Promise<T> {
  const scenario = await startScenario(name, { seconds });
  try {
    return await run(scenario);
  } finally {
    await scenario.stop();
  }
}

/** The JSON as printed, but for what the run itself has cost: it is the last key. */
function withoutCost({ stdout }: Run): string {
  const at = stdout.lastIndexOf('\n  "cost": {');
  expect(at).toBeGreaterThan(0);
  return stdout.slice(0, at);
}

for (const name of ["case", "respawn-loop", "shell-loop", "two-at-once", "quiet"] as const) {
  test(`${name}: a saved run is diagnosed elsewhere as it was here, byte for byte`, async (context) => {
    needsLab(context);
    const path = join(folder, name);
    const { live, expected } = await during(name, 15, async (scenario) => ({
      live: await whoforks(["diagnose", "--json", "--duration", "3s", "--save", path]),
      expected: scenario.expected,
    }));
    expect(live.stderr).toBe("");
    const result = JSON.parse(live.stdout) as Diagnosis;
    expect(result.verdict.outcome).toBe(expected.outcome);

    // The storm and its root are gone by now.
    const again = await whoforks(["diagnose", "--json", "--from", path]);
    expect(withoutCost(again)).toBe(withoutCost(live));
    expect(again.exitCode).toBe(live.exitCode);

    const moved = join(mkdtempSync(join(tmpdir(), "whoforks-moved-")), "other name");
    try {
      renameSync(path, moved);
      chownSync(join(moved, ".."), NOBODY, NOBODY);
      chownSync(moved, NOBODY, NOBODY);
      for (const file of readdirSync(moved, { recursive: true, encoding: "utf8" }))
        chownSync(join(moved, file), NOBODY, NOBODY);
      const elsewhere = await whoforks(["diagnose", "--json", "--from", moved], { uid: NOBODY });
      expect(elsewhere.stderr).toBe("");
      expect(withoutCost(elsewhere)).toBe(withoutCost(live));
      const text = async (args: string[]): Promise<string> =>
        (await whoforks(["diagnose", "-v", "--from", moved, ...args])).stdout.replace(/own CPU [\d.]+ s/, "");
      expect(await text(["--lang", "zh-CN"])).not.toBe(await text(["--lang", "en"]));
    } finally {
      rmSync(join(moved, ".."), { recursive: true });
    }
  });
}

test("the job that starts the impostor comes along, the impostor does not", async (context) => {
  needsLab(context);
  const path = join(folder, "files-case");
  const inittab = await during("case", 15, async ({ initPid }) => {
    await diagnosed(["--save", path]);
    return readFileSync(`/proc/${initPid}/root/etc/inittab`, "utf8");
  });
  expect(readdirSync(join(path, "files"))).toEqual(["0001"]);
  expect(readFileSync(join(path, "files/0001"), "utf8")).toBe(inittab);
});

test("record collects for the whole time and says how to diagnose it", async (context) => {
  needsLab(context);
  const path = join(folder, "it's recorded");
  const recorded = await during("case", 15, () => whoforks(["record", "-o", path, "--duration", "3s"]));
  expect(recorded).toMatchObject({ exitCode: 0, stderr: "" });
  expect(recorded.stdout).toMatch(/: \d+ events in 3\.\d s, 0 lost; /);
  const command = recorded.stdout.trim().split("elsewhere: whoforks ")[1] ?? "";
  const { status, stdout } = spawnSync("sh", ["-c", `exec ${process.execPath} ${BIN} ${command}`], {
    encoding: "utf8",
  });
  expect(status).toBe(1);
  expect(stdout).toContain("/usr/bin/atd replaces itself");
  const { result } = await diagnosed(["--from", path]);
  expect(result.window.seconds).toBeGreaterThanOrEqual(3);
});

test("Ctrl-C ends the recording, and what was seen until then is kept", async (context) => {
  needsLab(context);
  const path = join(folder, "interrupted");
  const { exitCode } = await whoforks(["record", "-o", path, "--duration", "60s"], {
    during: (child) => setTimeout(() => child.kill("SIGINT"), 2500),
  });
  expect(exitCode).toBe(130);
  const { result } = await diagnosed(["--from", path]);
  expect(result.window.seconds).toBeLessThan(30);
  expect(result.couldNotLook.filter((gap) => gap.code.startsWith("case."))).toEqual([]);
});

test("a full disk costs the case, not the diagnosis", async (context) => {
  needsLab(context);
  const small = mkdtempSync(join(folder, "small-"));
  const out = join(folder, "from-small");
  // A file system of its own with 400 KiB, of which 320 are set aside, in a mount namespace of its own that vanishes with the command.
  const script = `mount -t tmpfs -o size=400k whoforks-test "$1" && "$2" "$3" diagnose --json --duration 3s --save "$1/full"
    code=$?; cp -r "$1/full" "$4"; exit $code`;
  const run = await during("case", 15, () => {
    const args = ["-m", "sh", "-c", script, "sh", small, process.execPath, BIN, out];
    return Promise.resolve(spawnSync("unshare", args, { encoding: "utf8" }));
  });
  expect(run.stderr).toContain("is not complete");
  expect(run.stderr).toContain("ENOSPC");
  expect(run.status).toBe(1);
  const live = JSON.parse(run.stdout) as Diagnosis;
  expect(live.verdict.code).toBe("verdict.self-replicating-chain.impostor");

  const { result } = await diagnosed(["--from", out]);
  expect(result.couldNotLook.some((gap) => gap.code === "case.incomplete")).toBe(true);
  expect(result.verdict.code).toBe(live.verdict.code);
  expect(result.window.seconds).toBeLessThan(live.window.seconds);
  expect(result.identities).toEqual(live.identities);
  expect(readdirSync(out).filter((name) => name.startsWith("reserve"))).toEqual([]);

  const none = spawnSync(
    "unshare",
    ["-m", "sh", "-c", script.replace("400k", "200k"), "sh", small, process.execPath, BIN, out],
    {
      encoding: "utf8",
    },
  );
  expect(none.stderr).toContain("cannot make the case");
});

test("wrong usage is said before anything is observed", async (context) => {
  needsLab(context);
  const taken = mkdtempSync(join(folder, "taken-"));
  writeFileSync(join(taken, "mine"), "kept");
  for (const args of [
    ["diagnose", "--save", taken],
    ["record", "-o", taken],
    ["record", "-o", join(folder, "missing/deeper")],
    ["record"],
    ["diagnose", "--save", join(folder, "x"), "--from", taken],
  ]) {
    const { exitCode, stderr, stdout } = await whoforks(args);
    expect({ args, exitCode, stdout }).toEqual({ args, exitCode: 2, stdout: "" });
    expect(stderr).not.toContain("bug");
  }
  expect(readdirSync(taken)).toEqual(["mine"]);
  const path = join(folder, "usage");
  expect((await whoforks(["record", "-o", path, "--duration", "500ms"])).exitCode).toBe(0);
  cpSync(path, `${path}-damaged`, { recursive: true });
  writeFileSync(join(`${path}-damaged`, "manifest.sha256"), "");
  for (const args of [
    ["--from", path, "--root", "/"],
    ["--from", path, taken],
    ["--from", `${path}-damaged`],
  ])
    expect((await whoforks(["diagnose", ...args])).exitCode).toBe(2);
});
