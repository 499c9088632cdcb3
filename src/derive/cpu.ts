import type { ProcFacts, Snapshot } from "../model/snapshot.ts";

/** Where the CPU went between two snapshots. Shares of a process: 1 = one CPU. */
export interface CpuUse {
  /** Shares of all CPUs together, 0..1. */
  shares: { user: number; system: number; idle: number; iowait: number; steal: number };
  /** CPUs busy: everything but idle, iowait and steal. */
  busyCpus: number;
  /** CPUs that the living and the children they waited for account for. */
  explainedCpus: number;
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
    explainedCpus: Math.min(busyCpus, Math.max(0, explained(before, after)) / seconds),
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

/**
 * CPU seconds of the window that show in the living: their own, and that of children they waited for. A child that
 * lived at the start and died meanwhile was added to its parent whole, so what it had used before is taken off.
 */
function explained(before: Snapshot, after: Snapshot): number {
  let seconds = 0;
  for (const process of after.processes.values()) {
    const then = sameProcess(before, process);
    seconds += own(process) + reaped(process) - (then === null ? 0 : own(then) + reaped(then));
  }
  for (const process of before.processes.values()) {
    const now = after.processes.get(process.pid);
    if (now === undefined || now.startedAfterBoot !== process.startedAfterBoot)
      seconds -= own(process) + reaped(process);
  }
  return seconds;
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
