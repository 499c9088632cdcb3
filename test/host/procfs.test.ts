import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hostFacts } from "../../src/capture/procfs/host.ts";
import { snapshot } from "../../src/capture/procfs/snapshot.ts";
import { imageOf } from "../../src/capture/newest.ts";
import { cannotRun, Programs } from "./tracefs-lab.ts";

const obstacle = cannotRun();

describe.skipIf(obstacle !== null)(
  `the living, from /proc${obstacle === null ? "" : ` (skipped: ${obstacle})`}`,
  () => {
    let programs: Programs;
    const started: ChildProcess[] = [];
    beforeAll(() => {
      programs = new Programs();
    });
    afterAll(() => {
      for (const child of started) child.kill("SIGKILL");
      programs.remove();
    });

    async function start(program: string, args: string[], argv0?: string): Promise<number> {
      const child = spawn(program, args, {
        stdio: ["pipe", "ignore", "ignore"],
        ...(argv0 === undefined ? {} : { argv0 }),
      });
      await once(child, "spawn");
      started.push(child);
      return child.pid ?? 0;
    }

    test("a name made to mislead, and arguments that claim to be another program", async () => {
      const cat = programs.copy("/bin/cat", ") R 1 2\n(x");
      const pid = await start(cat, ["-", "-"], "init [2]");
      const facts = snapshot().processes.get(pid);
      expect(facts).toMatchObject({
        pid,
        ppid: process.pid,
        comm: ") R 1 2\n(x",
        exe: cat,
        root: "/",
        argv: ["init [2]", "-", "-"],
        kernelThread: false,
        threads: [],
        namespacePid: pid,
      });
      expect(imageOf(pid, 0)).toMatchObject({ pid, comm: ") R 1 2\n(x", exe: cat, bits: 64 });
    });

    test("a process in a chroot: its program as it sees it", async () => {
      const jail = `${programs.dir}/jail`;
      mkdirSync(`${jail}/bin`, { recursive: true });
      cpSync(programs.c("sleeper"), `${jail}/bin/sleeper`);
      const pid = await start("/usr/sbin/chroot", [jail, "/bin/sleeper"]);
      await settled(() => readFileSync(`/proc/${pid}/comm`, "latin1") === "sleeper\n");
      expect(snapshot().processes.get(pid)).toMatchObject({ exe: "/bin/sleeper", root: jail });
      expect(imageOf(pid, 0)).toMatchObject({ exe: "/bin/sleeper" });
    });

    test("threads and a PID namespace", async () => {
      const facts = snapshot().processes.get(process.pid);
      const own = spawnSync("/bin/ls", [`/proc/${process.pid}/task`], { encoding: "utf8" });
      expect(facts?.threads.map(String).sort()).toEqual(
        own.stdout
          .trim()
          .split("\n")
          .filter((task) => task !== String(process.pid))
          .sort(),
      );
      const pid = await start("/usr/bin/unshare", ["--pid", "--fork", "--kill-child", "/bin/cat"]);
      await settled(() => [...snapshot().processes.values()].some((each) => each.ppid === pid && each.comm === "cat"));
      const inner = [...snapshot().processes.values()].find((each) => each.ppid === pid);
      expect(inner).toMatchObject({ namespacePid: 1, comm: "cat" });
      expect(inner?.pidNamespace).not.toBe(facts?.pidNamespace);
    });

    test("agrees with ps about the processes that stay", () => {
      const before = snapshot();
      const ps = spawnSync("/bin/ps", ["-eo", "pid=,ppid=,stat=,comm="], { encoding: "latin1" }).stdout;
      const after = snapshot();
      let compared = 0;
      for (const line of ps.trimEnd().split("\n")) {
        const words = /^\s*(\d+)\s+(\d+)\s+(\S)\S*\s+(.*)$/.exec(line);
        if (words === null) continue;
        const facts = before.processes.get(Number(words[1]));
        if (facts === undefined || !after.processes.has(facts.pid) || !/^[\w-]+$/.test(facts.comm)) continue;
        expect({ ppid: facts.ppid, comm: facts.comm }).toEqual({ ppid: Number(words[2]), comm: words[4] });
        compared++;
      }
      expect(compared).toBeGreaterThan(5);
      expect(before.processes.get(2)).toMatchObject({ comm: "kthreadd", kernelThread: true, exe: null });
      expect(after.forks).toBeGreaterThan(before.forks);
      expect(after.monotonicNs).toBeGreaterThan(before.monotonicNs);
    });

    test("which host this is", () => {
      const uname = spawnSync("/bin/uname", ["-nrm"], { encoding: "utf8" }).stdout.trim();
      const host = hostFacts();
      expect(`${host.hostname} ${host.kernel} ${host.machine}`).toBe(uname);
      expect(host.cpus).toBe(Number(spawnSync("/usr/bin/nproc", ["--all"], { encoding: "utf8" }).stdout));
      expect(Date.parse(host.bootedAt)).toBeLessThan(Date.now());
      if (existsSync("/etc/os-release"))
        expect(host.os).toBe(
          spawnSync("/bin/sh", ["-c", '. /etc/os-release; printf %s "$PRETTY_NAME"'], { encoding: "utf8" }).stdout,
        );
    });
  },
);

async function settled(done: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !done(); turn++) await new Promise((resolve) => setTimeout(resolve, 10));
}
