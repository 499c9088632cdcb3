import { chownSync, cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { startScenario, type RunningScenario } from "../../lab/lab.mjs";
import type { Manifest } from "../../src/casefolder/manifest.ts";
import type { Diagnosis } from "../../src/diagnosis/result.ts";
import { diagnosed, whoforks, type Run } from "../support/whoforks.ts";
import { needsLab } from "./needs.ts";

const BIN = fileURLToPath(new URL("../../bin/whoforks", import.meta.url));
const NOBODY = 65_534;
const folder = mkdtempSync(join(tmpdir(), "whoforks-case-lab-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function during<T>(
  name: string,
  seconds: number,
  run: (scenario: RunningScenario) => Promise<T>,
  rate = 0,
): Promise<T> {
  const scenario = await startScenario(name, { seconds, rate });
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

for (const name of ["two-at-once", "quiet"] as const) {
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
  expect(readFileSync(join(path, "files/0001"), "utf8")).toBe(inittab);
  const { parts } = JSON.parse(readFileSync(join(path, "manifest.json"), "utf8")) as Manifest;
  const copied = parts.filter(({ source }) => source !== undefined);
  expect(readdirSync(join(path, "files"))).toHaveLength(copied.length);
  expect(copied.map(({ source }) => source?.path)).not.toContain("/usr/bin/atd");
  // The package whose program it claims to be, as dpkg's own files have it.
  const excerpt = (file: string): string => {
    const found = copied.find(({ source, excerpt: part }) => part === true && source?.path === file);
    return readFileSync(join(path, found?.name ?? "missing"), "latin1");
  };
  expect(excerpt("/var/lib/dpkg/status")).toMatch(/^Package: at\n(?:.+\n)*Version: /);
  const listed = excerpt("/var/lib/dpkg/info/at.list").trimEnd().split("\n");
  expect(listed).toContain("/usr/sbin/atd");
  expect(listed.every((line) => line.endsWith("/atd"))).toBe(true);
  expect(excerpt("/var/lib/dpkg/info/at.md5sums")).toMatch(/^[0-9a-f]{32}  usr\/sbin\/atd\n$/);
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

/** Where `$1` is a tmpfs of some KiB, of which 320 are set aside, in a mount namespace of its own that vanishes with the command. */
const SMALL = (size: string, run: string): string =>
  `mount -t tmpfs -o size=${size} whoforks-test "$1" || exit 99
  "$2" "$3" ${run} "$1/full" & tool=$!
  # Takes all that is left once the recording has written this much.
  while kill -0 $tool 2>/dev/null && [ "$(stat -c %s "$1/full/events.bin" 2>/dev/null || echo 0)" -lt $5 ]; do sleep 0.01; done
  # And what the raw pages leave when they are given up.
  while kill -0 $tool 2>/dev/null; do head -c 100M /dev/zero >> "$1/filler" 2>/dev/null; sleep 0.1; done
  wait $tool; code=$?; cp -r "$1/full" "$4"; exit $code`;

function onSmallDisk(size: string, run: string, out: string, after: number): ReturnType<typeof spawnSync> {
  const at = mkdtempSync(join(folder, "small-"));
  const args = ["-m", "sh", "-c", SMALL(size, run), "sh", at, process.execPath, BIN, out, String(after)];
  return spawnSync("unshare", args, { encoding: "utf8" });
}

test("a disk that is full from the start does not hinder the diagnosis", async (context) => {
  needsLab(context);
  const out = join(folder, "full-from-the-start");
  const run = await during("case", 15, () =>
    Promise.resolve(onSmallDisk("400k", "diagnose --json --duration 3s --save", out, 1)),
  );
  expect(run.status, String(run.stderr)).toBe(1);
  const live = JSON.parse(String(run.stdout)) as Diagnosis;
  expect(live.verdict.code).toBe("verdict.self-replicating-chain.impostor");
  // A short case may fit into what was set aside; what does not is said.
  const { result } = await diagnosed(["--from", out]);
  const gap = result.couldNotLook.some(({ code }) => code === "case.incomplete");
  expect(gap).toBe(String(run.stderr).includes("is not complete"));

  const none = onSmallDisk("200k", "diagnose --save", join(folder, "none"), 1);
  expect(none.stderr).toContain("cannot make the case");
});

test("a disk that fills while the storm is recorded: what is kept still tells it", async (context) => {
  needsLab(context);
  const out = join(folder, "from-small");
  // Filled when some frames of events are there. At a rate that every machine can keep: of a faster storm that much is one frame.
  const onDisk = (): Promise<ReturnType<typeof spawnSync>> =>
    Promise.resolve(onSmallDisk("8m", "record -q --duration 7s -o", out, 6000));
  const run = await during("case", 40, onDisk, 250);
  expect(run.stderr).toMatch(/events\.bin: ENOSPC/);
  expect(run.status).toBe(3);
  const { result } = await diagnosed(["--from", out]);
  expect(result.couldNotLook.some((gap) => gap.code === "case.incomplete" && gap.why.includes("are missing"))).toBe(
    true,
  );
  expect(result.verdict.code).toBe("verdict.self-replicating-chain.impostor");
  expect(result.window.seconds).toBeLessThan(7);
  expect(result.identities[0]?.verdict).toBe("impostor");
  expect(readdirSync(out).filter((name) => name.startsWith("reserve"))).toEqual([]);
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
