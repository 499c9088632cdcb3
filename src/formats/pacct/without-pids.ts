import type { EventSink } from "../../model/events.ts";
import { endOf } from "../../model/wait-status.ts";
import type { Timed } from "./timeline.ts";
import { nothingTold, type Told } from "./told.ts";

/**
 * Tells of ends as records of version 2 can: by what name, when and how. Those have no PIDs, so each process gets a number below
 * zero of its own, and nobody is named who is handed it.
 */
export function countEnds(sink: EventSink): { take: (timed: Timed) => void; told: Told; events: () => number } {
  const told = nothingTold();
  return {
    told,
    events: () => told.ends * 2,
    take({ record, end }) {
      const { comm, status, cpu } = record;
      const pid = -++told.ends;
      told.cpuSeconds += cpu;
      if (cpu === 0) told.withoutCpu++;
      const { code, signal } = endOf(status);
      sink({ type: "exit", ts: end, pid, comm, code, signal, thread: false });
      sink({ type: "child-signal", ts: end, pid, reaper: 0, reaperComm: "", code: signal === null ? 1 : 2 });
    },
  };
}
