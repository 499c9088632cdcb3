import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import type { ProcessEvent } from "../../src/model/events.ts";
import { needsProgram } from "../lab/needs.ts";
import { needsSecondCpu, SecondCpu } from "../support/hotplug.ts";
import { diagnosed } from "../support/whoforks.ts";
import { cannotRun, capture, mainInstance, polling, stopAll } from "./tracefs-lab.ts";

const obstacle = cannotRun();
/** So many run in well under a second, which is how long the CPU may be away. */
const COMMANDS = 40;

interface Shell {
  pid: number;
  done: Promise<unknown>;
}

/** A shell that executes so many commands, on one CPU or on any. */
function commands(count: number, cpu: number | null): Shell {
  const loop = `i=0; while [ $i -lt ${count} ]; do i=$((i+1)); /bin/true; done`;
  const words = [...(cpu === null ? [] : ["taskset", "-c", String(cpu)]), "/bin/sh", "-c", loop];
  // taskset becomes the shell, so the number is the shell's either way.
  const child = spawn(words[0] as string, words.slice(1), { stdio: "ignore" });
  return { pid: child.pid ?? 0, done: once(child, "close") };
}

/** What the events tell of a shell's children: forks, execs, and ends with exit code 0. */
function childrenOf(events: readonly ProcessEvent[], { pid }: Shell): { forks: number; execs: number; ends: number } {
  const children = new Set(events.flatMap((event) => event.type === "fork" && event.pid === pid && event.child !== null ? [event.child] : [])); // prettier-ignore
  const of = (type: "exec" | "exit"): number => events.filter((event) => event.type === type && children.has(event.pid)).length; // prettier-ignore
  return { forks: children.size, execs: of("exec"), ends: of("exit") };
}

describe.skipIf(obstacle !== null)(
  `a CPU goes offline, or comes${obstacle === null ? "" : ` (skipped: ${obstacle})`}`,
  () => {
    afterEach(stopAll);
    const all = { forks: COMMANDS, execs: COMMANDS, ends: COMMANDS };

    test("the buffer of one that went is read to its end, and its later records when it is back", async (context) => {
      needsProgram(context, "/usr/bin/taskset");
      needsSecondCpu(context);
      const { observer, events } = capture({ argv: "never" });
      const before = commands(COMMANDS, 1);
      // Nothing is read until the CPU is gone: its records wait in its buffer.
      await before.done;
      const entries = /^entries: (\d+)/m.exec(stats(1))?.[1];
      expect(Number(entries)).toBeGreaterThanOrEqual(3 * COMMANDS);
      const cpu = new SecondCpu(context);
      let meanwhile: Shell;
      try {
        meanwhile = commands(COMMANDS, null);
        await polling([observer], 20, meanwhile.done);
      } finally {
        cpu.back();
      }
      const after = commands(COMMANDS, 1);
      await polling([observer], 20, after.done);
      expect(observer.losses()).toBe(0);
      const ledger = observer.stop();
      expect(ledger).toMatchObject({ lost: 0, skipped: 0 });
      expect(ledger.note ?? "").not.toMatch(/too late|failed|switched/);
      for (const shell of [before, meanwhile, after]) expect(childrenOf(events, shell)).toEqual(all);
    });

    test("one that comes within the window is read too, from its first record on", async (context) => {
      needsProgram(context, "/usr/bin/taskset");
      needsSecondCpu(context);
      const cpu = new SecondCpu(context);
      let opened;
      try {
        opened = capture({ argv: "never" });
        // The first look finds one CPU.
        opened.observer.poll();
      } finally {
        cpu.back();
      }
      const { observer, events } = opened;
      const shell = commands(3 * COMMANDS, 1);
      await polling([observer], 20, shell.done);
      const ledger = observer.stop();
      expect(ledger).toMatchObject({ lost: 0, skipped: 0 });
      expect(ledger.note ?? "").not.toContain("failed");
      expect(childrenOf(events, shell)).toEqual({ forks: 3 * COMMANDS, execs: 3 * COMMANDS, ends: 3 * COMMANDS });
      // In the order of time, each end after its fork, although the CPU's first records were read later than others.
      const born = new Set<number>();
      for (const event of events) {
        if (event.type === "fork" && event.pid === shell.pid && event.child !== null) born.add(event.child);
        else if (event.type === "exit" && event.pid !== shell.pid && born.size > 0) born.delete(event.pid);
      }
      expect(born).toEqual(new Set());
    });

    test("a diagnosis goes on, and its shares stay shares", async (context) => {
      needsSecondCpu(context);
      const shell = commands(20 * COMMANDS, null);
      let cpu: SecondCpu | null = null;
      const took = setTimeout(() => (cpu = new SecondCpu(context)), 700);
      const back = setTimeout(() => cpu?.back(), 1300);
      try {
        const { exitCode, result } = await diagnosed(["--duration", "2500ms"]);
        expect([0, 1, 3]).toContain(exitCode);
        expect(result.sources[0]).toMatchObject({ kind: "tracefs", lost: 0, skipped: 0 });
        const { user = 0, system = 0, idle = 0, iowait = 0, steal = 0 } = result.symptom.cpu ?? {};
        for (const share of [user, system, idle, iowait, steal]) {
          expect(share).toBeGreaterThanOrEqual(0);
          expect(share).toBeLessThanOrEqual(1);
        }
        expect(user + system + idle + iowait + steal).toBeLessThanOrEqual(1.0001);
      } finally {
        for (const timer of [took, back]) clearTimeout(timer);
        (cpu as SecondCpu | null)?.back();
        await shell.done;
      }
    });
  },
);

/** What the kernel counts for one CPU of our instance. */
function stats(cpu: number): string {
  return readFileSync(`/sys/kernel/tracing/instances/${mainInstance()}/per_cpu/cpu${cpu}/stats`, "latin1");
}
