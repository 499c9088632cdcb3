import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Diagnosis } from "../../src/diagnosis/result.ts";
import type { ExecEvent, ExitEvent } from "../../src/model/events.ts";
import { needs32Bit } from "../support/32-bit.ts";
import { diagnosed } from "../support/whoforks.ts";
import { auditctl, BIN, cannotRun, capture, ownKeys, running, settings, stopAll, until } from "./audit-lab.ts";
import { polling, Programs } from "./tracefs-lab.ts";

const obstacle = cannotRun();
const gaps = (result: Diagnosis): string[] => result.couldNotLook.map((gap) => gap.code);

describe.skipIf(obstacle !== null)(
  `a window of audit records${obstacle === null ? "" : ` (skipped: ${obstacle})`}`,
  () => {
    let programs: Programs;
    let before: string;
    const foreign = ["exit,always", "-F", "arch=b64", "-S", "acct,swapon", "-k", `somebody-${process.pid}`];

    beforeAll(() => {
      programs = new Programs();
      // Another's rules stay as they are through all of it, in their place.
      auditctl("-a", ...foreign);
    });
    afterAll(() => {
      auditctl("-d", ...foreign);
      programs.remove();
    });
    beforeEach(() => {
      before = settings();
    });
    afterEach(() => {
      stopAll();
      expect(settings()).toBe(before);
    });

    /** Some eighty programs a second, for half a minute at most. */
    const STEADY = 'for (1..2400) { system "/bin/true", "n$_", "two words", ""; select undef, undef, undef, 0.01 }';

    /** A shell that executes `count` programs with arguments of their own, one after the other. */
    function storm(count: number): Promise<unknown> {
      const loop = `i=0; while [ $i -lt ${count} ]; do i=$((i+1)); /bin/true n$i 'two words' ''; done; exit 7`;
      const child = spawn("/bin/sh", ["-c", loop], { stdio: "ignore" });
      return once(child, "close").then(() => child.pid);
    }

    test("alone it tells every fork, every exec with its arguments, every exit with its code", async () => {
      const { events, observer } = capture();
      const shell = (await polling([observer], 20, storm(200))) as number;
      const ledger = observer.stop();
      expect(ledger).toMatchObject({ kind: "audit", lost: 0, skipped: 0, events: events.length });
      const execs = events.filter(
        (event): event is ExecEvent => event.type === "exec" && event.argv?.[0] === "/bin/true" && event.ppid === shell,
      );
      expect(execs.map((exec) => exec.argv)).toEqual(
        Array.from({ length: 200 }, (_, n) => ["/bin/true", `n${n + 1}`, "two words", ""]),
      );
      expect(events.filter((event) => event.type === "fork" && event.pid === shell && !event.thread)).toHaveLength(200);
      const exits = new Map(
        events.filter((event): event is ExitEvent => event.type === "exit").map((exit) => [exit.pid, exit.code]),
      );
      expect(execs.map((exec) => exits.get(exec.pid))).toEqual(execs.map(() => 0));
      expect(exits.get(shell)).toBe(7);
      expect(events.every((event, at) => at === 0 || event.ts >= (events[at - 1]?.ts ?? 0))).toBe(true);
    });

    test("32-bit calls are told with their ABI", async (context) => {
      needs32Bit(context);
      const chain = programs.asm32("chain32");
      const { events, observer } = capture();
      const child = spawn(chain, ["50", "5"], { stdio: "ignore" });
      await polling([observer], 20, once(child, "close"));
      await new Promise((resolve) => setTimeout(resolve, 300));
      observer.stop();
      const abis = events.flatMap((event) => (event.type === "seen" && event.exe === chain ? [event.abi] : []));
      expect(abis.length).toBeGreaterThan(0);
      expect(new Set(abis.map((abi) => `${abi?.machine} ${abi?.bits}`))).toEqual(new Set(["i386 32"]));
    });

    test("ends when the time of day is set, and gives no event a place that nobody knows", async () => {
      const { events, observer } = capture();
      await polling([observer], 20, storm(40));
      // Held back for records that belong before them.
      for (let i = 0; i < 10; i++) await new Promise((resolve) => setTimeout(resolve, 20)).then(() => observer.poll());
      const sooner = events.length;
      expect(sooner).toBeGreaterThan(100);
      // The date alone is another's, for this process: the machine's clock is not ours to set.
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_000 });
      try {
        await polling([observer], 20, storm(40));
        const ledger = observer.stop();
        expect(ledger.note).toMatch(/the clock was set, noticed \d+\.\d s after the start: the window ended there/);
        expect(ownKeys()).toEqual([]);
        expect(events).toHaveLength(sooner);
      } finally {
        vi.useRealTimers();
      }
    });

    test("beside tracefs: arguments are joined to its execs, and nothing is counted twice", async () => {
      const steady = spawn("perl", ["-e", STEADY], { stdio: "ignore" });
      const done = once(steady, "close");
      const seen: string[][] = [];
      const { result } = await diagnosed(["--with", "audit", "--duration", "4s"], {
        during: () => void until(() => ownKeys().length > 0, "rules").then(() => seen.push(ownKeys())),
      });
      steady.kill();
      await done;
      const [tracefs, audit] = result.sources;
      expect(tracefs).toMatchObject({ kind: "tracefs", lost: 0 });
      expect(audit).toMatchObject({ kind: "audit", lost: 0, skipped: 0 });
      expect(new Set(seen[0])).toHaveProperty("size", 1);
      expect(seen[0]).toHaveLength(2);
      const [, joined, execs, abis] = /arguments of (\d+) of (\d+) execs since its rules were in and the instruction set of (\d+)/.exec(audit?.note ?? "") ?? []; // prettier-ignore
      expect(Number(execs)).toBeGreaterThan(50);
      // Who has its arguments by the probes in the C library already is not waited for.
      expect(Number(joined) / Number(execs)).toBeGreaterThan(0.8);
      expect(Number(abis) / Number(execs)).toBeGreaterThan(0.9);
      // As many execs as tracefs told (a few more, from before the rules were in), not twice as many.
      const told = Math.round(result.symptom.execsPerSecond * result.window.seconds);
      expect(told).toBeGreaterThanOrEqual(Number(execs));
      expect(told).toBeLessThan(1.7 * Number(execs));
    });

    test.each(["SIGINT", "SIGTERM"] as const)("%s takes the rules away at once", async (signal) => {
      const { child, closed } = running(["diagnose", "--source", "audit", "--duration", "9s", "--json"]);
      await until(() => ownKeys().length === 2, "rules of the run");
      child.kill(signal);
      await closed;
      expect(ownKeys()).toEqual([]);
    });

    test("what a killed run has left is taken away by the next run of any kind; a living run's rules stay", async () => {
      const living = running([
        "record",
        "-o",
        `${programs.dir}/living.case`,
        "--source",
        "audit",
        "--duration",
        "8s",
        "-q",
      ]);
      await until(() => ownKeys().length === 2, "rules of the living run");
      const [mark] = ownKeys();
      const victim = running(["diagnose", "--source", "audit", "--duration", "9s"]);
      await until(() => ownKeys().length === 4, "rules of both runs");
      victim.child.kill("SIGKILL");
      await victim.closed;
      expect(ownKeys()).toHaveLength(4);
      await diagnosed(["--source", "proc", "--duration", "500ms"]);
      expect(ownKeys()).toEqual([mark, mark]);
      // The living run goes on to see: auditing was not switched off under it.
      expect(auditctl("-s")).toMatch(/^enabled 1$/m);
      await living.closed;
    });

    test("killed alone: the next run also puts the switch back", async () => {
      const victim = running(["diagnose", "--source", "audit", "--duration", "9s"]);
      await until(() => ownKeys().length === 2, "rules of the run");
      victim.child.kill("SIGKILL");
      await victim.closed;
      expect(settings()).not.toBe(before);
      await diagnosed(["--source", "proc", "--duration", "500ms"]);
      expect(settings()).toBe(before);
    });

    test("two at once: each sees all, the last one out puts the switch back", async () => {
      const steady = spawn("perl", ["-e", STEADY], { stdio: "ignore" });
      const done = once(steady, "close");
      const runs = await Promise.all([
        diagnosed(["--source", "audit", "--duration", "2s"]),
        diagnosed(["--source", "audit", "--duration", "3s"]),
      ]);
      steady.kill();
      await done;
      for (const { result } of runs) {
        expect(result.sources[0]).toMatchObject({ kind: "audit", lost: 0 });
        expect(result.storms[0]?.program.exe).toMatch(/\/true$/);
      }
    });

    test("an exception of the sink passes on, and still nothing is left behind", async () => {
      const { observer } = capture(() => {
        throw new Error("sink is full");
      });
      spawnSync("/bin/true");
      expect(() => observer.stop()).toThrow("sink is full");
      expect(ownKeys()).toEqual([]);
    });

    test("switched off, or its rules deleted, by somebody else: told, loss unknown", () => {
      const off = capture();
      auditctl("-e", "0");
      const ledger = off.observer.stop();
      expect(ledger.lost).toBeNull();
      expect(ledger.note).toMatch(/switched off by somebody else/);
      const deleted = capture();
      auditctl("-D", "-k", ownKeys()[0] as string);
      expect(deleted.observer.stop().note).toMatch(/deleted by somebody else/);
    });

    test("a rule of the host that says never is noticed", async () => {
      const never = ["never,exit", "-F", "arch=b64", "-F", "uid=77017", "-S", "execve"];
      auditctl("-A", ...never);
      try {
        const { observer } = capture();
        expect(observer.limits.map((limit) => limit.code)).toContain("audit.never-rules");
        observer.stop();
      } finally {
        auditctl("-d", ...never);
      }
    });

    test.each([
      ["audit.namespace", ["/usr/bin/unshare", "--net"]],
      ["audit.no-read", ["/usr/bin/setpriv", "--bounding-set=-audit_read"]],
      ["audit.silent", ["/usr/bin/setpriv", "--bounding-set=-audit_control"]],
    ])("says %s where that is missing, and changes nothing", (code, [program, ...args]) => {
      if (!existsSync(program as string)) throw new Error(`needs ${program}`);
      const command = [...args, process.execPath, BIN, "diagnose", "--json", "--duration", "1s", "--source", "audit"];
      const { stdout } = spawnSync(program as string, command, { encoding: "utf8" });
      const result = JSON.parse(stdout) as Diagnosis;
      expect(gaps(result)).toContain(code);
      expect(result.sources.map((source) => source.kind)).toEqual(["proc"]);
      expect(result.verdict.outcome).toBe("inconclusive");
    });
  },
);
