import { readdirSync } from "node:fs";
import { parseStatLine } from "../procfs/stat-line.ts";
import { readSmall } from "../procfs/read-small.ts";
import { otherThreads } from "../procfs/facts.ts";
import type { Instance } from "./instance.ts";

/**
 * Limits everything that an instance records to a process and those that descend from it, also those born later (event-fork, 4.7).
 * Throws the errno of a refusal. A process that left the tree before (its parent is gone) is not found.
 */
export function followTree(instance: Instance, pid: number): void {
  instance.write("set_event_pid", String(pid));
  instance.write("options/event-fork", "1");
  // Children born before the first write are missed, and those born while /proc is listed may be: hence twice.
  for (let round = 0; round < 2; round++) {
    const tasks = treeOf(pid);
    if (tasks.length > 0) instance.append("set_event_pid", tasks.join(" "));
  }
}

/** Task numbers of a process and its living descendants, threads included. */
export function treeOf(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^[1-9]\d*$/.test(name)) continue;
    const line = readSmall(`/proc/${name}/stat`);
    const stat = line === null ? null : parseStatLine(line);
    if (stat !== null) parents.set(stat.pid, stat.ppid);
  }
  const inTree = new Set([root]);
  // A child may have a smaller number than its parent, so until nothing is added any more.
  for (let before = 0; before < inTree.size;) {
    before = inTree.size;
    for (const [pid, parent] of parents) if (inTree.has(parent)) inTree.add(pid);
  }
  return [...inTree].flatMap((pid) => (parents.has(pid) ? [pid, ...otherThreads(`/proc/${pid}`, pid)] : []));
}
