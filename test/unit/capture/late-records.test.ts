import { expect, test } from "vitest";
import { createDerivation, type Derived } from "../../../src/derive/index.ts";
import { Assembler } from "../../../src/ftrace/assembler.ts";
import { Kind, RecordQueue } from "../../../src/ftrace/record-queue.ts";

type RecordOf = [ts: number, kind: number, task: number, a: number, text?: string];

/** Hands over records in the order given, as two CPUs' buffers bring them where one was taken away for a while. */
function taken(records: readonly RecordOf[]): { derived: Derived; late: number } {
  const derivation = createDerivation();
  const assembler = new Assembler((event) => derivation.onEvent(event));
  const queue = new RecordQueue();
  for (const [ts, kind, task, a, text = ""] of records) queue.push(ts, kind, task, a, 0, text);
  for (let at = 0; at < records.length; at++) assembler.take(queue, at);
  return { derived: derivation.finish(), late: assembler.late };
}

const WORKER = "/usr/bin/worker";
const MS = 1e6;

/** superd (40) starts worker N: forks, executes, ends. */
const run = (pid: number, at: number): RecordOf[] => [
  [at, Kind.newTask, 40, pid, "superd"],
  [at + MS, Kind.exec, pid, pid, WORKER],
  [at + 6 * MS, Kind.exit, pid, 1, "worker"],
];
const loop = (from: number): RecordOf[] =>
  Array.from({ length: 20 }, (_, turn) => run(from + turn, turn * 17 * MS)).flat();
const workers = ({ derived }: { derived: Derived }): { peakAlive: number; spawned: number; ended: number } => {
  const family = derived.families.find(({ image }) => image.exe === WORKER);
  if (family === undefined) throw new Error("no workers");
  const { peakAlive, spawned, ended } = family;
  return { peakAlive, spawned, ended };
};

test("a fork that comes after the end of its process makes nobody who lives for ever", () => {
  expect(workers(taken(loop(1000)))).toEqual({ peakAlive: 1, spawned: 20, ended: 20 });
  const records = loop(1000);
  // The third run's fork is brought after its exit.
  const result = taken([...records.slice(0, 6), ...records.slice(7, 9), ...records.slice(6, 7), ...records.slice(9)]);
  expect(result.late).toBe(1);
  expect(workers(result)).toMatchObject({ peakAlive: 1, spawned: 19 });
  // It would go on as a copy of superd.
  const { families } = result.derived;
  expect(families.filter(({ image, replicas }) => image.exe !== WORKER && replicas > 0)).toEqual([]);
});

test("the number of a process that has ended is another's when it is forked again, late or not", () => {
  const again: RecordOf[] = [...run(1000, 0), [7 * MS, Kind.exit, 2000, 1, "x"], ...run(1000, 6.5 * MS).slice(0, 2)];
  const result = taken(again);
  expect(result.late).toBe(1);
  expect(workers(result)).toEqual({ peakAlive: 1, spawned: 2, ended: 1 });
});

test("a worker that was listed before the window, and whose end came before its first record, is nobody alive within it", () => {
  const derivation = createDerivation();
  const seen = (pid: number, ppid: number, exe: string): void =>
    derivation.onEvent({ type: "seen", ts: -1, pid, ppid, comm: exe.slice(9), exe, abi: null });
  seen(40, 1, "/usr/bin/superd");
  seen(999, 40, WORKER);
  const assembler = new Assembler((event) => derivation.onEvent(event));
  const queue = new RecordQueue();
  const records = loop(1000);
  for (const [ts, kind, task, a, text = ""] of records) queue.push(ts, kind, task, a, 0, text);
  for (let at = 0; at < records.length; at++) assembler.take(queue, at);
  expect(workers({ derived: derivation.finish() })).toEqual({ peakAlive: 1, spawned: 20, ended: 20 });
});
