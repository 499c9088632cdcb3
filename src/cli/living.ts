import type { EventSink } from "../model/events.ts";
import type { Snapshot } from "../model/snapshot.ts";

/** Tells the deriver who lives already, parents before children, so that forks of theirs have a program and a parent. */
export function introduce(before: Snapshot, sink: EventSink): void {
  const living = [...before.processes.values()].sort(
    (a, b) => a.startedAfterBoot - b.startedAfterBoot || a.pid - b.pid,
  );
  for (const { pid, ppid, comm, exe, threads, kernelThread, mountNamespace, root, rootMount } of living) {
    if (kernelThread) continue;
    const place = { mountNamespace, root, rootMount: rootMount ?? null };
    sink({ type: "seen", ts: 0, pid, ppid, comm, exe, abi: null, threads, ...place });
  }
}
