import type { CpuUse } from "../derive/cpu.ts";
import { explainedCpus, type CpuAccount } from "./cpu-account.ts";
import type { Material } from "./material.ts";
import type { Symptom } from "./result.ts";

const MOST_PROGRAMS = 8;

/** What an engineer sees first: forks a second, the CPU split, PID 1's share, what no living process explains. */
export function symptomOf(material: Material, cpu: CpuUse | null, accounts: readonly CpuAccount[]): Symptom {
  const { derived, window, countersOnly } = material;
  // Without times nothing has a rate.
  const seconds = material.stampNs === null ? Number.POSITIVE_INFINITY : Math.max(1e-3, window.seconds);
  return {
    cpu: cpu?.shares ?? null,
    busyCpus: cpu?.busyCpus ?? null,
    explainedCpus: cpu === null ? null : explainedCpus(cpu, accounts),
    recorded: recordedOf(material),
    forksPerSecond: countersOnly?.forksPerSecond ?? derived.forks / seconds,
    execsPerSecond: derived.execs / seconds,
    exitsPerSecond: derived.exits / seconds,
    topLiving: (cpu?.top(5) ?? []).map(({ process, share }) => ({
      pid: process.pid,
      comm: process.comm,
      exe: process.exe,
      cpuShare: share,
    })),
    pid1CpuShare: cpu?.ofLiving(1) ?? null,
  };
}

function recordedOf({ live }: Material): NonNullable<Symptom["recorded"]> | null {
  const slices = live?.slices ?? null;
  if (slices === null) return null;
  const seconds = Math.max(1e-3, slices.seconds);
  return {
    seconds,
    busyCpus: slices.busySeconds / seconds,
    unknownCpus: slices.unknownSeconds / seconds,
    lost: slices.lost,
    programs: slices.programs.slice(0, MOST_PROGRAMS).map(({ pid, comm, exe, seconds: used, processes }) => ({
      pid,
      comm,
      exe,
      cpus: used / seconds,
      processes,
    })),
  };
}
