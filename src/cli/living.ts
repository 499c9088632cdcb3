import { readlinkSync } from "node:fs";
import type { EventSink } from "../model/events.ts";
import type { Snapshot } from "../model/snapshot.ts";

/** Tells the deriver who lives already, parents before children, so that forks of theirs have a program and a parent. */
export function introduce(before: Snapshot, sink: EventSink): void {
  const living = [...before.processes.values()].sort(
    (a, b) => a.startedAfterBoot - b.startedAfterBoot || a.pid - b.pid,
  );
  for (const { pid, ppid, comm, exe, threads, kernelThread, mountNamespace, root } of living) {
    if (kernelThread) continue;
    sink({ type: "seen", ts: 0, pid, ppid, comm, exe, abi: null, threads, mountNamespace, root });
  }
}

/** The mount namespace of this process (`mnt:[4026531841]`); null without /proc. */
export function ownMountNamespace(): string | null {
  try {
    return readlinkSync("/proc/self/ns/mnt");
  } catch {
    // Without /proc there is nothing to compare with.
    return null;
  }
}
