import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { dirname } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { makeBounds, removeBounds } from "../../lab/bounds.mjs";
import { kernelConfig } from "../../src/capture/procfs/kernel-config.ts";
import { defineEntryProbes, hasEprobes } from "../../src/capture/tracefs/eprobes.ts";
import { Instance } from "../../src/capture/tracefs/instance.ts";
import { ourProbes, ProbeGroup } from "../../src/capture/tracefs/probe-group.ts";
import type { ExecEvent, ForkFailedEvent, ProcessEvent } from "../../src/model/events.ts";
import { cannotRun, capture, descendants, instances, polling, Programs, stopAll } from "./tracefs-lab.ts";

const obstacle = cannotRun();
/** Whether this kernel has event probes, by its configuration; a kernel that hides it is taken for one without. */
const eprobesHere = (): boolean => hasEprobes(null, kernelConfig(release())) === true;
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const PYTHON = "/usr/bin/python3";

describe.skipIf(obstacle !== null)(
  `arguments of short-lived processes, and calls that fail${obstacle === null ? "" : ` (skipped: ${obstacle})`}`,
  () => {
    let programs: Programs;
    beforeAll(() => {
      programs = new Programs();
    });
    afterAll(() => programs.remove());
    afterEach(() => {
      stopAll();
      expect(instances().filter((name) => name.startsWith(`whoforks-${process.pid}-`))).toEqual([]);
      expect(ourProbes("/sys/kernel/tracing").filter(({ group }) => group.includes(`_${process.pid}_`))).toEqual([]);
    });

    /** Runs a storm in a PID namespace of its own with a deadline, and gives the events of its processes. */
    async function storm(program: string, args: string[], options = {}): Promise<ProcessEvent[]> {
      const { events, observer } = capture({ argv: "always" });
      const fence = ["-s", "KILL", "60", "unshare", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"];
      const child = spawn("timeout", [...fence, program, ...args], {
        stdio: ["ignore", "ignore", "inherit"],
        env: { PATH },
        ...options,
      });
      // Its C library may be one that nobody ran before: as a window does, look at the processes while they live.
      const look = setInterval(() => lookAtTree(child.pid as number, (pid, name) => observer.met(pid, name)), 50);
      const [status] = (await polling([observer], 20, once(child, "close"))) as [number];
      clearInterval(look);
      observer.stop();
      expect(status).toBe(0);
      const ours = descendants(events, child.pid as number);
      return events.filter((event) => "pid" in event && ours.has(event.pid));
    }

    const execsOf = (events: readonly ProcessEvent[], exe: RegExp): ExecEvent[] =>
      events.filter((event): event is ExecEvent => event.type === "exec" && event.error === 0 && exe.test(event.exe));

    test("every way of a C library to execute something, each with its own arguments", async () => {
      const source = new URL("../fixtures/tracefs/execs.c", import.meta.url).pathname;
      const program = `${programs.dir}/execs`;
      expect(spawnSync("gcc", ["-O1", "-o", program, source]).status).toBe(0);
      const execs = execsOf(await storm(program, ["25"]), /(?:\/true|\/dev\/fd\/\d+|\/sh)$/);
      const told = execs.map(({ argv }) => (argv ?? ["unknown"]).join(" ")).sort();
      const expected = Array.from({ length: 25 }, (_, n) => [
        ...["execve", "execvp", "execlp", "fexecve", "execveat", "posix_spawnp"].map((way) => `true ${way} ${n}`),
        // The shell that they start goes on as the command, without another exec being needed for it.
        ...["system", "popen"].map((way) => `sh -c true ${way} ${n}`),
      ]);
      for (const command of expected.flat()) expect(told).toContain(command);
      expect(told.filter((command) => command === "unknown")).toEqual([]);
    });

    test("500 of 500 commands of a shell loop, quotes, blanks and empty arguments included; failures counted", async () => {
      const script = `i=0; while [ $i -lt 500 ]; do env A=1 /bin/true "run $i" "" 'x  y'; sh -c "exit 0 # $i"; i=$((i+1)); done; exit 0`;
      const events = await storm("/bin/dash", ["-c", script]);
      const runs = execsOf(events, /\/true$/).map(({ argv }) => argv);
      expect(runs).toEqual(Array.from({ length: 500 }, (_, n) => ["/bin/true", `run ${n}`, "", "x  y"]));
      const shells = execsOf(events, /\/sh$/).map(({ argv }) => argv);
      expect(shells).toEqual(Array.from({ length: 500 }, (_, n) => ["sh", "-c", `exit 0 # ${n}`]));
      expect(execsOf(events, /./).every(({ argv }) => argv !== null)).toBe(true);
    });

    test("500 of 500 commands of a bash loop, subshells and command substitutions included", async () => {
      const script = `i=0; while [ $i -lt 250 ]; do /bin/true "run $i" "" 'x  y'; : "$(/bin/true sub $i)"; i=$((i+1)); done; exit 0`;
      const events = await storm("/bin/bash", ["--norc", "-c", script]);
      const runs = execsOf(events, /\/true$/).map(({ argv }) => argv);
      expect(runs).toEqual(
        Array.from({ length: 250 }, (_, n) => [
          ["/bin/true", `run ${n}`, "", "x  y"],
          ["/bin/true", "sub", `${n}`],
        ]).flat(),
      );
    });

    test("failed execs of a PATH search, as many as the search has failing places", async () => {
      const path = ["/nowhere1", "/nowhere2", "/nowhere3", "/usr/bin"].join(":");
      const program = `${programs.dir}/search`;
      const source = `${programs.dir}/search.c`;
      writeFileSync(
        source,
        `#include <unistd.h>\n#include <sys/wait.h>\nint main(void) { for (int n = 0; n < 200; n++) { if (fork() == 0) { execlp("true", "true", "found", (char *)0); _exit(1); } wait(0); } return 0; }`,
      );
      expect(spawnSync("gcc", ["-O1", "-o", program, source]).status).toBe(0);
      const events = await storm(program, [], { env: { PATH: path } });
      const failed = events.filter((event): event is ExecEvent => event.type === "exec" && event.error !== 0);
      // The fence looks for its own programs as well.
      const searched = failed.filter(({ argv }) => argv?.join(" ") === "true found");
      expect(searched).toHaveLength(600);
      expect(searched.every(({ error, exe }) => error === -2 && exe.startsWith("/nowhere"))).toBe(true);
      expect(execsOf(events, /\/usr\/bin\/true$/)).toHaveLength(200);
    });

    test.skipIf(!existsSync(PYTHON))(
      "500 of 500 by python's posix_spawn; long and many arguments are said to be cut",
      async () => {
        const script = `
import os
for n in range(500):
    os.waitpid(os.posix_spawn("/bin/true", ["true", str(n)], {}), 0)
os.waitpid(os.posix_spawn("/bin/true", ["true", "x" * 300, "short"], {}), 0)
os.waitpid(os.posix_spawn("/bin/true", ["true"] + [str(n) for n in range(100)], {}), 0)
`;
        const execs = execsOf(await storm(PYTHON, ["-c", script]), /\/true$/);
        expect(execs.slice(0, 500).map(({ argv }) => argv)).toEqual(
          Array.from({ length: 500 }, (_, n) => ["true", `${n}`]),
        );
        expect(execs.slice(0, 500).every(({ argvCut }) => argvCut === undefined)).toBe(true);
        expect(execs[500]).toMatchObject({ argv: ["true", "x".repeat(256), "short"], argvCut: true });
        expect(execs[501]).toMatchObject({
          argv: ["true", ...Array.from({ length: 15 }, (_, n) => `${n}`)],
          argvCut: true,
        });
      },
    );

    test("a root of its own with its own copy of the C library, found while it runs", async () => {
      const root = `${programs.dir}/root`;
      for (const file of ["/bin/dash", "/bin/true", ...librariesOf("/bin/dash")]) {
        mkdirSync(dirname(`${root}${file}`), { recursive: true });
        copyFileSync(file, `${root}${file}`);
      }
      // The counting at first is for being noticed.
      const script = "i=0; while [ $i -lt 400 ]; do /bin/true chrooted $i; i=$((i+1)); done; exit 0";
      const slow = `i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; ${script}`;
      const execs = execsOf(await storm("chroot", [root, "/bin/dash", "-c", slow]), /\/true$/);
      expect(execs.map(({ argv }) => argv)).toEqual(
        Array.from({ length: 400 }, (_, n) => ["/bin/true", "chrooted", `${n}`]),
      );
    });

    test("recorded by the rule: from a few execs a second, and no longer when there are too many", async () => {
      const run = async (
        limit: number,
        count: number,
        seconds: number,
      ): Promise<{ argv: (string[] | null)[]; note: string }> => {
        const { events, observer } = capture({ argvLimit: limit });
        const script = `i=0; while [ $i -lt ${count} ]; do /bin/true $i; i=$((i+1)); done; exit 0`;
        const command = ["-s", "KILL", String(seconds), "/bin/dash", "-c", script];
        const child = spawn("timeout", command, { stdio: "ignore" });
        await polling([observer], 20, once(child, "close"));
        const { note = "" } = observer.stop();
        const ours = descendants(events, child.pid as number);
        const mine = events.filter((event) => "pid" in event && ours.has(event.pid));
        return { argv: execsOf(mine, /\/true$/).map(({ argv }) => argv), note };
      };
      const sound = await run(100_000, 600, 60);
      expect(sound.argv).toHaveLength(600);
      // The first few make the rule apply; from then on all are told, each its own.
      const first = sound.argv.findIndex((argv) => argv !== null);
      expect(first).toBeGreaterThan(0);
      expect(sound.argv.slice(first)).toEqual(
        Array.from({ length: 600 - first }, (_, n) => ["/bin/true", `${n + first}`]),
      );
      // How many there are is counted over a second and more.
      const stopped = await run(1, 1_000_000, 4);
      expect(stopped.argv.some((argv) => argv !== null)).toBe(true);
      expect(stopped.argv.at(-1)).toBeNull();
      expect(stopped.note).toContain("would have cost too much");
    });

    test("a static program's execs: told at the system call where the kernel can, else unknown; never a guess", async () => {
      const source = `${programs.dir}/static.c`;
      writeFileSync(
        source,
        `#include <unistd.h>\n#include <sys/wait.h>\nint main(void) { for (int n = 0; n < 50; n++) { if (fork() == 0) { execl("/bin/true", "true", "hidden", (char *)0); _exit(1); } wait(0); } return 0; }`,
      );
      const program = `${programs.dir}/static`;
      expect(spawnSync("gcc", ["-static", "-O1", "-o", program, source]).status).toBe(0);
      const execs = execsOf(await storm(program, []), /\/true$/);
      expect(execs).toHaveLength(50);
      const told = new Set(execs.map(({ argv }) => argv?.join(" ") ?? "unknown"));
      // Texts of a program's own file are in the memory of a child only once it has touched them.
      const possible = eprobesHere() ? ["true hidden", "true", "unknown"] : ["unknown"];
      expect([...told].filter((command) => !possible.includes(command))).toEqual([]);
    });

    test("an event probe is taken by the kernel and deleted again, or refused, and then nothing of it is there", () => {
      const { observer } = capture({ argv: "never" });
      const instance = new Instance("/sys/kernel/tracing");
      const group = new ProbeGroup("/sys/kernel/tracing", instance);
      const ours = (): string[] =>
        ourProbes("/sys/kernel/tracing").flatMap((probe) => (probe.group === group.name ? [probe.event] : []));
      try {
        if (eprobesHere()) {
          defineEntryProbes(group, instance);
          expect(ours().sort()).toEqual(["entry_execve", "entry_execveat"]);
        } else expect(() => defineEntryProbes(group, instance)).toThrow(/EINVAL/);
        expect(group.release()).toBeNull();
        expect(ours()).toEqual([]);
      } finally {
        instance.remove();
        observer.stop();
      }
    });

    test("failed forks at a pids limit, against the cgroup's own count", async () => {
      const bounds = makeBounds(`whoforks-forks-${process.pid}`, 20);
      try {
        const source = `${programs.dir}/bomb.c`;
        writeFileSync(
          source,
          `#include <unistd.h>\n#include <signal.h>\n#include <sys/wait.h>\nint main(void) { for (int n = 0; n < 500; n++) if (fork() == 0) { for (;;) pause(); } return 0; }`,
        );
        const program = `${programs.dir}/bomb`;
        expect(spawnSync("gcc", ["-O1", "-o", program, source]).status).toBe(0);
        const folder = bounds.folders.find((dir) => existsSync(`${dir}/pids.events`)) as string;
        const enter = bounds.folders.map((dir) => `echo $$ >"${dir}/cgroup.procs"`).join(" && ");
        const events = await storm("sh", ["-c", `${enter} && exec ${program}`]);
        const failed = events.filter((event): event is ForkFailedEvent => event.type === "fork-failed");
        const counted = Number(/^max (\d+)/m.exec(readFileSync(`${folder}/pids.events`, "latin1"))?.[1]);
        expect(counted).toBeGreaterThan(400);
        expect(failed).toHaveLength(counted);
        expect(failed.every(({ error }) => error === -11)).toBe(true);
      } finally {
        removeBounds(bounds.folders);
      }
    });
  },
);

function librariesOf(program: string): string[] {
  const { stdout } = spawnSync("ldd", [program], { encoding: "utf8" });
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map((match) => match[1] as string);
}

/** Tells the living descendants of a process, and what tells their programs apart. */
function lookAtTree(root: number, tell: (pid: number, program: string) => void): void {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^[1-9]\d*$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      // It ended.
    }
  }
  for (const [pid] of parents) {
    let at: number | undefined = pid;
    while (at !== undefined && at !== root && at > 1) at = parents.get(at);
    if (at !== root) continue;
    try {
      const { dev, ino } = statSync(`/proc/${pid}/exe`);
      tell(pid, `${dev}:${ino}`);
    } catch {
      // It ended.
    }
  }
}
