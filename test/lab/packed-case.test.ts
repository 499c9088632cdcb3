import { spawnSync, type ChildProcess } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { randomBytes } from "node:crypto";
import { afterAll, expect, test } from "vitest";
import { startScenario, type RunningScenario } from "../../lab/lab.mjs";
import { packCase, unfinishedFolder } from "../../src/casefolder/pack.ts";
import type { Diagnosis } from "../../src/diagnosis/result.ts";
import { diagnosed, whoforks, type Run } from "../support/whoforks.ts";
import { needsLab } from "./needs.ts";

const BIN = fileURLToPath(new URL("../../bin/whoforks", import.meta.url));
const NOBODY = 65_534;
const folder = mkdtempSync(join(tmpdir(), "whoforks-packed-lab-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function during<T>(run: (scenario: RunningScenario) => Promise<T>): Promise<T> {
  const scenario = await startScenario("case", { seconds: 20 });
  try {
    return await run(scenario);
  } finally {
    await scenario.stop();
  }
}

function place(): string {
  return mkdtempSync(join(folder, "place-"));
}

/** The JSON as printed, but for what the run itself has cost: it is the last key. */
function withoutCost({ stdout }: Run): string {
  const at = stdout.lastIndexOf('\n  "cost": {');
  expect(at).toBeGreaterThan(0);
  return stdout.slice(0, at);
}

/** Runs in a mount namespace where `place` is a tmpfs of this size, gone with the command. `script` gets node, whoforks and the place. */
function onSmallDisk(size: string, at: string, script: string, ...more: string[]): ReturnType<typeof spawnSync> {
  const all = `mount -t tmpfs -o size=${size} whoforks-test "$3" || exit 99\n${script}`;
  return spawnSync("unshare", ["-m", "sh", "-c", all, "sh", process.execPath, BIN, at, ...more], { encoding: "utf8" });
}

test("a packed run is moved away and diagnosed by nobody as it was here, byte for byte", async (context) => {
  needsLab(context);
  const here = place();
  const path = join(here, "web1.tar.gz");
  const live = await during(() => whoforks(["diagnose", "--json", "--duration", "3s", "--save", path]));
  expect(live).toMatchObject({ exitCode: 1, stderr: "" });
  expect((JSON.parse(live.stdout) as Diagnosis).verdict.code).toBe("verdict.self-replicating-chain.impostor");
  expect(readdirSync(here)).toEqual(["web1.tar.gz"]);
  expect(statSync(path).mode & 0o777).toBe(0o600);

  const elsewhere = mkdtempSync(join(tmpdir(), "whoforks-elsewhere-"));
  try {
    const moved = join(elsewhere, "other name");
    renameSync(path, moved);
    for (const owned of [elsewhere, moved]) chownSync(owned, NOBODY, NOBODY);
    const again = await whoforks(["diagnose", "--json", "--from", moved], { uid: NOBODY });
    expect(again).toMatchObject({ exitCode: 1, stderr: "" });
    expect(withoutCost(again)).toBe(withoutCost(live));
    // As a folder it says the same.
    spawnSync("tar", ["-xzf", moved, "-C", elsewhere]);
    const asFolder = await whoforks(["diagnose", "--json", "--from", join(elsewhere, "web1.case")]);
    expect(withoutCost(asFolder)).toBe(withoutCost(live));
  } finally {
    rmSync(elsewhere, { recursive: true });
  }
});

test("record packs, says the next command, and overwrites nothing", async (context) => {
  needsLab(context);
  const path = join(place(), "it's.tgz");
  const recorded = await whoforks(["record", "-o", path, "--duration", "500ms"]);
  expect(recorded).toMatchObject({ exitCode: 0, stderr: "" });
  const command = recorded.stdout.trim().split("elsewhere: whoforks ")[1] ?? "";
  const { status, stderr } = spawnSync("sh", ["-c", `exec ${process.execPath} ${BIN} ${command}`], {
    encoding: "utf8",
  });
  expect({ status: [0, 1].includes(status ?? -1), stderr }).toEqual({ status: true, stderr: "" });

  const before = readFileSync(path);
  for (const args of [
    ["record", "-o", path],
    ["diagnose", "--save", path],
  ]) {
    const refused = await whoforks(args);
    expect(refused).toMatchObject({ exitCode: 2, stdout: "" });
    expect(refused.stderr).toContain("is there already");
  }
  expect(readFileSync(path).equals(before)).toBe(true);
  expect(readdirSync(join(path, ".."))).toEqual(["it's.tgz"]);
});

test("no room to pack: the case stays a folder, nothing bears the archive's name, and that is said", async (context) => {
  needsLab(context);
  const at = place();
  expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=8m", "whoforks-test", at]).status).toBe(0);
  try {
    // Room for the case and for a part of the archive; noise cannot be packed smaller.
    const path = join(at, "web1.tar.gz");
    const from = unfinishedFolder(path);
    mkdirSync(from, { mode: 0o700 });
    for (const [name, bytes] of [
      ["manifest.json", 10],
      ["manifest.sha256", 64],
      ["trace.dat", 5 << 20],
    ] as const)
      writeFileSync(join(from, name), randomBytes(bytes));
    const account = { path: from, events: { kept: 1, dropped: 0 }, size: 1, problems: [] };
    const made = await packCase(account, path);
    expect(made.notPacked).toMatchObject({ path, why: expect.stringContaining("ENOSPC") });
    expect(made.path).toBe(join(at, "web1.case"));
    expect(readdirSync(at)).toEqual(["web1.case"]);
    expect(readdirSync(made.path).sort()).toEqual(["manifest.json", "manifest.sha256", "trace.dat"]);
  } finally {
    spawnSync("umount", [at]);
  }
});

test("a target that cannot be written to is said before anything is observed", async (context) => {
  needsLab(context);
  const script = `mount -o remount,ro "$3"; "$1" "$2" record -o "$3/$4"; code=$?; ls -A "$3"; exit $code`;
  for (const name of ["web1.case", "web1.tar.gz"]) {
    const { status, stdout, stderr } = onSmallDisk("1m", place(), script, name);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("EROFS");
    expect(stderr).toContain(name.endsWith("gz") ? "name a file" : "name a folder");
  }
});

test("a target that is taken away meanwhile costs the case, not the run, and is said", async (context) => {
  needsLab(context);
  for (const name of ["web1.case", "web1.tar.gz"]) {
    const inner = join(place(), "inner");
    mkdirSync(inner);
    const run = await whoforks(["diagnose", "--duration", "2s", "--json", "--save", join(inner, name)], {
      during: (child) =>
        void whenBegun(inner, child, name, "events.bin").then(() => rmSync(inner, { recursive: true, force: true })),
    });
    expect([0, 1]).toContain(run.exitCode);
    expect((JSON.parse(run.stdout) as Diagnosis).sources[0]?.lost).toBe(0);
    expect(run.stderr).toContain("ENOENT");
    expect(run.stderr).not.toContain("bug");
    expect(existsSync(join(inner, name))).toBe(false);
  }
});

test("killed at any moment, nothing that is left pretends to be a case, and the next run works", async (context) => {
  needsLab(context);
  const at = place();
  for (let round = 0; round < 8; round++) {
    const name = round % 2 === 0 ? `killed-${round}.tar.gz` : `killed-${round}.case`;
    const wait = Math.random() * 900;
    const run = await whoforks(["record", "-q", "-o", join(at, name), "--duration", "500ms"], {
      during: (child) =>
        void whenBegun(at, child, name)
          .then(() => sleep(wait))
          .then(() => child.kill("SIGKILL")),
    });
    for (const left of readdirSync(at)) {
      const path = join(at, left);
      const whole = run.exitCode === 0 || existsSync(join(path, "manifest.sha256")) || left.endsWith(".gz");
      const { exitCode, stderr } = await whoforks(["diagnose", "--from", path]);
      // Whoever got as far as the manifest has a case; everything before is refused, with a message.
      if (whole)
        expect({ left, wait, exitCode, stderr }).toMatchObject({ exitCode: expect.toBeOneOf([0, 1, 3]), stderr: "" });
      else expect({ left, wait, exitCode }).toMatchObject({ exitCode: 2 });
      rmSync(path, { recursive: true });
    }
  }
  const { exitCode, stderr } = await whoforks(["record", "-o", join(at, "next.tgz"), "--duration", "500ms"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(readdirSync(at)).toEqual(["next.tgz"]);
});

/** Resolves when the recording has made its folder and `part` in it, or the program has ended. */
async function whenBegun(at: string, child: ChildProcess, name: string, part = "."): Promise<void> {
  const begun = (): boolean =>
    readdirSync(at).some((each) => each.startsWith(name) && existsSync(join(at, each, part)));
  while (child.exitCode === null && !begun()) await sleep(5);
}

test("room for the events alone: the trace is given up, and that is said", async (context) => {
  needsLab(context);
  const out = join(folder, "without-trace");
  const script = `"$1" "$2" record -q -o "$3/web1.case" --duration 3s & tool=$!
    while ! [ -e "$3/web1.case/events.bin" ]; do sleep 0.01; done
    head -c 100M /dev/zero > "$3/filler" 2>/dev/null; wait $tool; code=$?; cp -r "$3/web1.case" "$4"; exit $code`;
  const run = await during(() => Promise.resolve(onSmallDisk("2m", place(), script, out)));
  expect(run.status, String(run.stderr)).toBe(3);
  expect(run.stderr).toMatch(/trace\.dat: .*ENOSPC/);
  expect(readdirSync(out)).not.toContain("trace.dat");
  const { result } = await diagnosed(["--from", out]);
  expect(result.couldNotLook.some(({ code, why }) => code === "case.incomplete" && why.includes("trace.dat"))).toBe(
    true,
  );
});
