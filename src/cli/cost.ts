import type { Diagnosis } from "../diagnosis/result.ts";

/** What this run has used so far: own CPU seconds, wall seconds since the process began, peak memory. */
export function ownCost(): Diagnosis["cost"] {
  const { user, system } = process.cpuUsage();
  return {
    cpuSeconds: (user + system) / 1e6,
    wallSeconds: process.uptime(),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
}
