import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { LivingByEvents } from "../../src/capture/hidden/living-by-events.ts";
import { lookForHidden } from "../../src/capture/hidden/look.ts";
import { startObserver } from "../../src/capture/start-observer.ts";
import type { Diagnosis } from "../../src/diagnosis/result.ts";
import { diagnosed, whoforks } from "../support/whoforks.ts";

const BIN = fileURLToPath(new URL("../../bin/whoforks", import.meta.url));
const lacking = ["/usr/bin/gcc", "/usr/bin/unshare"].filter((path) => !existsSync(path));
const missing = process.getuid?.() !== 0 ? "not root" : lacking.length > 0 ? `no ${lacking.join(", ")}` : null;
const skip = missing !== null && !process.env["CI"];

describe.skipIf(skip)(`processes that /proc does not show${skip ? ` (${missing})` : ""}`, () => {
  let folder: string;
  const started: ChildProcess[] = [];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "whoforks-hidden-"));
  });
  afterEach(() => {
    for (const child of started.splice(0)) child.kill("SIGKILL");
  });
  afterAll(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  /** A process that lives for a minute at the most. */
  function sleeper(): number {
    const child = spawn("/bin/sleep", ["60"], { stdio: "ignore" });
    started.push(child);
    if (child.pid === undefined) throw new Error("no sleep");
    return child.pid;
  }

  /** Runs the tool in a mount namespace of its own, after a command that changes /proc there and nowhere else. */
  function behind(change: string, pid: number): { exitCode: number | null; result: Diagnosis; screen: string } {
    const run = (...format: string[]): ReturnType<typeof spawnSync> =>
      spawnSync(
        "/usr/bin/unshare",
        ["--mount", "--propagation", "private", "sh", "-euc", `${change}; shift; exec "$@"`, "sh", String(pid)].concat(
          [process.execPath, BIN, "diagnose", "--duration", "1s"],
          format,
        ),
        { encoding: "utf8", env: { ...process.env, LANG: "C.UTF-8" } },
      );
    const { status, stdout, stderr } = run("--json");
    if (!String(stdout).startsWith("{")) throw new Error(String(stderr));
    const screen = String(run("--lang", "en", "--no-color").stdout);
    return { exitCode: status, result: JSON.parse(String(stdout)) as Diagnosis, screen };
  }

  for (const [how, change] of [
    ["an empty file system mounted over its entry", 'mount -t tmpfs whoforks-hidden "/proc/$1"'],
    ["another process's entry mounted over its own", 'mount --bind /proc/1 "/proc/$1"'],
  ] as const) {
    it(`names one behind ${how}`, () => {
      const pid = sleeper();
      const { exitCode, result, screen } = behind(change, pid);
      expect(result.hidden).toEqual([
        expect.objectContaining({ pid, comm: "sleep", exe: "/usr/bin/sleep", missingFrom: ["lookup"] }),
      ]);
      expect(result.hidden?.[0]?.seenBy).toEqual(expect.arrayContaining(["own-proc", "cgroup"]));
      const age = Date.now() - Date.parse(result.hidden?.[0]?.startedAt ?? "");
      expect(Math.abs(age)).toBeLessThan(60_000);
      expect(exitCode).toBe(1);
      expect(screen).toMatch(new RegExp(`hidden +sleep \\(pid ${pid}\\) /usr/bin/sleep, since`));
    });
  }

  it("names one that a preloaded library takes out of the list, and the library", async () => {
    const library = `${folder}/hide.so`;
    const source = fileURLToPath(new URL("hidden-preload.c", import.meta.url));
    const made = spawnSync("/usr/bin/gcc", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]);
    expect(made.status, String(made.stderr)).toBe(0);
    const pid = sleeper();
    const { exitCode, result } = await diagnosed(["--duration", "1s"], {
      env: { LD_PRELOAD: library, HIDE: String(pid) },
    });
    expect(result.hidden).toEqual([
      expect.objectContaining({ pid, comm: "sleep", exe: "/usr/bin/sleep", missingFrom: ["listing"] }),
    ]);
    expect(result.hidden?.[0]?.seenBy).toEqual(expect.arrayContaining(["raw-listing", "own-proc", "cgroup"]));
    expect(result.hiddenLook?.preloaded).toEqual([library]);
    expect(exitCode).toBe(1);
  });

  it("keeps what it found in a case", async () => {
    const pid = sleeper();
    const record = `${folder}/hidden.case`;
    const change = `mount -t tmpfs whoforks-hidden "/proc/$1"; "${process.execPath}" "${BIN}" record -o "${record}" --duration 1s`;
    spawnSync("/usr/bin/unshare", ["--mount", "--propagation", "private", "sh", "-euc", change, "sh", String(pid)]);
    const { result } = await diagnosed(["--from", record]);
    expect(result.hidden?.map((one) => one.pid)).toEqual([pid]);
    expect(result.hiddenLook?.rounds).toBeGreaterThanOrEqual(3);
  });

  it("raises no false alarm in 200 rounds beside a storm", async () => {
    const storm = `i=0; while [ $i -lt 200000 ]; do /bin/true; i=$((i+1)); done`;
    const bounds = ["--kill-after=1", "170", "unshare", "--pid", "--fork", "--kill-child=KILL"];
    started.push(spawn("/usr/bin/timeout", [...bounds, "sh", "-c", storm], { stdio: "ignore" }));
    const alive = new LivingByEvents();
    const { observer } = startObserver({}, (event) => alive.note(event));
    if (observer === null) throw new Error("no kernel events here");
    let rounds = 0;
    let hits = 0;
    let told = 0;
    const { signal } = new AbortController();
    try {
      while (rounds < 200) {
        observer.poll();
        const { processes, look } = await lookForHidden({ events: alive.living, signal });
        rounds += look.rounds;
        hits += processes.length;
        told += look.witnesses.find(({ witness }) => witness === "events")?.told ?? 0;
      }
      expect(hits).toBe(0);
      // The witness most behind the times was really asked.
      expect(told).toBeGreaterThan(0);
    } finally {
      observer.stop();
      // timeout(1) leads a process group of its own.
      const group = started[0]?.pid;
      if (group !== undefined) process.kill(-group, "SIGKILL");
    }
  }, 180_000);

  it("says how it looked when nothing is hidden", async () => {
    const { result } = await diagnosed(["--duration", "1s"]);
    expect(result.hidden).toEqual([]);
    expect(result.hiddenLook?.rounds).toBe(3);
    for (const witness of ["raw-listing", "own-proc", "cgroup", "number"] as const)
      expect(result.hiddenLook?.witnesses.find((one) => one.witness === witness)?.told, witness).toBeGreaterThan(5);
    const { stdout } = await whoforks(["diagnose", "--duration", "1s", "-v", "--lang", "en", "--no-color"]);
    expect(stdout).toMatch(/hidden +looked 3 times/);
  });

  it("could not look: without root, and where /proc is another namespace's", async () => {
    const plain = await diagnosed(["--duration", "1s"], { uid: 65_534 });
    expect(plain.result.hidden).toBeNull();
    expect(plain.result.couldNotLook.map(({ code }) => code)).toContain("hidden.needs-root");
    const elsewhere = spawnSync(
      "/usr/bin/unshare",
      ["--pid", "--fork", "--kill-child", process.execPath, BIN, "diagnose", "--json", "--duration", "1s"],
      { encoding: "utf8" },
    );
    const result = JSON.parse(elsewhere.stdout) as Diagnosis;
    expect(result.hidden).toBeNull();
    expect(result.couldNotLook.map(({ code }) => code)).toContain("hidden.other-proc");
  });
});
