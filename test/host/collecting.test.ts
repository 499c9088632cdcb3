import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { diagnosed } from "../support/whoforks.ts";
import { needsProgram } from "../lab/needs.ts";
import { cannotRun } from "./tracefs-lab.ts";

/** The commands that docs/collecting.md tells people to run are run here, as they stand there but for times and folders. */
const why = cannotRun();
const DOCUMENT = readFileSync(fileURLToPath(new URL("../../docs/collecting.md", import.meta.url)), "utf8");
const SECONDS = 4;
const RUNS = 150;

describe.skipIf(why !== null)(`commands to collect with${why === null ? "" : ` (skipped: ${why})`}`, () => {
  const dir = mkdtempSync(join(tmpdir(), "whoforks-collecting-"));
  chmodSync(dir, 0o755);
  const instance = `whoforks-test-${process.pid}`;
  const loop = join(dir, "loop.sh");
  writeFileSync(loop, `i=0; while [ $i -lt ${RUNS} ]; do i=$((i+1)); /bin/true; done\n`);
  afterAll(() => {
    // If its own last line was not reached.
    const left = `/sys/kernel/tracing/instances/${instance}`;
    if (existsSync(left)) rmdirSync(left);
    rmSync(dir, { recursive: true });
  });

  /** The first shell block under a heading. */
  function block(heading: string): string {
    const from = DOCUMENT.indexOf(`\n## ${heading}\n`);
    expect(from).toBeGreaterThan(0);
    const text = /```sh\n(.*?)```/s.exec(DOCUMENT.slice(from))?.[1] ?? "";
    expect(text).not.toBe("");
    return text
      .replaceAll(/(?:\/var)?\/tmp\//g, `${dir}/`)
      .replaceAll("instances/who", `instances/${instance}`)
      .replaceAll(/\b(sleep|timeout) 10\b/g, `$1 ${SECONDS}`);
  }

  /** Runs a script, and after a second the loop beside it. */
  async function beside(script: string): Promise<void> {
    const child = spawn("/bin/bash", ["-c", script], { cwd: dir, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const closed = once(child, "close");
    await new Promise((go) => setTimeout(go, 1500));
    spawnSync("/bin/sh", [loop]);
    await closed;
    expect(said.replace(/^Terminated\n/, "")).toBe("");
  }

  /** What the diagnosis of a file says of the loop's program. */
  async function told(file: string) {
    const { result } = await diagnosed(["--from", join(dir, file)]);
    return { result, storm: result.storms.find(({ program }) => /^true$|\/true$/.test(program.exe ?? program.comm)) };
  }

  test("ten seconds, nothing installed: the kernel's trace, by shell", async () => {
    await beside(block("Ten seconds, nothing installed"));
    expect(existsSync(`/sys/kernel/tracing/instances/${instance}`)).toBe(false);
    const { storm } = await told("who.trace");
    expect(storm).toMatchObject({ kind: "shell-loop", processes: RUNS, program: { exe: "/bin/true" } });
    expect(storm?.lifetimeMs).not.toBeNull();
  });

  test("with perf", async (context) => {
    needsProgram(context, "/usr/bin/perf");
    await beside(block("With perf"));
    const { storm } = await told("who.perf.txt");
    expect(storm).toMatchObject({ kind: "shell-loop", processes: RUNS });
  });

  test("hours, not seconds: accounting, in a PID namespace of its own here", async (context) => {
    needsProgram(context, "/usr/sbin/accton");
    const script = block("Hours, not seconds").replace(/sleep \d+/, `/bin/sh ${loop}`);
    spawnSync("unshare", ["-p", "-f", "--kill-child", "/bin/bash", "-c", script], { stdio: "ignore" });
    const { storm } = await told("pacct");
    expect(storm?.processes).toBe(RUNS);
  });

  test("around one program", async (context) => {
    needsProgram(context, "/usr/bin/strace");
    const script = block("Around one program").replace("COMMAND", `/bin/sh ${loop}`);
    spawnSync("/bin/bash", ["-c", script], { cwd: dir, stdio: "ignore" });
    const { storm } = await told("who.strace");
    expect(storm).toMatchObject({ kind: "shell-loop", processes: RUNS });
  });

  test("a supervisor that is not PID 1: only its signals", async (context) => {
    needsProgram(context, "/usr/bin/strace");
    const shell = spawn("/bin/sh", ["-c", `sleep 1; exec /bin/sh ${loop}`], { stdio: "ignore" });
    const script = block("PID 1 must not be traced").replace("PID", String(shell.pid));
    spawnSync("/bin/bash", ["-c", script], { cwd: dir, stdio: "ignore" });
    const { result } = await diagnosed(["--from", join(dir, "who.strace")]);
    expect(result.symptom.exitsPerSecond * result.window.seconds).toBeGreaterThan(RUNS - 3);
    expect(result.couldNotLook.map(({ what }) => what).join()).toMatch(/who forks/);
  });

  test("without root: two numbers whose difference is the forks", () => {
    const { stdout } = spawnSync("/bin/bash", ["-c", block("Without root").replace("sleep 4", `/bin/sh ${loop}`)], {
      encoding: "utf8",
      uid: 65534,
    });
    const [before, after] = [...stdout.matchAll(/^processes (\d+)$/gm)].map((match) => Number(match[1]));
    expect((after ?? 0) - (before ?? 0)).toBeGreaterThanOrEqual(RUNS);
    expect(stdout).toMatch(/PID +PPID/);
  });

  test("files that go with any log: unpacked they are a root to diagnose with", () => {
    const script = block("Files that go with any log").replace("PROGRAM", "bin/true");
    const { status } = spawnSync("/bin/bash", ["-c", script], { cwd: dir, stdio: "ignore" });
    expect([0, 2]).toContain(status);
    const { stdout } = spawnSync("tar", ["-tzf", join(dir, "who.files.tar.gz")], {
      encoding: "utf8",
      maxBuffer: 1 << 26,
    });
    expect(stdout).toContain("var/lib/dpkg/status");
  });
});
