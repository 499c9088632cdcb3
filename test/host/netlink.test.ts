import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ExitEvent, ForkEvent, ProcessEvent } from "../../src/model/events.ts";
import { startNetlink } from "../../src/capture/netlink/start.ts";
import { parseDatagram, controlMessage, Operation, What } from "../../src/capture/netlink/messages.ts";
import { onEachCpu } from "../../src/capture/netlink/each-cpu.ts";
import { SequenceGaps } from "../../src/capture/netlink/sequence.ts";
import { connectorSocket } from "../../src/capture/netlink/connector-socket.ts";
import type { NetlinkSocket } from "../../src/capture/netlink/socket.ts";
import { libC } from "../../src/platform/ffi.ts";
import { cannotRun, capture, listeners, stopAll } from "./netlink-lab.ts";
import { descendants, fenced, polling, Programs } from "./tracefs-lab.ts";
import { needs32Bit } from "../support/32-bit.ts";

const obstacle = cannotRun();

describe.skipIf(obstacle !== null)(
  `live capture by the proc connector${obstacle === null ? "" : ` (skipped: ${obstacle})`}`,
  () => {
    let programs: Programs;
    let before: string[];
    beforeAll(() => (programs = new Programs()));
    afterAll(() => programs.remove());
    beforeEach(() => (before = listeners()));
    afterEach(() => {
      stopAll();
      expect(
        listeners().filter((inode) => !before.includes(inode)),
        "no socket of this process may be left",
      ).toEqual([]);
    });

    function run(program: string, args: string[]): Promise<{ pid: number; out: string }> {
      const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
      let out = "";
      child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
      return once(child, "close").then(() => ({ pid: child.pid ?? 0, out }));
    }

    const exitsOf = (events: ProcessEvent[]): ExitEvent[] =>
      events.flatMap((event) => (event.type === "exit" ? [event] : []));

    test("2,000 children: every fork, exit, exit code and reaper, in order, none lost, none invented", async () => {
      const { events, observer } = capture();
      const { pid } = await polling([observer], 20, run(programs.c("children"), ["2000"]));
      const ledger = observer.stop();
      expect(ledger).toMatchObject({ kind: "netlink", lost: 0, skipped: 0, events: events.length });
      const forks = events.filter((event): event is ForkEvent => event.type === "fork" && event.pid === pid);
      expect(forks).toHaveLength(2000);
      expect(forks.every((fork) => !fork.thread)).toBe(true);
      const exits = new Map(exitsOf(events).map((exit) => [exit.pid, exit]));
      expect(forks.map((fork) => exits.get(fork.child ?? 0)?.code)).toEqual(forks.map((_, n) => n % 256));
      expect(exits.get(pid)).toMatchObject({ code: 0, signal: null, thread: false });
      const reaped = events.flatMap((event) =>
        event.type === "child-signal" && event.reaper === pid ? [event.pid] : [],
      );
      // A parent that is quicker than the event takes the answer with it: then no reaper is told, and never a wrong one.
      const children = new Set(forks.map((fork) => fork.child));
      expect(reaped.filter((child) => !children.has(child))).toEqual([]);
      expect(new Set(reaped).size).toBe(reaped.length);
      expect(reaped.length).toBeGreaterThan(1000);
      expect(events.every((event, i) => i === 0 || event.ts >= (events[i - 1] as ProcessEvent).ts)).toBe(true);
      const exec = events.find((event) => event.type === "exec" && event.pid === pid);
      expect(exec).toMatchObject({ exe: `${programs.dir}/children`, comm: "children" });
      expect(ledger.note).toMatch(/^programs of \d+ execs were read in \/proc, \d+ taken from other children/);
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
      const family = descendants(events, pid);
      const threads = events.filter((event) => event.type === "fork" && event.thread && family.has(event.pid));
      expect(threads).toHaveLength(5);
    });

    test("programs that live 50 ms are named, and with them the short-lived ones of the same parent", async () => {
      const { events, observer } = capture();
      const script = "for i in 1 2 3; do /usr/bin/sleep 0.05; /usr/bin/sleep 0; done; exit 0";
      const { pid } = await polling([observer], 20, run("/bin/sh", ["-c", script]));
      observer.stop();
      const children = descendants(events, pid);
      const execs = events.filter((event) => event.type === "exec" && event.pid !== pid && children.has(event.pid));
      expect(execs).toHaveLength(6);
      for (const exec of execs) expect(exec).toMatchObject({ comm: "sleep" });
      expect(new Set(execs.map((exec) => (exec.type === "exec" ? exec.exe.split("/").at(-1) : "")))).not.toContain("");
    });

    test("a chain in 32-bit code: its exit codes are told without further ado", async (context) => {
      needs32Bit(context);
      const { events, observer } = capture();
      const fence = programs.c("fenced");
      const reaped = await polling([observer], 20, fenced(fence, 20, programs.asm32("chain32"), ["2000", "3"]));
      const ledger = observer.stop();
      expect(reaped).toBe(2001);
      expect(ledger.lost).toBe(0);
      const ours = descendants(events, process.pid);
      expect(exitsOf(events).filter((exit) => exit.code === 3 && ours.has(exit.pid))).toHaveLength(2001);
    });

    test("a buffer that is far too small: losses are told, those at the very end as well", async () => {
      // A second listener that misses nothing: what it got and the small one did not is what was lost.
      const all = capture();
      const { events, observer } = capture({ bufferBytes: 16_384, drainMs: 0 });
      const fence = programs.c("fenced");
      await polling([all.observer], 5, fenced(fence, 20, programs.c("chain"), ["4000", "0"]));
      const ledger = observer.stop();
      const full = all.observer.stop();
      expect(full.lost).toBe(0);
      expect(ledger.lost).toBeGreaterThan(5000);
      expect(ledger.note).toContain("were lost, because the socket's buffer was full");
      const started = events[0]?.ts ?? 0;
      const offset = observer.originNs - all.observer.originNs;
      const kinds = (list: ProcessEvent[], from: number): number =>
        list.filter((event) => ["fork", "exec", "exit"].includes(event.type) && event.ts >= from).length;
      // Other kinds of event (set-id, names, answers) are in the sequence too; a chain makes none.
      const missing = kinds(all.events, started + offset) - kinds(events, started);
      expect(Math.abs((ledger.lost ?? 0) - missing)).toBeLessThan(100);
    });

    test("the count is exact: beside a socket that misses nothing, event by event", async () => {
      const c = libC();
      if ("missing" in c) throw new Error(c.why);
      const complete = connectorSocket(c, 64 << 20);
      const small = connectorSocket(c, 16_384);
      const listen = (): void => small.send(controlMessage(Operation.listen, 7));
      const read = (socket: NetlinkSocket, seen: [cpu: number, seq: number][]): void => {
        for (let length = socket.receive(); length > 0; length = socket.receive()) {
          const event = parseDatagram(socket.buffer, length);
          if ("why" in event) throw new Error(event.why);
          seen.push([event.cpu, event.seq]);
        }
      };
      try {
        listen();
        await fenced(programs.c("fenced"), 20, programs.c("chain"), ["4000", "0"]);
        const some: [number, number][] = [];
        read(small, some);
        // One more event on each CPU: what was lost last shows by it.
        onEachCpu(c, () => {
          listen();
          read(small, some);
        });
        const all: [number, number][] = [];
        read(complete, all);
        const gaps = new SequenceGaps();
        for (const [cpu, seq] of some) gaps.arrived(cpu, seq);
        const ranges = new Map<number, [first: number, last: number]>();
        for (const [cpu, seq] of some) ranges.set(cpu, [ranges.get(cpu)?.[0] ?? seq, seq]);
        const within = all.filter(([cpu, seq]) => {
          const [first, last] = ranges.get(cpu) ?? [1, 0];
          return (seq - first) >>> 0 <= (last - first) >>> 0 && ranges.has(cpu);
        });
        expect(complete.overflows).toBe(0);
        expect(small.overflows).toBeGreaterThan(0);
        expect(gaps.lost).toBeGreaterThan(5000);
        expect(gaps.lost).toBe(within.length - some.length);
      } finally {
        const cpus = onEachCpu(c, () => undefined)?.length ?? 1;
        for (let n = 0; n <= cpus; n++) small.send(controlMessage(Operation.ignore, 9));
        complete.close();
        small.close();
      }
    });

    test("the numbers of each CPU have no gaps while nothing is lost, whoever else listens", async () => {
      const c = libC();
      if ("missing" in c) throw new Error(c.why);
      const other = capture();
      const socket = connectorSocket(c, 8 << 20);
      try {
        socket.send(controlMessage(Operation.listen, 7));
        await polling([other.observer], 5, run(programs.c("children"), ["500"]));
        socket.send(controlMessage(Operation.ignore, 9));
        const next = new Map<number, number>();
        let steps = 0;
        let answers = 0;
        for (let length = socket.receive(); length > 0; length = socket.receive()) {
          const event = parseDatagram(socket.buffer, length);
          if ("why" in event) throw new Error(event.why);
          if (event.what === What.none && [8, 10].includes(event.ack)) answers++;
          const expected = next.get(event.cpu);
          if (expected !== undefined) {
            expect(event.seq).toBe(expected);
            steps++;
          }
          next.set(event.cpu, (event.seq + 1) >>> 0);
        }
        expect(steps).toBeGreaterThan(1000);
        expect(answers).toBeGreaterThanOrEqual(1);
        expect(other.observer.stop().lost).toBe(0);
      } finally {
        socket.close();
      }
    });

    test("Node's main thread may run where it might before", () => {
      const c = libC();
      if ("missing" in c) throw new Error(c.why);
      const affinity = (): Uint8Array => {
        const mask = new Uint8Array(1024);
        expect(c.getAffinity(0, mask.length, mask)).toBeGreaterThanOrEqual(0);
        return mask;
      };
      const mine = affinity();
      const { observer } = capture();
      expect(affinity()).toEqual(mine);
      observer.stop();
      expect(affinity()).toEqual(mine);
      expect(observer.stop()).toBe(observer.stop());
    });

    test("two captures at once do not disturb each other", async () => {
      const first = capture();
      const second = capture();
      const children = programs.c("children");
      const { pid } = await polling([first.observer, second.observer], 20, run(children, ["200"]));
      expect(first.observer.stop()).toMatchObject({ lost: 0, skipped: 0 });
      expect(second.observer.stop()).toMatchObject({ lost: 0, skipped: 0 });
      for (const { events } of [first, second])
        expect(events.filter((event) => event.type === "fork" && event.pid === pid)).toHaveLength(200);
    });

    test("a sink that throws ends the capture and leaves no socket", async () => {
      const started = startNetlink(() => {
        throw new Error("sink");
      });
      if (!("kind" in started)) throw new Error(started.why);
      await run("/bin/true", []);
      expect(() => started.stop()).toThrow("sink");
      expect(listeners().filter((inode) => !before.includes(inode))).toEqual([]);
    });
  },
);
