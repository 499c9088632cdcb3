import { spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startScenario } from "../../lab/lab.mjs";
import { systemdTree, whyNoSystemd } from "../../lab/systemd-tree.mjs";
import type { Diagnosis, Storm } from "../../src/diagnosis/result.ts";
import { diagnosed, whoforks } from "../support/whoforks.ts";

const missing = whyNoSystemd();
const skip = missing !== null && !process.env["CI"];

/** A shell that runs /bin/true again and again, `count` times at the most: bounded whoever forgets to end it. */
const POLL = (count: number): string => `i=0; while [ $i -lt ${count} ]; do /bin/true; i=$((i+1)); done`;
const ENDLESS = 100_000;

describe.skipIf(skip)(`storms in roots of their own${skip ? ` (${missing})` : ""}`, () => {
  let tree: string;
  let folder: string;
  const started: ChildProcess[] = [];

  beforeAll(() => {
    if (missing !== null) throw new Error(`no other root can be made here: ${missing}`);
    tree = systemdTree();
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-containers-"));
  }, 900_000);

  afterEach(() => {
    // timeout(1) leads a process group of its own; the namespace's init goes with unshare (--kill-child).
    for (const { pid } of started.splice(0)) {
      try {
        if (pid !== undefined) process.kill(-pid, "SIGKILL");
      } catch {
        // Its time was over.
      }
    }
  });

  afterAll(() => {
    if (folder !== undefined) fs.rmSync(folder, { recursive: true });
  });

  /** Runs a command as init of a PID namespace of its own, for so many seconds at the most. */
  function contain(unshare: string[], command: string[], seconds = 30): void {
    const bounds = ["timeout", "--signal=KILL", String(seconds), "unshare", "--pid", "--fork", "--kill-child=KILL"];
    const [program = "", ...args] = [...bounds, ...unshare, ...command];
    started.push(spawn(program, args, { stdio: "ignore", env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } }));
  }

  /** The storm that the shell makes. Others may fork on this machine meanwhile. */
  function loopIn(result: Diagnosis, fits: (storm: Storm) => boolean): Storm {
    const found = result.storms.find((storm) => storm.kind === "shell-loop" && fits(storm));
    if (found === undefined) throw new Error(`no such storm: ${JSON.stringify(result.storms, null, 1)}`);
    return found;
  }

  it("a chroot: judged by the packages of its directory", async () => {
    contain([], ["chroot", tree, "/bin/sh", "-c", POLL(ENDLESS)]);
    await sleep(300);
    const { exitCode, result } = await diagnosed(["--duration", "6s"]);
    expect(exitCode).toBe(1);
    const storm = loopIn(result, ({ program }) => program.root === fs.realpathSync(tree));
    expect(storm.spawner?.namespacePid).toBe(1);
    expect(storm.container).toMatchObject({ runtime: "namespaces" });
    const identity = result.identities.find(({ root }) => root === storm.program.root);
    expect(identity).toMatchObject({ verdict: "genuine", owner: { manager: "dpkg", package: "coreutils" } });
  });

  it("a container that has ended within the window: could not look, and why", async () => {
    const record = `${folder}/gone.case`;
    const recording = whoforks(["record", "-o", record, "--duration", "5s"]);
    await sleep(1500);
    const enter = `mount --bind "$1" "$1" && cd "$1" && pivot_root . mnt && exec chroot . /bin/sh -c 'umount -l /mnt; ${POLL(ENDLESS)}'`;
    contain(["--mount", "--propagation", "private"], ["sh", "-c", enter, "sh", tree], 1.6);
    const { stderr } = await recording;
    const { result } = await diagnosed(["--from", record]);
    const storm = loopIn(result, ({ program }) => program.root.startsWith("mnt:["));
    const gap = result.couldNotLook.find(({ code }) => code === "identity.container-gone");
    expect(gap?.what, stderr).toContain(storm.program.exe);
    expect(gap?.why).toContain(storm.program.root);
    expect(result.identities.find(({ root }) => root === storm.program.root)).toBeUndefined();
    const screen = await whoforks(["diagnose", "--from", record, "--lang", "en", "--no-color"]);
    expect(screen.stdout).toContain("was left at the end of the window");
  });

  it("a real nspawn with a real systemd: its container, its unit, and the job that starts it", async () => {
    const scenario = await startScenario(
      {
        name: "whoforks-poll",
        about: "a shell loop in a service of a real systemd",
        system: "systemd",
        expected: { outcome: "storm", exitCode: 1, kind: "shell-loop" },
        prepare(tools) {
          tools.write("/usr/local/bin/poll", `#!/bin/sh\n${POLL(ENDLESS)}\n`, 0o755);
          tools.write(
            "/etc/systemd/system/whoforks-poll.service",
            "[Service]\nExecStart=/usr/local/bin/poll\nRuntimeMaxSec=30\n",
          );
          tools.link("/etc/systemd/system/multi-user.target.wants/whoforks-poll.service", "../whoforks-poll.service");
          return {};
        },
      },
      { seconds: 60, pids: 300 },
    );
    try {
      const { exitCode, result } = await diagnosed(["--duration", "6s"]);
      expect(exitCode).toBe(1);
      const storm = loopIn(result, (one) => one.unit?.unit === "whoforks-poll.service");
      expect(storm.container).toMatchObject({ runtime: "systemd-nspawn" });
      expect(storm.cgroup).toMatch(/^\/whoforks-lab-\w+\/payload\/system\.slice\/whoforks-poll\.service$/);
      expect(storm.program.root).toMatch(/^\/proc\/\d+\/root$/);
      expect(storm.spawner?.namespacePid).toBeGreaterThan(1);
      const identity = result.identities.find(({ root }) => root === storm.program.root);
      expect(identity).toMatchObject({ verdict: "genuine", owner: { package: "coreutils" } });
      const restart = result.restarts.find((one) => one.storm === storm.id);
      expect(restart).toMatchObject({ supervisor: "systemd", unit: "whoforks-poll.service" });
    } finally {
      await scenario.stop();
    }
  }, 120_000);
});
