import type { CpuUse } from "../derive/cpu.ts";
import type { CpuAccount } from "./cpu-account.ts";
import type { CpuSum } from "./result.ts";

/**
 * Both sides of the sum: what the CPUs were busy with, and who accounts for it, each once. What dead children used and a
 * living process was charged for is the storm's as far as the storm used that much, and other programs' dead beyond it.
 * Null where the CPUs were hardly busy, so that a few 10 ms ticks would decide.
 */
export function cpuSum(cpu: CpuUse, accounts: readonly CpuAccount[]): CpuSum | null {
  const { busyCpus, parts } = cpu;
  if (busyCpus < LEAST_BUSY) return null;
  const charged = new Map(parts.reaped);
  let storms = 0;
  for (const { dead, chargedTo } of accounts) {
    storms += dead;
    let left = dead;
    for (const pid of chargedTo) {
      const taken = Math.min(left, charged.get(pid) ?? 0);
      if (taken === 0) continue;
      left -= taken;
      charged.set(pid, (charged.get(pid) ?? 0) - taken);
    }
  }
  const otherDead = [...charged.values()].reduce((sum, one) => sum + one, 0);
  const used: [CpuSum["parts"][number]["of"], number][] = [
    ["living", parts.living],
    ["storms", storms],
    ["other-dead", otherDead],
    ["kernel-threads", parts.kernelThreads],
    ["interrupts", parts.interrupts ?? 0],
  ];
  const all = used.reduce((sum, [, cpus]) => sum + cpus, 0);
  // The kernel counts the two sides by different clocks: ticks here, run times there.
  const whole = Math.max(busyCpus, all);
  return {
    explained: all / whole,
    unexplained: Math.max(0, (whole - all) / whole),
    parts: used
      .filter(([, cpus]) => cpus / whole >= LEAST_SHARE)
      .map(([of, cpus]) => ({ of, cpus, share: cpus / whole })),
  };
}

const LEAST_BUSY = 0.1;
const LEAST_SHARE = 0.01;
