import type { EventSink, ProcessEvent } from "../../model/events.ts";

/** Events of one file of a set NAME.PID (strace -ff), in the order of its lines. */
export interface SplitPart {
  pid: number;
  events: ProcessEvent[];
}

/**
 * Joins the files that `strace -ff` writes, one a task, into one stream in time order. Each file speaks of its task alone, so a fork
 * stands in another file than what the child does, and a death in two of them.
 * @returns events handed on, and the time (ns) that became 0
 */
export function joinParts(parts: readonly SplitPart[], sink: EventSink): { count: number; origin: number } {
  const leaders = threadLeaders(parts);
  const ownEnds = new Set<number>();
  for (const { pid, events } of parts)
    if (events.some((event) => event.type === "exit" && event.pid === pid)) ownEnds.add(pid);
  const all: { event: ProcessEvent; rank: number }[] = [];
  const ranks = generations(parts);
  for (const { pid, events } of parts) {
    for (const event of events) {
      if (event.type === "exit" && event.pid !== pid && ownEnds.has(event.pid)) continue;
      all.push({ event: ofProcess(event, pid, leaders), rank: ranks.get(pid) ?? 0 });
    }
  }
  const origin = all.reduce((least, { event }) => Math.min(least, event.ts), Number.POSITIVE_INFINITY);
  // Within one tick a parent's lines come first: its fork must stand before what the child does.
  all.sort((a, b) => a.event.ts - b.event.ts || a.rank - b.rank);
  for (const { event } of all) {
    event.ts -= origin;
    sink(event);
  }
  return { count: all.length, origin: all.length === 0 ? 0 : origin };
}

/** Thread → the process that it belongs to. */
function threadLeaders(parts: readonly SplitPart[]): Map<number, number> {
  const leaders = new Map<number, number>();
  for (const { events } of parts)
    for (const event of events)
      if (event.type === "fork" && event.thread && event.child !== null) leaders.set(event.child, event.pid);
  for (const [thread, leader] of leaders) {
    let process = leader;
    for (let steps = 0; steps < 64 && leaders.has(process); steps++) process = leaders.get(process) as number;
    leaders.set(thread, process);
  }
  return leaders;
}

function ofProcess(event: ProcessEvent, pid: number, leaders: ReadonlyMap<number, number>): ProcessEvent {
  const leader = leaders.get(pid);
  if (leader === undefined || event.type === "service" || event.pid !== pid) return event;
  if (event.type === "exit") event.thread = true;
  else event.pid = leader;
  return event;
}

/** How many forks lie between a task and the first one known. */
function generations(parts: readonly SplitPart[]): Map<number, number> {
  const parents = new Map<number, number>();
  for (const { events } of parts)
    for (const event of events) if (event.type === "fork" && event.child !== null) parents.set(event.child, event.pid);
  const ranks = new Map<number, number>();
  for (const { pid } of parts) {
    const path: number[] = [];
    let at: number | undefined = pid;
    while (at !== undefined && !ranks.has(at) && path.length <= parents.size) {
      path.push(at);
      at = parents.get(at);
    }
    let rank = at === undefined ? -1 : (ranks.get(at) ?? -1);
    for (const task of path.reverse()) ranks.set(task, ++rank);
  }
  return ranks;
}
