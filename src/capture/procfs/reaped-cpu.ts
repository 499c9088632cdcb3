import type { ProcFacts } from "../../model/snapshot.ts";
import { SIGCHLD_BIT, TICKS } from "./facts.ts";
import { readSmall } from "./read-small.ts";
import { parseStatLine } from "./stat-line.ts";

/** Reapers looked at in one go, about 20 µs each. */
const AT_ONCE = 64;

interface Sample {
  atNs: number;
  seconds: number;
}

/** What a process was charged for the dead children that it waited for (cutime + cstime, proc_pid_stat(5)). */
export interface Charge {
  /** CPUs: CPU seconds a second. */
  cpus: number;
  /** The kernel charges nobody for its children. */
  ignoresSigchld: boolean;
}

/** Follows what reapers are charged for, over a window that slides with the looks. Keeps those asked for last time alone. */
export class ReapedCpu {
  readonly #slots: number;
  #followed = new Map<number, { startTicks: number; samples: Sample[] }>();

  /** `slots`: looks that make up the window; `before`: the living at its beginning. */
  constructor(slots: number, before: { monotonicNs: number; processes: ReadonlyMap<number, ProcFacts> }) {
    this.#slots = slots;
    for (const { pid, startedAfterBoot, cutime, cstime } of before.processes.values()) {
      const sample = { atNs: before.monotonicNs, seconds: cutime + cstime };
      this.#followed.set(pid, { startTicks: Math.round(startedAfterBoot * TICKS), samples: [sample] });
    }
  }

  /** Looks at these reapers. Absent from the answer: it is gone, or nothing is known of it from before. */
  look(pids: readonly number[], nowNs: number): Map<number, Charge> {
    const followed = new Map<number, { startTicks: number; samples: Sample[] }>();
    const charges = new Map<number, Charge>();
    for (const pid of pids.slice(0, AT_ONCE)) {
      const line = readSmall(`/proc/${pid}/stat`);
      const stat = line === null ? null : parseStatLine(line);
      if (stat === null) continue;
      const known = this.#followed.get(pid);
      const samples = known?.startTicks === stat.startTicks ? known.samples : [];
      samples.push({ atNs: nowNs, seconds: (stat.cutime + stat.cstime) / TICKS });
      if (samples.length > this.#slots + 1) samples.shift();
      followed.set(pid, { startTicks: stat.startTicks, samples });
      const [first] = samples;
      const last = samples.at(-1);
      if (first === undefined || last === undefined || last.atNs <= first.atNs) continue;
      const cpus = (last.seconds - first.seconds) / ((last.atNs - first.atNs) / 1e9);
      charges.set(pid, { cpus: Math.max(0, cpus), ignoresSigchld: (stat.ignored & SIGCHLD_BIT) !== 0 });
    }
    this.#followed = followed;
    return charges;
  }
}
