import type { ProcFacts, Snapshot } from "../model/snapshot.ts";

/** Where the CPU went between two snapshots. Shares of a process: 1 = one CPU. */
export interface CpuUse {
  /** Shares of all CPUs together, 0..1. */
  shares: { user: number; system: number; idle: number; iowait: number; steal: number };
  /** CPUs busy: everything but idle, iowait and steal. */
  busyCpus: number;
  /** What each of them accounts for, CPUs. `interrupts`: null where the snapshots do not tell. */
  parts: {
    /** Living programs, without the children they waited for. */
    living: number;
    kernelThreads: number;
    interrupts: number | null;
    /** Children that died and that a living process was charged for; by that process. */
    reaped: ReadonlyMap<number, number>;
  };
  /** Own use of a living process. */
  ofLiving(pid: number): number | null;
  /**
   * What the dead children that a process waited for have used (cutime + cstime, proc_pid_stat(5)), their own dead
   * included. 0 when the process ignores SIGCHLD, since the kernel then adds nothing.
   */
  ofReaped(pid: number): number | null;
  /** The living that used most, the first first. */
  top(count: number): { process: ProcFacts; share: number }[];
}

export function cpuUse(before: Snapshot, after: Snapshot, cpus: number): CpuUse {
  const seconds = Math.max(1e-3, (after.monotonicNs - before.monotonicNs) / 1e9);
  const spent = {
    user: after.cpu.user - before.cpu.user,
    system: after.cpu.system - before.cpu.system,
    idle: after.cpu.idle - before.cpu.idle,
    iowait: after.cpu.iowait - before.cpu.iowait,
    steal: after.cpu.steal - before.cpu.steal,
  };
  // iowait and idle may run backwards a little (proc_stat(5)); a share never does.
  const total = Math.max(
    1e-3,
    Object.values(spent).reduce((sum, value) => sum + Math.max(0, value), 0),
  );
  const share = (value: number): number => Math.min(1, Math.max(0, value) / total);
  const busyCpus = (Math.max(0, spent.user) + Math.max(0, spent.system)) / seconds;
  const living = [...after.processes.values()].map((process) => {
    const then = sameProcess(before, process);
    return { process, share: (own(process) - (then === null ? 0 : own(then))) / seconds };
  });
  return {
    shares: {
      user: share(spent.user),
      system: share(spent.system),
      idle: share(spent.idle),
      iowait: share(spent.iowait),
      steal: share(spent.steal),
    },
    busyCpus: Math.min(cpus, busyCpus),
    parts: partsOf(before, after, seconds),
    ofLiving: (pid) => living.find((entry) => entry.process.pid === pid)?.share ?? null,
    ofReaped(pid) {
      const now = after.processes.get(pid);
      if (now === undefined) return null;
      const then = sameProcess(before, now);
      return (reaped(now) - (then === null ? 0 : reaped(then))) / seconds;
    },
    top: (count) =>
      living
        .filter((entry) => entry.share > 0.005)
        .sort((a, b) => b.share - a.share)
        .slice(0, count),
  };
}

function partsOf(before: Snapshot, after: Snapshot, seconds: number): CpuUse["parts"] {
  let living = 0;
  let kernelThreads = 0;
  const reapedBy = new Map<number, number>();
  for (const process of after.processes.values()) {
    const then = sameProcess(before, process);
    const used = own(process) - (then === null ? 0 : own(then));
    if (process.kernelThread) kernelThreads += used;
    else living += used;
    const charged = reaped(process) - (then === null ? 0 : reaped(then));
    if (charged > 0) reapedBy.set(process.pid, charged);
  }
  // Whoever lived at the start and died meanwhile was added to its parent whole: what it had used before is taken off.
  for (const process of before.processes.values()) {
    if (process.kernelThread || sameProcess(after, process) !== null) continue;
    const heir = livingAncestor(process, before, after);
    const charged = heir === null ? undefined : reapedBy.get(heir);
    // A parent that ignores SIGCHLD was charged nothing.
    if (heir !== null && charged !== undefined)
      reapedBy.set(heir, Math.max(0, charged - own(process) - reaped(process)));
  }
  const interrupts =
    after.cpu.interrupts === undefined || before.cpu.interrupts === undefined
      ? null
      : Math.max(0, after.cpu.interrupts - before.cpu.interrupts) / seconds;
  return {
    living: Math.max(0, living) / seconds,
    kernelThreads: Math.max(0, kernelThreads) / seconds,
    interrupts,
    reaped: new Map([...reapedBy].map(([pid, charged]) => [pid, charged / seconds])),
  };
}

/** The nearest forebear that lives on: it, or one in between that is dead as well, has waited for the process. */
function livingAncestor(process: ProcFacts, before: Snapshot, after: Snapshot): number | null {
  let at = before.processes.get(process.ppid);
  for (let step = 0; at !== undefined && step < 64; step++) {
    if (sameProcess(after, at) !== null) return at.pid;
    at = before.processes.get(at.ppid);
  }
  return null;
}

function sameProcess(snapshot: Snapshot, process: ProcFacts): ProcFacts | null {
  const other = snapshot.processes.get(process.pid);
  return other !== undefined && other.startedAfterBoot === process.startedAfterBoot ? other : null;
}

function own(process: ProcFacts): number {
  return process.utime + process.stime;
}

function reaped(process: ProcFacts): number {
  return process.cutime + process.cstime;
}
