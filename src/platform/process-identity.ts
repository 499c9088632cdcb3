import { readFileSync } from "node:fs";
import { errnoOf } from "./errno.ts";

/** Start time of a process in clock ticks after boot (field 22 of /proc/PID/stat), or null when there is no such process. */
export function startTicks(pid: number | "self"): string | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ESRCH") return null;
    throw error;
  }
  // The name may hold anything, ") 1 R" included; the last parenthesis ends it.
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? null;
}

/** PID and start time: names one life of a PID, also after the PID is used again. */
export interface Life {
  pid: number;
  startTicks: string;
}

/** This process. */
export function ownLife(): Life {
  const ticks = startTicks("self");
  if (ticks === null) throw new Error("/proc/self/stat is missing: is /proc mounted?");
  return { pid: process.pid, startTicks: ticks };
}

/** Whether that very process still lives. */
export function isAlive(life: Life): boolean {
  return startTicks(life.pid) === life.startTicks;
}
