import type { LibC } from "../../platform/ffi.ts";

/** Bits for 8192 CPUs, the most that a kernel is built for (CONFIG_NR_CPUS). */
const MASK_BYTES = 1024;

/**
 * Runs `work` once on each CPU where this thread may run, and then lets it run where it might before. Returns the CPUs
 * visited; where the kernel refuses, `work` runs once wherever it is and null is returned.
 */
export function onEachCpu(c: LibC, work: (cpu: number) => void): number[] | null {
  const allowed = new Uint8Array(MASK_BYTES);
  if (c.getAffinity(0, MASK_BYTES, allowed) < 0) {
    work(0);
    return null;
  }
  const visited: number[] = [];
  try {
    for (let cpu = 0; cpu < MASK_BYTES * 8; cpu++) {
      const bit = 1 << (cpu & 7);
      if (((allowed[cpu >> 3] as number) & bit) === 0) continue;
      const one = new Uint8Array(MASK_BYTES);
      one[cpu >> 3] = bit;
      // A CPU that has just gone offline is refused.
      if (c.setAffinity(0, MASK_BYTES, one) < 0) continue;
      visited.push(cpu);
      work(cpu);
    }
  } finally {
    c.setAffinity(0, MASK_BYTES, allowed);
  }
  return visited;
}
