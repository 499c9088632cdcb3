/** How CPU is taken: `weight`: less than others where they want it too. `limit`: next to none, whoever else wants it. */
export const CPU_WAYS = ["weight", "limit"] as const;
export type CpuWay = (typeof CPU_WAYS)[number];

/** A file of the controller `cpu`, what a new cgroup has in it, and the least that is taken for a storm to be slowed. */
export interface CpuFile {
  file: string;
  whole: string;
  little: string;
}

/**
 * By version of the hierarchy. The limit is a millisecond of one CPU in each tenth of a second, the least that the kernel
 * takes (kernel/sched/core.c, min_cfs_quota_period); the least weight is 1 of 100, and 2 of 1024 shares. sched-bwc.rst,
 * cgroup-v2.rst of the kernel's documentation.
 */
export const LITTLE_CPU: Readonly<Record<1 | 2, Readonly<Record<CpuWay, CpuFile>>>> = {
  1: {
    weight: { file: "cpu.shares", whole: "1024", little: "2" },
    limit: { file: "cpu.cfs_quota_us", whole: "-1", little: "1000" },
  },
  2: {
    weight: { file: "cpu.weight", whole: "100", little: "1" },
    limit: { file: "cpu.max", whole: "max 100000", little: "1000 100000" },
  },
};
