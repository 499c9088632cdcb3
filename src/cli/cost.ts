import { readFileSync } from "node:fs";
import type { Diagnosis } from "../diagnosis/result.ts";

/** What this run has used so far: own CPU seconds, wall seconds since the process began, peak memory. */
export function ownCost(): Diagnosis["cost"] {
  const { user, system } = process.cpuUsage();
  return { cpuSeconds: (user + system) / 1e6, wallSeconds: process.uptime(), peakRssBytes: peakRss() };
}

/**
 * VmHWM of this program. `ru_maxrss` of getrusage(2) begins with the peak of whoever started it (exec_mmap in fs/exec.c keeps
 * the high-water mark of the memory that it replaces), so it is taken only where there is no /proc.
 */
function peakRss(): number {
  try {
    const kibibytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1];
    if (kibibytes !== undefined) return Number(kibibytes) * 1024;
  } catch {
    // No /proc here.
  }
  return process.resourceUsage().maxRSS * 1024;
}
