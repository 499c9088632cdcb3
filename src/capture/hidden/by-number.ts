import { statSync } from "node:fs";
import { monotonicNs } from "../../platform/clock.ts";
import { readCounters } from "../procfs/snapshot.ts";
import { readSmall } from "../procfs/read-small.ts";
import { threadsOfAll } from "../procfs/threads-of-all.ts";
import type { Asked } from "./types.ts";

/**
 * Asks for every number that the kernel may have given: a process that is left out of the list is found by its number
 * all the same. Goes on where the last round broke off, the lowest first: what starts at boot has low ones.
 */
export class ByNumber implements Asked {
  readonly witness = "number";
  /** Numbers asked for so far, of `top`. */
  asked = 0;
  top = 0;

  ask({ listed, until }: Parameters<Asked["ask"]>[0]): Iterable<number> {
    if (this.top === 0) this.top = highestNumber();
    const threads = new Set<number>();
    if (this.asked < this.top) threadsOfAll((thread) => threads.add(thread));
    return this.#sweep(listed, threads, until);
  }

  *#sweep(listed: ReadonlySet<number>, threads: ReadonlySet<number>, until: number): Generator<number> {
    for (; this.asked < this.top; this.asked++) {
      if (this.asked % 64 === 0 && monotonicNs() >= until) return;
      const pid = this.asked + 1;
      if (listed.has(pid) || threads.has(pid)) continue;
      if (statSync(`/proc/${pid}`, { throwIfNoEntry: false }) !== undefined) yield pid;
    }
  }
}

/** Numbers are given in turn up to pid_max, then again from 300 (kernel/pid.c RESERVED_PIDS). */
function highestNumber(): number {
  const most = Number(readSmall("/proc/sys/kernel/pid_max")?.toString("latin1") ?? 0) || 32_768;
  const newest = Number(/(\d+)\n?$/.exec(readSmall("/proc/loadavg")?.toString("latin1") ?? "")?.[1] ?? 0);
  return readCounters().forks >= most - 300 ? most : Math.max(newest, 1);
}
