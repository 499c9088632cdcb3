import type { CpuSlices, Forebear, ProgramCpu } from "../../model/cpu.ts";

/** Adds up entries that are the same program of the same descent. */
export class CpuSums {
  readonly #sums = new Map<string, ProgramCpu>();

  /** What used nothing is left out. */
  add(entry: ProgramCpu): void {
    if (entry.seconds <= 0) return;
    const key = [entry, ...(entry.descent ?? [])].map(nameOf).join("\0\0");
    const sum = this.#sums.get(key);
    if (sum === undefined) {
      this.#sums.set(key, { ...entry });
      return;
    }
    sum.seconds += entry.seconds;
    if (entry.pid === null) sum.processes += entry.processes;
  }

  /** The most CPU first. */
  ranked(most: number): ProgramCpu[] {
    return [...this.#sums.values()].sort((a, b) => b.seconds - a.seconds).slice(0, most);
  }
}

function nameOf({ pid, exe, comm }: Forebear): string {
  return pid === null ? (exe ?? `\0${comm}`) : `${pid}`;
}

/** Two recordings of one window as one. */
export function joinSlices(a: CpuSlices, b: CpuSlices): CpuSlices {
  const seconds = a.seconds + b.seconds;
  const sums = new CpuSums();
  for (const entry of [...a.programs, ...b.programs]) sums.add({ ...entry, windowSeconds: seconds });
  return {
    seconds,
    busySeconds: a.busySeconds + b.busySeconds,
    unknownSeconds: a.unknownSeconds + b.unknownSeconds,
    switches: a.switches + b.switches,
    spans: [...(a.spans ?? []), ...(b.spans ?? [])],
    lost: a.lost === null || b.lost === null ? null : a.lost + b.lost,
    programs: sums.ranked(Math.max(a.programs.length, b.programs.length)),
  };
}
