/** Events that a CPU's buffer has lost: overwritten, not committed, or dropped because the buffer was full. */
export interface KernelLosses {
  overrun: number;
  commitOverrun: number;
  dropped: number;
}

/** Reads a per_cpu/cpuN/stats file: lines like `commit overrun: 0`. */
export function parseStats(text: string): KernelLosses {
  const number = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, "m").exec(text)?.[1] ?? 0);
  return { overrun: number("overrun"), commitOverrun: number("commit overrun"), dropped: number("dropped events") };
}
