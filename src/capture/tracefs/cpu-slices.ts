import type { CpuSlices, Forebear, ProgramCpu } from "../../model/cpu.ts";
import type { Untrusted } from "../../model/text.ts";
import { Kind, type RecordQueue } from "../../ftrace/record-queue.ts";
import { CpuSums } from "./cpu-sums.ts";

/** CLONE_THREAD (include/uapi/linux/sched.h). */
const CLONE_THREAD = 0x1_0000;
/** Programs in lines of descent, and tasks met within a second; more share one entry. */
const MOST_NODES = 8192;
const MOST_TASKS = 262_144;
/** Entries that are worth telling. */
const MOST_TOLD = 300;

/**
 * A program in its line of descent: a task that was there already, or what was executed below another node.
 * Whoever executes a program that it descends from goes back to that one's node, so that no line grows without end.
 */
interface Node {
  parent: Node | null;
  exe: Untrusted | null;
  comm: Untrusted;
  below: Map<Untrusted, Node>;
  /** CPU time of the first task itself, and of all others that run its program. */
  ownNs: number;
  ns: number;
  processes: number;
}

interface Task {
  node: Node;
  /** The task that was there already, as long as it has executed nothing. */
  first: boolean;
  thread: boolean;
  ns: number;
}

/** What a task that lives since before the recording is: its process, and its program. Null when that is not certain. */
export type Resolve = (task: number) => { pid: number; exe: Untrusted | null; comm: Untrusted } | null;

/**
 * Adds up who had the CPUs, from task_newtask, sched_process_exec, sched_switch and sched_stat_runtime records in time
 * order. A child runs its parent's program until it executes another; what it used before the exec (the exec itself)
 * counts for the new one.
 * Where the switch to a task is missing, what sched_stat_runtime records charge it with until it is switched out counts.
 * Every program is kept apart by its descent: the same program of another tree is another entry.
 */
export class SliceSums {
  readonly #startNs: number;
  readonly #cpus = new Map<RecordQueue, { since: number; task: number }>();
  readonly #tasks = new Map<number, Task>();
  /** Nanoseconds that a task ran since it was last switched out, of those whose switch in may be missing. */
  readonly #charged = new Map<number, number>();
  readonly #first = new Map<number, Node>();
  readonly #nodes: Node[] = [];
  readonly #other: Node = node(null, null, "(other programs)");
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
      case Kind.ran:
        this.#chargedWith(queue.ts[at] as number, task, a >>> 0);
        break;
      default:
        break;
    }
  }

  /** The sums up to `endNs`. `cpus` is the number of CPUs that were recorded. To be called once. */
  finish(endNs: number, cpus: number, lost: number | null, resolve: Resolve): CpuSlices {
    for (const { since, task } of this.#cpus.values()) this.#ran(task, since, endNs, "");
    for (const [pid, ns] of this.#charged) this.#add(pid, ns, "");
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
    this.#tasks.set(child, { node: this.#task(caller, comm).node, first: false, thread, ns: 0 });
  }

  #executed(queue: RecordQueue, pid: number, caller: number, exe: Untrusted): void {
    // A thread that executes takes its process's number over (fs/exec.c de_thread).
    const cpu = this.#cpus.get(queue);
    if (cpu !== undefined && cpu.task === caller) cpu.task = pid;
    const task = this.#task(pid, "");
    task.node = this.#below(task.node, exe);
    task.first = false;
    task.thread = false;
  }

  #below(from: Node, exe: Untrusted): Node {
    for (let at: Node | null = from; at !== null; at = at.parent) if (at.exe === exe) return at;
    const known = from.below.get(exe);
    if (known !== undefined) return known;
    if (this.#nodes.length >= MOST_NODES) return this.#other;
    const made = node(from === this.#other ? null : from, exe, "");
    from.below.set(exe, made);
    this.#nodes.push(made);
    return made;
  }

  #switched(queue: RecordQueue, ts: number, from: number, to: number, comm: Untrusted): void {
    this.#switches++;
    const cpu = this.#cpus.get(queue);
    if (cpu === undefined) {
      const charged = this.#charged.get(from);
      this.#ran(from, charged === undefined ? this.#startNs : ts - charged, ts, comm);
      this.#cpus.set(queue, { since: ts, task: to });
      return;
    }
    if (cpu.task === from) this.#ran(from, cpu.since, ts, comm);
    else {
      // Another task than was switched to: records in between are missing. The scheduler's own account may be there.
      this.#add(from, this.#charged.get(from) ?? 0, comm);
      this.#charged.delete(from);
    }
    cpu.since = ts;
    cpu.task = to;
  }

  #ran(pid: number, since: number, until: number, comm: Untrusted): void {
    this.#charged.delete(pid);
    this.#add(pid, until - Math.max(since, this.#startNs), comm);
  }

  #chargedWith(ts: number, pid: number, ns: number): void {
    const within = Math.min(ns, ts - this.#startNs);
    if (within > 0) this.#charged.set(pid, (this.#charged.get(pid) ?? 0) + within);
  }

  #add(pid: number, ns: number, comm: Untrusted): void {
    if (pid === 0 || ns <= 0) return;
    this.#busyNs += ns;
    const task = this.#task(pid, comm);
    task.ns += ns;
    if (task.node.comm === "" && comm !== "") task.node.comm = comm;
  }

  #task(pid: number, comm: Untrusted): Task {
    const known = this.#tasks.get(pid);
    if (known !== undefined) return known;
    const full = this.#tasks.size >= MOST_TASKS;
    const from = full ? this.#other : node(null, null, comm);
    const task = { node: from, first: !full, thread: false, ns: 0 };
    if (full) return task;
    this.#first.set(pid, from);
    this.#tasks.set(pid, task);
    return task;
  }

  #programs(windowSeconds: number, resolve: Resolve): ProgramCpu[] {
    const sums = new CpuSums();
    const firsts = new Map<Node, Forebear>();
    for (const [task, from] of this.#first) {
      const known = resolve(task);
      const self = known === null ? { pid: null, exe: null, comm: from.comm } : { ...known };
      firsts.set(from, self);
      if (known === null) {
        // Not told apart from others of that name: dead by now, or too young to be known.
        sums.add({
          ...self,
          seconds: (from.ownNs + from.ns) / 1e9,
          processes: from.processes + 1,
          windowSeconds,
          descent: [],
        });
        continue;
      }
      sums.add({ ...self, seconds: from.ownNs / 1e9, processes: 1, windowSeconds, descent: [] });
      const below = { ...self, pid: null, seconds: from.ns / 1e9, processes: from.processes };
      sums.add({ ...below, windowSeconds, descent: [self] });
    }
    for (const at of [...this.#nodes, this.#other]) {
      const descent: Forebear[] = [];
      for (let up = at.parent; up !== null; up = up.parent)
        descent.push(firsts.get(up) ?? { pid: null, exe: up.exe, comm: up.comm });
      const { exe, comm, processes } = at;
      sums.add({ pid: null, exe, comm, seconds: at.ns / 1e9, processes, windowSeconds, descent });
    }
    return sums.ranked(MOST_TOLD);
  }
}

function node(parent: Node | null, exe: Untrusted | null, comm: Untrusted): Node {
  return { parent, exe, comm, below: new Map(), ownNs: 0, ns: 0, processes: 0 };
}

/** Counts a task that is dead, or at the end of the recording, for its program. */
function settle(task: Task): void {
  if (task.first) task.node.ownNs += task.ns;
  else {
    task.node.ns += task.ns;
    if (!task.thread) task.node.processes++;
  }
}
