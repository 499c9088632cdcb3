import { readdirSync, statSync } from "node:fs";
import { otherThreads } from "./facts.ts";

/** Tells the threads of all processes that have more than one. Processes that vanish meanwhile are left out. */
export function threadsOfAll(tell: (thread: number, process: number) => void): void {
  for (const name of readdirSync("/proc")) {
    if (!/^[1-9]\d*$/.test(name)) continue;
    const pid = Number(name);
    // The link count is 2 + threads (fs/proc/base.c proc_task_getattr): one stat spares listing most processes.
    if (links(`/proc/${name}/task`) > 3) for (const thread of otherThreads(`/proc/${name}`, pid)) tell(thread, pid);
  }
}

function links(dir: string): number {
  try {
    return statSync(dir).nlink;
  } catch {
    // It ended since /proc was listed.
    return 0;
  }
}
