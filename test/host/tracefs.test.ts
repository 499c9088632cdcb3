import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { ExitEvent, ForkEvent, ProcessEvent } from "../../src/model/events.ts";
import { startTracefs } from "../../src/capture/tracefs/start.ts";
import {
  cannotRun,
  capture,
  descendants,
  fenced,
  instances,
  mainInstance,
  mountedByUs,
  polling,
  Programs,
  stopAll,
} from "./tracefs-lab.ts";
import { needs32Bit } from "../support/32-bit.ts";

const obstacle = cannotRun();

describe.skipIf(obstacle !== null)(
  `live capture by tracefs${obstacle === null ? "" : ` (skipped: ${obstacle})`}`,
  () => {
    let programs: Programs;
    let fence: string;
    beforeAll(() => {
      programs = new Programs();
      fence = programs.c("fenced");
    });
    afterAll(() => programs.remove());
    afterEach(() => {
      stopAll();
      const own = instances().filter((name) => name.startsWith(`whoforks-${process.pid}-`));
      expect(own, "nothing of this process may be left behind").toEqual([]);
      // Another whoforks on this host may be using it.
      if (instances().length === 0) expect(mountedByUs()).toBe(false);
    });

    function run(program: string, args: string[]): Promise<{ pid: number; out: string }> {
      const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
      let out = "";
      child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
      return once(child, "close").then(() => ({ pid: child.pid ?? 0, out }));
    }

    const exitsOf = (events: ProcessEvent[]): ExitEvent[] =>
      events.flatMap((event) => (event.type === "exit" ? [event] : []));

    test("2,000 children: every fork, exit, exit code and SIGCHLD, in order, none lost, none invented", async () => {
      const { events, observer } = capture();
      const { pid } = await polling([observer], 20, run(programs.c("children"), ["2000"]));
      const ledger = observer.stop();
      expect(ledger).toMatchObject({ kind: "tracefs", lost: 0, skipped: 0, events: events.length });
      const forks = events.filter((event): event is ForkEvent => event.type === "fork" && event.pid === pid);
      expect(forks).toHaveLength(2000);
      expect(forks.every((fork) => fork.comm === "children" && !fork.thread)).toBe(true);
      const exits = new Map(exitsOf(events).map((exit) => [exit.pid, exit]));
      expect(forks.map((fork) => exits.get(fork.child ?? 0)?.code)).toEqual(forks.map((_, n) => n % 256));
      expect(exits.get(pid)).toMatchObject({ code: 0, signal: null, thread: false });
      const reaped = events.flatMap((event) =>
        event.type === "child-signal" && event.reaper === pid ? [event.pid] : [],
      );
      expect(reaped).toEqual(forks.map((fork) => fork.child));
      expect(events.every((event, i) => i === 0 || event.ts >= (events[i - 1] as ProcessEvent).ts)).toBe(true);
      expect(events.find((event) => event.type === "exec" && event.pid === pid)).toMatchObject({
        exe: `${programs.dir}/children`,
        comm: "children",
      });
    });

    test("every way to end is told as wait(2) tells it", async () => {
      const { events, observer } = capture();
      const { pid, out } = await polling([observer], 20, run(programs.c("deaths"), []));
      observer.stop();
      const told = out
        .trim()
        .split("\n")
        .map((line) => {
          const [child, code, signal, name] = line.split(" ");
          return {
            name,
            pid: Number(child),
            code: code === "-1" ? null : Number(code),
            signal: signal === "-1" ? null : Number(signal),
          };
        });
      expect(told).toHaveLength(15);
      const exits = exitsOf(events).filter((exit) => !exit.thread);
      const seen = told.map(({ name, pid }) => {
        const mine = exits.filter((exit) => exit.pid === pid);
        expect(mine, name).toHaveLength(1);
        return { name, pid, code: mine[0]?.code, signal: mine[0]?.signal };
      });
      expect(seen).toEqual(told);
      // Five children have a thread; none of these passes for a process.
      const family = descendants(events, pid);
      const threads = events.filter((event) => event.type === "fork" && event.thread && family.has(event.pid));
      expect(threads).toHaveLength(5);
    });

    test("a chain in 32-bit code: codes are seen once its name is known", async (context) => {
      needs32Bit(context);
      const { events, observer } = capture();
      const chain = programs.asm32("chain32");
      const blind = await polling([observer], 20, fenced(fence, 20, chain, ["200", "3"]));
      observer.poll();
      observer.watch32Bit(["no", 'quo"te', "chain32"]);
      const seeing = await polling([observer], 20, fenced(fence, 20, chain, ["3000", "3"]));
      const ledger = observer.stop();
      expect([blind, seeing]).toEqual([201, 3001]);
      const codes = exitsOf(events)
        .filter((exit) => exit.comm === "chain32")
        .map((exit) => exit.code);
      expect(codes.slice(0, 201).every((code) => code === null)).toBe(true);
      expect(codes.slice(201)).toEqual(Array.from({ length: 3001 }, () => 3));
      expect(ledger.lost).toBe(0);
      expect(ledger.note).toContain("exit codes of 1 32-bit programs are unknown");
    });

    test("names that no filter can hold, and names made to break one, leave the filter sound", async (context) => {
      needs32Bit(context);
      const { events, observer } = capture();
      const instance = mainInstance();
      const filter = `/sys/kernel/tracing/instances/${instance}/events/raw_syscalls/sys_enter/filter`;
      const named = ["chain32", "a) || (id > 0", "&& b || c", "~x^$|{}<>=,.%@", "kworker/0:1-x"];
      const unnamed = ["!c", '"', "'", "\\", "a\nb", "\udcff", "sixteen-bytes-xx", ""];
      observer.watch32Bit([...named, ...unnamed]);
      const written = readFileSync(filter, "latin1");
      for (const name of named) expect(written).toContain(`comm == "${name}"`);
      await polling([observer], 20, fenced(fence, 20, programs.asm32("chain32"), ["100", "5"]));
      const ledger = observer.stop();
      expect(ledger.note).toContain(`exit codes of ${unnamed.length} 32-bit programs are unknown`);
      expect(exitsOf(events).filter((exit) => exit.comm === "chain32" && exit.code === 5)).toHaveLength(101);
    });

    test("agrees with the kernel's own count of forks, threads included", async () => {
      const created = (): number => Number(/^processes (\d+)$/m.exec(readFileSync("/proc/stat", "latin1"))?.[1]);
      const { events, observer } = capture();
      const before = created();
      await polling([observer], 20, fenced(fence, 20, programs.c("chain"), ["4000", "0"]));
      const after = created();
      observer.stop();
      const forks = events.filter((event) => event.type === "fork").length;
      // The host lives on between reading the counter and switching the trace: what it forks there is not the chain's.
      expect(forks).toBeGreaterThanOrEqual(after - before);
      expect(events.filter((event) => event.type === "fork" && event.comm === "chain")).toHaveLength(4000);
    });

    test("tells what the kernel's own text of the same events tells", async () => {
      const { events, observer } = capture();
      // A second instance, read as text: the kernel formats it, and from sched_process_fork instead of task_newtask.
      const oracle = `/sys/kernel/tracing/instances/whoforks-oracle-${process.pid}`;
      mkdirSync(oracle);
      let text: string;
      try {
        for (const name of ["fork", "exec", "exit"])
          writeFileSync(`${oracle}/events/sched/sched_process_${name}/enable`, "1");
        await polling([observer], 20, run(programs.c("deaths", "deaths2"), []));
        writeFileSync(`${oracle}/tracing_on`, "0");
        text = readFileSync(`${oracle}/trace`, "latin1");
      } finally {
        rmdirSync(oracle);
      }
      observer.stop();
      const theirs = (pattern: RegExp): string[] =>
        [...text.matchAll(pattern)].map((match) => match.slice(1).join(" "));
      const ours = new Set(
        events.flatMap((event) => {
          if (event.type === "fork") return [`fork ${event.comm} ${event.child}`];
          if (event.type === "exec") return [`exec ${event.exe} ${event.pid}`];
          // The number of a last thread that is not the leader is given as its process's.
          return event.type === "exit" ? [`exit ${event.comm} ${event.pid}`] : [];
        }),
      );
      const forks = theirs(/: sched_process_(fork): comm=(\S+) pid=\d+ child_comm=\S+ child_pid=(\d+)/g);
      const execs = theirs(/: sched_process_(exec): filename=(\S+) pid=(\d+) /g);
      const exits = theirs(/: sched_process_(exit): comm=(\S+) pid=(\d+) /g);
      expect(forks.filter((line) => line.includes("deaths2"))).toHaveLength(20);
      expect(execs.length).toBeGreaterThanOrEqual(3);
      expect(exits.length).toBeGreaterThanOrEqual(20);
      expect([...forks, ...execs].filter((line) => !ours.has(line))).toEqual([]);
      // Only the thread that outlived its leader ends under another number.
      expect(exits.filter((line) => line.includes("deaths2") && !ours.has(line))).toHaveLength(1);
    });

    test("losses are told exactly as the kernel counts them", async () => {
      const { events, observer } = capture({ bufferKb: 64 });
      const reaped = await fenced(fence, 20, programs.c("chain"), ["6000", "0"]);
      const name = mainInstance();
      const dir = `/sys/kernel/tracing/instances/${name}`;
      // Stands still now, but is neither switched off nor emptied.
      writeFileSync(`${dir}/tracing_cpumask`, "0");
      const overrun = readdirSync(`${dir}/per_cpu`).reduce((sum, cpu) => {
        const stats = readFileSync(`${dir}/per_cpu/${cpu}/stats`, "latin1");
        return sum + Number(/^overrun: (\d+)/m.exec(stats)?.[1]);
      }, 0);
      const ledger = observer.stop();
      expect(reaped).toBe(6001);
      expect(overrun).toBeGreaterThan(10_000);
      expect(ledger.lost).toBe(overrun);
      expect(ledger.note).toContain("were lost, because the buffers were full");
      expect(events.length).toBeGreaterThan(100);
    });

    test("two captures at once do not disturb each other", async () => {
      const first = capture();
      const second = capture();
      const children = programs.c("children");
      await polling([first.observer, second.observer], 20, run(children, ["300"]));
      expect(first.observer.stop().lost).toBe(0);
      const { pid } = await polling([second.observer], 20, run(children, ["200"]));
      const ledger = second.observer.stop();
      expect(ledger).toMatchObject({ lost: 0, skipped: 0 });
      expect(second.events.filter((event) => event.type === "fork" && event.pid === pid)).toHaveLength(200);
      expect(first.events.filter((event) => event.type === "fork" && event.comm === "children")).toHaveLength(300);
    });

    test("a run that was killed is cleaned up by the next, instance and mount", async () => {
      const victim = spawn(process.execPath, [programs.script("tracefs-victim")], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const [said] = (await once(victim.stdout, "data")) as [Buffer];
      expect(said.toString()).toBe("running\n");
      const left = instances().filter((name) => name.startsWith(`whoforks-${victim.pid}-`));
      expect(left.length).toBeGreaterThan(0);
      const closed = once(victim, "close");
      victim.kill("SIGKILL");
      await closed;
      expect(instances()).toEqual(expect.arrayContaining(left));
      const { observer } = capture();
      expect(instances().filter((name) => left.includes(name))).toEqual([]);
      expect(observer.stop().note).toBeUndefined();
    });

    test("instances of living runs, of others and with other names stay", async () => {
      const { observer } = capture();
      const mine = mainInstance();
      const foreign = `/sys/kernel/tracing/instances/whoforks-odd-${process.pid}`;
      mkdirSync(foreign);
      try {
        capture().observer.stop();
        expect(instances()).toContain(mine);
        expect(existsSync(foreign)).toBe(true);
      } finally {
        rmdirSync(foreign);
      }
      observer.stop();
    });

    test("recording switched off by somebody else is noticed and told", () => {
      const { observer } = capture();
      const name = mainInstance();
      writeFileSync(`/sys/kernel/tracing/instances/${name}/events/enable`, "0");
      const ledger = observer.stop();
      expect(ledger.note).toContain("somebody switched this recording off");
      expect(ledger.lost).toBeNull();
      expect(observer.stop()).toBe(ledger);
    });

    test("the sink's exception passes on, and still nothing is left behind", () => {
      const observer = startTracefs(() => {
        throw new Error("sink is full");
      });
      if (!("kind" in observer)) throw new Error(observer.why);
      spawnSync("/bin/true");
      expect(() => observer.stop()).toThrow("sink is full");
    });
  },
);
