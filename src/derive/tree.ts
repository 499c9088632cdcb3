import type { EventSink, ProcessEvent } from "../model/events.ts";

const ENDED = 1024;

/** Lets through what concerns some processes and all that descend from them by fork, wherever orphans are handed to. */
export class Tree {
  readonly #members: Set<number>;
  /** PIDs of members that ended last, each in a place of its own: their SIGCHLD comes after their end. */
  readonly #ended = new Int32Array(ENDED);
  readonly #sink: EventSink;

  /** `members`: PIDs of the first of the tree that live now. */
  constructor(members: Iterable<number>, sink: EventSink) {
    this.#members = new Set(members);
    this.#sink = sink;
  }

  /** Living members. */
  get size(): number {
    return this.#members.size;
  }

  readonly onEvent = (event: ProcessEvent): void => {
    if (this.#concerns(event)) this.#sink(event);
  };

  #concerns(event: ProcessEvent): boolean {
    const members = this.#members;
    switch (event.type) {
      case "fork":
        if (members.has(event.pid)) {
          if (event.child !== null && !event.thread) members.add(event.child);
          return true;
        }
        // A number that returns elsewhere is another process.
        if (event.child !== null && !event.thread) members.delete(event.child);
        return false;
      case "exit":
        if (event.thread) return members.has(event.pid);
        if (!members.delete(event.pid)) return false;
        this.#ended[event.pid & (ENDED - 1)] = event.pid;
        return true;
      case "child-signal":
        return members.has(event.pid) || this.#ended[event.pid & (ENDED - 1)] === event.pid;
      case "exec":
      case "fork-failed":
      case "seen":
      case "image":
        return members.has(event.pid);
      case "service":
        return false;
    }
  }
}

/** `root` and all living that descend from it by the parents they had at their fork. */
export function descendants(root: number, living: Iterable<{ pid: number; parentPid: number }>): Set<number> {
  const children = new Map<number, number[]>();
  for (const { pid, parentPid } of living) {
    const siblings = children.get(parentPid);
    if (siblings === undefined) children.set(parentPid, [pid]);
    else siblings.push(pid);
  }
  const found = new Set([root]);
  for (const pid of found) for (const child of children.get(pid) ?? []) found.add(child);
  return found;
}
