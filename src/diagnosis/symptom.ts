import type { CpuUse } from "../derive/cpu.ts";
import type { Material } from "./material.ts";
import type { Symptom } from "./result.ts";

/** What an engineer sees first: forks a second, the CPU split, PID 1's share, what no living process explains. */
export function symptomOf(material: Material, cpu: CpuUse | null): Symptom {
  const { derived, window, countersOnly } = material;
  const seconds = Math.max(1e-3, window.seconds);
  return {
    cpu: cpu?.shares ?? null,
    busyCpus: cpu?.busyCpus ?? null,
    explainedCpus: cpu?.explainedCpus ?? null,
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
