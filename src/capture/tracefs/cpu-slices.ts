import type { CpuSlices, ProgramCpu } from "../../model/cpu.ts";
import type { Untrusted } from "../../model/text.ts";
import { Kind, type RecordQueue } from "../../ftrace/record-queue.ts";

/** CLONE_THREAD (include/uapi/linux/sched.h). */
const CLONE_THREAD = 0x1_0000;
/** Different files executed and tasks met within a second; more share one entry. */
const MOST_FILES = 2048;
const MOST_TASKS = 262_144;
/** Programs that are worth telling. */
const MOST_TOLD = 200;

/** Where a task's program comes from: an exec that was recorded, or a task that was there already (`pid`). */
interface Origin {
  pid: number | null;
  exe: Untrusted | null;
  comm: Untrusted;
  /** CPU time of the task itself, and of all others that run its program. */
  ownNs: number;
  ns: number;
  processes: number;
}

interface Task {
  origin: Origin;
  /** The task that was there already, as long as it has executed nothing. */
  first: boolean;
  thread: boolean;
  ns: number;
}

/** What a task that lives since before the recording is: its process, and its program. Null when that is not certain. */
export type Resolve = (task: number) => { pid: number; exe: Untrusted | null; comm: Untrusted } | null;

/**
 * Adds up who had the CPUs, from task_newtask, sched_process_exec and sched_switch records in time order. A child runs
 * its parent's program until it executes another; what it used before the exec (the exec itself) counts for the new one.
 */
export class SliceSums {
  readonly #startNs: number;
  readonly #cpus = new Map<RecordQueue, { since: number; task: number }>();
  readonly #tasks = new Map<number, Task>();
  readonly #first = new Map<number, Origin>();
  readonly #files = new Map<Untrusted, Origin>();
  readonly #other: Origin = origin(null, null, "(other programs)");
  #busyNs = 0;
  #switches = 0;

  /** `startNs`: time from which all switches are recorded, on the clock of the records. */
  constructor(startNs: number) {
    this.#startNs = startNs;
  }

  /** Record number `at` of a queue; each CPU has its own queue. */
  take(queue: RecordQueue, at: number): void {
    const task = queue.task[at] as number;
    const a = queue.a[at] as number;
    const text = queue.text[at] as Untrusted;
    switch (queue.kind[at]) {
      case Kind.newTask:
      case Kind.fork:
        this.#born(task, a, ((queue.b[at] as number) & CLONE_THREAD) !== 0, text);
        break;
      case Kind.exec:
        this.#executed(queue, task, a, text);
        break;
      case Kind.switched:
        this.#switched(queue, queue.ts[at] as number, task, a, text);
        break;
      default:
        break;
    }
  }

  /** The sums up to `endNs`. `cpus` is the number of CPUs that were recorded. To be called once. */
  finish(endNs: number, cpus: number, lost: number | null, resolve: Resolve): CpuSlices {
    for (const { since, task } of this.#cpus.values()) this.#ran(task, since, endNs, "");
    for (const task of this.#tasks.values()) settle(task);
    const seconds = Math.max(0, endNs - this.#startNs) / 1e9;
    return {
      seconds,
      busySeconds: this.#busyNs / 1e9,
      unknownSeconds: Math.max(0, cpus - this.#cpus.size) * seconds,
      switches: this.#switches,
      lost,
      programs: this.#programs(seconds, resolve),
    };
  }

  #born(caller: number, child: number, thread: boolean, comm: Untrusted): void {
    const former = this.#tasks.get(child);
    if (former !== undefined) settle(former);
    else if (this.#tasks.size >= MOST_TASKS) return;
    this.#tasks.set(child, { origin: this.#task(caller, comm).origin, first: false, thread, ns: 0 });
  }

  #executed(queue: RecordQueue, pid: number, caller: number, exe: Untrusted): void {
    // A thread that executes takes its process's number over (fs/exec.c de_thread).
    const cpu = this.#cpus.get(queue);
    if (cpu !== undefined && cpu.task === caller) cpu.task = pid;
    const task = this.#task(pid, "");
    let file = this.#files.get(exe);
    if (file === undefined) {
      if (this.#files.size < MOST_FILES) this.#files.set(exe, (file = origin(null, exe, "")));
      else file = this.#other;
    }
    task.origin = file;
    task.first = false;
    task.thread = false;
  }

  #switched(queue: RecordQueue, ts: number, from: number, to: number, comm: Untrusted): void {
    this.#switches++;
    const cpu = this.#cpus.get(queue);
    if (cpu === undefined) {
      this.#ran(from, this.#startNs, ts, comm);
      this.#cpus.set(queue, { since: ts, task: to });
      return;
    }
    // Another task than was switched to: records in between are lost, and nobody knows who ran.
    if (cpu.task === from) this.#ran(from, cpu.since, ts, comm);
    cpu.since = ts;
    cpu.task = to;
  }

  #ran(pid: number, since: number, until: number, comm: Untrusted): void {
    const ns = until - Math.max(since, this.#startNs);
    if (pid === 0 || ns <= 0) return;
    this.#busyNs += ns;
    const task = this.#task(pid, comm);
    task.ns += ns;
    if (task.origin.comm === "" && comm !== "") task.origin.comm = comm;
  }

  #task(pid: number, comm: Untrusted): Task {
    const known = this.#tasks.get(pid);
    if (known !== undefined) return known;
    const full = this.#tasks.size >= MOST_TASKS;
    const from = full ? this.#other : origin(pid, null, comm);
    const task = { origin: from, first: !full, thread: false, ns: 0 };
    if (full) return task;
    this.#first.set(pid, from);
    this.#tasks.set(pid, task);
    return task;
  }

  #programs(windowSeconds: number, resolve: Resolve): ProgramCpu[] {
    const sums = new Map<string, ProgramCpu>();
    const add = (pid: number | null, exe: Untrusted | null, comm: Untrusted, ns: number, processes: number): void => {
      if (ns <= 0) return;
      const key = pid === null ? `${exe ?? ""}\0${exe === null ? comm : ""}` : `${pid}`;
      const sum = sums.get(key);
      if (sum === undefined) sums.set(key, { pid, exe, comm, seconds: ns / 1e9, processes, windowSeconds });
      else {
        sum.seconds += ns / 1e9;
        if (pid === null) sum.processes += processes;
      }
    };
    for (const from of this.#files.values()) add(null, from.exe, from.comm, from.ns, from.processes);
    add(null, null, this.#other.comm, this.#other.ns, this.#other.processes);
    for (const [task, from] of this.#first) {
      const known = resolve(task);
      if (known === null) add(null, null, from.comm, from.ownNs + from.ns, from.processes + 1);
      else {
        add(known.pid, known.exe, known.comm, from.ownNs, 1);
        add(null, known.exe, known.comm, from.ns, from.processes);
      }
    }
    return [...sums.values()].sort((a, b) => b.seconds - a.seconds).slice(0, MOST_TOLD);
  }
}

function origin(pid: number | null, exe: Untrusted | null, comm: Untrusted): Origin {
  return { pid, exe, comm, ownNs: 0, ns: 0, processes: 0 };
}

/** Counts a task that is dead, or at the end of the recording, for its program. */
function settle(task: Task): void {
  if (task.first) task.origin.ownNs += task.ns;
  else {
    task.origin.ns += task.ns;
    if (!task.thread) task.origin.processes++;
  }
}
