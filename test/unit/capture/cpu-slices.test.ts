import * as fc from "fast-check";
import { expect, test } from "vitest";
import { SliceSums, type Resolve } from "../../../src/capture/tracefs/cpu-slices.ts";
import { IdleGaps } from "../../../src/capture/tracefs/idle-gaps.ts";
import { takeInOrder } from "../../../src/ftrace/merge.ts";
import { Kind, RecordQueue } from "../../../src/ftrace/record-queue.ts";
import type { CpuSlices } from "../../../src/model/cpu.ts";

const THREAD = 0x1_0000;
const nobody: Resolve = () => null;

/** Records of some CPUs; times in ms. */
class Recording {
  readonly queues: RecordQueue[];

  constructor(cpus: number) {
    this.queues = Array.from({ length: cpus }, () => new RecordQueue());
  }

  switched(cpu: number, ms: number, from: number, to: number, comm: string): this {
    this.queues[cpu]?.push(ms * 1e6, Kind.switched, from, to, 0, comm);
    return this;
  }

  ran(cpu: number, ms: number, task: number, charged: number): this {
    this.queues[cpu]?.push(ms * 1e6, Kind.ran, task, Math.round(charged * 1e6), 0, `t${task}`);
    return this;
  }

  born(cpu: number, ms: number, caller: number, child: number, comm: string, flags = 0): this {
    this.queues[cpu]?.push(ms * 1e6, Kind.newTask, caller, child, flags, comm);
    return this;
  }

  executed(cpu: number, ms: number, pid: number, exe: string, caller = pid): this {
    this.queues[cpu]?.push(ms * 1e6, Kind.exec, pid, caller, 0, exe);
    return this;
  }

  sums(fromMs: number, toMs: number, resolve: Resolve = nobody): CpuSlices {
    const sums = new SliceSums(fromMs * 1e6);
    takeInOrder(this.queues, Number.POSITIVE_INFINITY, (queue, at) => sums.take(queue, at));
    return sums.finish(toMs * 1e6, this.queues.length, 0, resolve);
  }
}

/** Rows of [file or (name), processes, ms]. */
function told({ programs }: CpuSlices): [string, number, number][] {
  return programs.map(({ pid, exe, comm, processes, seconds }) => [
    `${pid === null ? "" : `${pid}:`}${exe ?? `(${comm})`}`,
    processes,
    Math.round(seconds * 1e6) / 1e3,
  ]);
}

test("a child counts for the program that it executes in the end, its time before the exec included", () => {
  const recording = new Recording(2)
    .switched(0, 1, 0, 100, "swapper/0")
    .born(0, 3, 100, 101, "superd")
    .switched(1, 3.5, 0, 101, "swapper/1")
    .executed(1, 5, 101, "/usr/bin/worker")
    .switched(1, 7.5, 101, 0, "worker")
    .switched(0, 9, 100, 0, "superd");
  const sums = recording.sums(0, 10, (task) =>
    task === 100 ? { pid: 100, exe: "/usr/sbin/superd", comm: "superd" } : null,
  );
  expect(told(sums)).toEqual([
    ["100:/usr/sbin/superd", 1, 8],
    ["/usr/bin/worker", 1, 4],
  ]);
  expect(sums.busySeconds).toBeCloseTo(0.012, 9);
  expect(sums.unknownSeconds).toBe(0);
});

test("a chain that executes nothing is one program, also when its numbers return and its name changes", () => {
  const recording = new Recording(1)
    .born(0, 1, 7, 8, "atd")
    .switched(0, 2, 7, 8, "atd")
    .born(0, 3, 8, 9, "kworker/0:1")
    .switched(0, 4, 8, 9, "kworker/0:1")
    .born(0, 5, 9, 8, "x")
    .switched(0, 6, 9, 8, "x");
  expect(told(recording.sums(0, 10))).toEqual([["(atd)", 4, 10]]);
});

test("threads are their process's time and no processes; a thread that executes becomes its process", () => {
  const recording = new Recording(1)
    .switched(0, 1, 0, 50, "swapper/0")
    .born(0, 2, 50, 51, "app", THREAD)
    .switched(0, 3, 50, 51, "app")
    .executed(0, 5, 50, "/bin/next", 51)
    .switched(0, 6, 50, 0, "next");
  const sums = recording.sums(0, 6);
  expect(told(sums)).toEqual([["/bin/next", 1, 5]]);
  expect(sums.busySeconds).toBeCloseTo(0.005, 9);
});

test("after a loss nobody is charged for the time that nobody saw", () => {
  const recording = new Recording(1).switched(0, 1, 0, 5, "swapper/0").switched(0, 9, 6, 0, "late");
  expect(told(recording.sums(0, 10))).toEqual([]);
});

test("a CPU without a switch is unknown, not idle", () => {
  const sums = new Recording(3).switched(0, 1, 0, 5, "swapper/0").sums(0, 10);
  expect(sums.unknownSeconds).toBeCloseTo(0.02, 9);
});

test("all that ran is charged to somebody, once, whatever switched when", () => {
  const step = fc.record({ cpu: fc.nat(2), gap: fc.nat(20), to: fc.nat(5), fork: fc.boolean(), exec: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const recording = new Recording(3);
      const running = [0, 0, 0];
      const since = [0, 0, 0];
      let now = 0;
      let busy = 0;
      for (const { cpu, gap, to, fork, exec } of steps) {
        now += gap + 1;
        const from = running[cpu] as number;
        // Tasks 10·cpu+1 …: a task runs on one CPU at a time.
        const next = to === 0 ? 0 : cpu * 10 + to;
        if (fork && from !== 0) recording.born(cpu, now, from, cpu * 10 + 9, "child");
        if (exec && from !== 0) recording.executed(cpu, now, from, `/bin/${from}`);
        if (next === from) continue;
        if (from !== 0) busy += now - (since[cpu] as number);
        recording.switched(cpu, now, from, next, from === 0 ? "swapper" : `t${from}`);
        running[cpu] = next;
        since[cpu] = now;
      }
      running.forEach((task, cpu) => (busy += task === 0 ? 0 : now + 5 - (since[cpu] as number)));
      const sums = recording.sums(0, now + 5);
      const charged = sums.programs.reduce((sum, { seconds }) => sum + seconds, 0);
      expect(sums.busySeconds * 1000).toBeCloseTo(busy, 6);
      expect(charged * 1000).toBeCloseTo(busy, 6);
    }),
  );
});

test("the same program of two trees is two entries, each with its descent", () => {
  const recording = new Recording(1)
    .switched(0, 1, 0, 100, "swapper/0")
    .born(0, 2, 100, 101, "sh")
    .switched(0, 2, 100, 101, "sh")
    .executed(0, 3, 101, "/bin/true")
    .switched(0, 4, 101, 200, "true")
    .born(0, 5, 200, 201, "cron")
    .switched(0, 5, 200, 201, "cron")
    .executed(0, 6, 201, "/bin/true")
    .switched(0, 9, 201, 0, "true");
  const { programs } = recording.sums(0, 10, (task) => ({ pid: task, exe: null, comm: task === 100 ? "sh" : "cron" }));
  const trues = programs.filter(({ exe }) => exe === "/bin/true");
  expect(trues.map(({ descent, seconds }) => [descent?.map(({ pid }) => pid), Math.round(seconds * 1e3)])).toEqual([
    [[200], 4],
    [[100], 2],
  ]);
});

test("programs that execute each other in turn are no endless line of descent", () => {
  const recording = new Recording(1).switched(0, 1, 0, 10, "swapper/0");
  for (let i = 0; i < 500; i++)
    recording.executed(0, 2 + i, 10, i % 2 === 0 ? "/bin/a" : "/bin/b").switched(0, 2.5 + i, 10, 10, "x");
  const { programs } = recording.sums(0, 600);
  expect(programs.length).toBeLessThanOrEqual(3);
  expect(Math.max(...programs.map(({ descent }) => descent?.length ?? 0))).toBeLessThanOrEqual(2);
});

/** What happens on two CPUs: each in turn runs a task for a while, or nobody. */
const SCHEDULES = fc.array(
  fc.record({
    cpu: fc.nat(1),
    task: fc.nat(4),
    ms: fc.integer({ min: 1, max: 9 }),
    ticks: fc.nat(3),
  }),
  { minLength: 4, maxLength: 60 },
);

interface Turn {
  cpu: number;
  task: number;
  from: number;
  to: number;
  ticks: number;
}

/** Turns with their times: a CPU takes its next one when its last is over. Task 0 is the idle task; each CPU has its own tasks. */
function turns(schedule: readonly { cpu: number; task: number; ms: number; ticks: number }[]): Turn[] {
  const over = [1, 1];
  return schedule.map(({ cpu, task, ms, ticks }) => {
    const from = over[cpu] as number;
    over[cpu] = from + ms;
    return { cpu, task: task === 0 ? 0 : 100 + 10 * cpu + task, from, to: from + ms, ticks };
  });
}

/** The recording of it; `gaps`: switches from the idle task are missing. `charges`: run times are recorded. */
function recorded(all: readonly Turn[], options: { gaps: boolean; charges: boolean }): Recording {
  const recording = new Recording(2);
  for (const cpu of [0, 1]) {
    let last = 0;
    for (const { task, from, to, ticks } of all.filter((turn) => turn.cpu === cpu)) {
      if (last !== task && !(options.gaps && last === 0)) recording.switched(cpu, from, last, task, `t${last}`);
      if (options.charges && task !== 0)
        for (let tick = 0; tick <= ticks; tick++)
          recording.ran(cpu, from + ((to - from) * (tick + 1)) / (ticks + 1), task, (to - from) / (ticks + 1));
      last = task;
    }
  }
  return recording;
}

function byTask(recording: Recording): Map<string, number> {
  const sums = recording.sums(1, 1000, (task) => ({ pid: task, exe: null, comm: `t${task}` }));
  return new Map(told(sums).map(([name, , ms]) => [name, ms]));
}

test("with run times nothing is missing where switches from the idle task are not recorded; without them much is", () => {
  let without = 0;
  fc.assert(
    fc.property(SCHEDULES, (schedule) => {
      // Both end idle, so that nobody is still running at the end.
      const all = turns([...schedule, ...[0, 1].map((cpu) => ({ cpu, task: 0, ms: 1, ticks: 0 }))]);
      const truth = new Map<string, number>();
      for (const { task, from, to } of all)
        if (task !== 0) truth.set(`${task}:(t${task})`, (truth.get(`${task}:(t${task})`) ?? 0) + to - from);
      expect(byTask(recorded(all, { gaps: false, charges: false }))).toEqual(truth);
      expect(byTask(recorded(all, { gaps: false, charges: true }))).toEqual(truth);
      const mended = byTask(recorded(all, { gaps: true, charges: true }));
      expect([...mended.keys()].sort()).toEqual([...truth.keys()].sort());
      for (const [name, ms] of truth) expect(mended.get(name)).toBeCloseTo(ms, 3);
      const gaping = byTask(recorded(all, { gaps: true, charges: false }));
      if ([...truth].some(([name, ms]) => (gaping.get(name) ?? 0) < ms)) without++;
    }),
  );
  expect(without).toBeGreaterThan(10);
});

test("missing switches from the idle task are noticed, on whichever CPU; before all were idle a few times nothing is sure", () => {
  const gaps = new IdleGaps();
  const recording = new Recording(2);
  const proper = (cpu: number, times: number): void => {
    for (let i = 0; i < times; i++) recording.switched(cpu, 2 * i, 0, 5, "swapper").switched(cpu, 2 * i + 1, 5, 0, "a");
  };
  const gaping = (cpu: number, times: number): void => {
    for (let i = 0; i < times; i++) recording.switched(cpu, i, 6, 0, "b");
  };
  proper(0, 8);
  gaping(1, 7);
  expect(gaps.found(recording.queues)).toBeNull();
  gaping(1, 1);
  expect(gaps.found(recording.queues)).toBe(true);
  const whole = new IdleGaps();
  const without = new Recording(2);
  for (const cpu of [0, 1])
    for (let i = 0; i < 8; i++) without.switched(cpu, 2 * i, 0, 5, "swapper").switched(cpu, 2 * i + 1, 5, 0, "a");
  expect(whole.found(without.queues)).toBe(false);
});
