import type { CpuUse } from "../derive/cpu.ts";
import type { CpuAccount } from "./cpu-account.ts";
import { cpuSum } from "./cpu-sum.ts";
import type { ProgramCpu } from "../model/cpu.ts";
import type { Material } from "./material.ts";
import type { CpuSum, Symptom } from "./result.ts";

const MOST_PROGRAMS = 8;
/** The longest clock tick in use: CONFIG_HZ=100. */
const TICK_NS = 10e6;

/** What an engineer sees first: forks a second, the CPU split, PID 1's share, what no living process explains. */
export function symptomOf(material: Material, cpu: CpuUse | null, accounts: readonly CpuAccount[]): Symptom {
  const { derived, window, countersOnly } = material;
  // Without times nothing has a rate.
  const seconds = material.stampNs === null ? Number.POSITIVE_INFINITY : Math.max(1e-3, window.seconds);
  const sum = cpu === null ? null : cpuSum(cpu, accounts);
  return {
    cpu: cpu?.shares ?? null,
    busyCpus: cpu?.busyCpus ?? null,
    // Hardly busy is not hardly explained: there is nothing to explain.
    explainedCpus: cpu === null ? null : cpu.busyCpus * (sum?.explained ?? 1),
    sum,
    splitReliable: !mostlyShortLived(derived, cpu, sum),
    recorded: recordedOf(material),
    forksPerSecond: countersOnly?.forksPerSecond ?? derived.forks / seconds,
    execsPerSecond: derived.execs / seconds,
    exitsPerSecond: derived.exits / seconds,
    failedExecsPerSecond: failuresTold(material) ? derived.failedExecs / seconds : null,
    failedForksPerSecond: failuresTold(material) ? derived.failedForks / seconds : null,
    topLiving: (cpu?.top(5) ?? []).map(({ process, share }) => ({
      pid: process.pid,
      comm: process.comm,
      exe: process.exe,
      cpuShare: share,
    })),
    pid1CpuShare: cpu?.ofLiving(1) ?? null,
    pid1ReapedCpus: cpu?.ofReaped(1) ?? null,
  };
}

/**
 * Whether a fifth or more of what was busy went to processes that mostly live for less than a clock tick: the kernel then
 * books all of a life as user time, or all of it as system time (cputime_adjust in kernel/sched/cputime.c).
 */
function mostlyShortLived({ families }: Material["derived"], cpu: CpuUse | null, sum: CpuSum | null): boolean {
  const dead = sum?.parts.filter(({ of }) => of === "storms" || of === "other-dead") ?? [];
  if (cpu === null || dead.reduce((all, { share }) => all + share, 0) < 0.2) return false;
  const [most] = families;
  const p50 = most?.lifetime.quantile(0.5) ?? null;
  return p50 !== null && p50 < TICK_NS;
}

/** The programs that used most, whatever they descend from. */
function byProgram(programs: readonly ProgramCpu[]): ProgramCpu[] {
  const sums = new Map<string, ProgramCpu>();
  for (const entry of programs) {
    const key = entry.pid === null ? (entry.exe ?? `\0${entry.comm}`) : `${entry.pid}`;
    const sum = sums.get(key);
    if (sum === undefined) sums.set(key, { ...entry });
    else {
      sum.seconds += entry.seconds;
      sum.processes += entry.processes;
    }
  }
  return [...sums.values()].sort((a, b) => b.seconds - a.seconds).slice(0, MOST_PROGRAMS);
}

/** Whether a source tells of execs and forks that failed: tracefs does, a log where it has recorded one. */
export function failuresTold({ sources, derived }: Material): boolean {
  if (derived.failedExecs + derived.failedForks > 0) return true;
  return sources.some(({ kind, events }) => kind === "tracefs" && events > 0);
}

function recordedOf({ live }: Material): NonNullable<Symptom["recorded"]> | null {
  const slices = live?.slices ?? null;
  if (slices === null) return null;
  const seconds = Math.max(1e-3, slices.seconds);
  return {
    seconds,
    ...(slices.spans === undefined ? {} : { spans: slices.spans }),
    busyCpus: slices.busySeconds / seconds,
    unknownCpus: slices.unknownSeconds / seconds,
    lost: slices.lost,
    programs: byProgram(slices.programs).map(({ pid, comm, exe, seconds: used, processes }) => ({
      pid,
      comm,
      exe,
      cpus: used / seconds,
      processes,
    })),
  };
}
