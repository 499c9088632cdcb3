import type { EventSink } from "../../model/events.ts";
import type { Told } from "./teller.ts";
import type { Timed } from "./timeline.ts";

/**
 * Tells of ends as records of version 2 can: by what name, when and how. Those have no PIDs, so each process gets a number below
 * zero of its own, and nobody is named who is handed it.
 */
export function countEnds(sink: EventSink): { take: (timed: Timed) => void; told: Told; events: () => number } {
  const told: Told = {
    ends: 0,
    forks: 0,
    execs: 0,
    orphans: 0,
    inferred: 0,
    parentsUnnamed: 0,
    reaped: 0,
    cpuSeconds: 0,
    withoutCpu: 0,
  };
  return {
    told,
    events: () => told.ends * 2,
    take({ record, end }) {
      const { comm, status, cpu } = record;
      const pid = -++told.ends;
      told.cpuSeconds += cpu;
      if (cpu === 0) told.withoutCpu++;
      const signal = status & 0x7f;
      const code = signal === 0 ? (status >> 8) & 0xff : null;
      sink({ type: "exit", ts: end, pid, comm, code, signal: signal === 0 ? null : signal, thread: false });
      sink({ type: "child-signal", ts: end, pid, reaper: 0, reaperComm: "", code: signal === 0 ? 1 : 2 });
    },
  };
}
