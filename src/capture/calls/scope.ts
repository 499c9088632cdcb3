import { readdirSync } from "node:fs";
import { otherThreads } from "../procfs/facts.ts";
import { readSmall } from "../procfs/read-small.ts";
import { parseStatLine } from "../procfs/stat-line.ts";
import type { Instance } from "../tracefs/instance.ts";

/** Numbers after a wrap begin here (kernel/pid.c RESERVED_PIDS). */
const RESERVED = 300;
/**
 * Upcoming process numbers that a net covers. Between reading the counter and the kernel's taking the list pass some
 * milliseconds, in which the fastest storm uses up two hundred.
 */
const NET = 768;

/** Which processes to record. */
export interface Scope {
  /** Living processes whose calls, and those of all their descendants, are wanted. */
  seeds: readonly number[];
  /** Also whoever is born next: a member of a chain is dead before its number could be written anywhere. */
  net: boolean;
}

/** The living descendants of processes, themselves included, in no order. Processes that end meanwhile are left out. */
export function withDescendants(seeds: readonly number[]): number[] {
  const children = new Map<number, number[]>();
  for (const name of seeds.length === 0 ? [] : readdirSync("/proc")) {
    if (!/^[1-9]\d*$/.test(name)) continue;
    const line = readSmall(`/proc/${name}/stat`);
    const stat = line === null ? null : parseStatLine(line);
    if (stat === null) continue;
    const siblings = children.get(stat.ppid);
    if (siblings === undefined) children.set(stat.ppid, [stat.pid]);
    else siblings.push(stat.pid);
  }
  const found = new Set<number>();
  const waiting = [...seeds];
  for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
    if (found.has(pid)) continue;
    // This program would otherwise record its own reading of the records.
    if (pid !== process.pid) found.add(pid);
    waiting.push(...(children.get(pid) ?? []));
  }
  return [...found];
}

/**
 * Limits an instance to processes and what they fork from then on: set_event_pid takes thread numbers, and
 * options/event-fork adds the forked before they run (kernel/trace/trace_events.c event_filter_pid_sched_process_fork).
 * Throws what the file operations throw.
 */
export function limitTo(instance: Instance, scope: Scope, living: readonly number[]): void {
  instance.write("options/event-fork", "1");
  const tasks = living.flatMap((pid) => [pid, ...otherThreads(`/proc/${pid}`, pid)]);
  // An empty list would mean everybody.
  if (tasks.length === 0 && !scope.net) throw new Error("the process has ended");
  addPids(instance, tasks);
  if (scope.net) castNet(instance);
}

/** Adds process numbers to those recorded: opened without O_TRUNC, a write adds to the list. */
export function addPids(instance: Instance, pids: readonly number[]): void {
  for (let at = 0; at < pids.length; at += 512)
    instance.write("set_event_pid", `${pids.slice(at, at + 512).join(" ")}\n`);
}

/**
 * Adds the numbers that the kernel will give out next. A chain's next generation bears one of them, and once one member
 * is in the list, all its descendants are: the kernel adds a child before it runs. Bystanders get in as well.
 */
export function castNet(instance: Instance): void {
  // Fifth field: the number given out last (proc_loadavg(5)); within the initial PID namespace, the host's own.
  const last = Number(readSmall("/proc/loadavg")?.toString("latin1").trim().split(" ")[4]);
  const max = Number(readSmall("/proc/sys/kernel/pid_max")?.toString("latin1"));
  if (!(last > 0) || !(max > RESERVED))
    throw new Error("/proc/loadavg and pid_max do not tell the next process number");
  const numbers: number[] = [];
  for (let ahead = 1; ahead <= NET; ahead++) {
    const next = last + ahead;
    numbers.push(next < max ? next : RESERVED + ((next - max) % (max - RESERVED)));
  }
  instance.write("set_event_pid", `${numbers.join(" ")}\n`);
}
