import { readFileSync } from "node:fs";
import type { CouldNotLook } from "../types.ts";

/** The value of hidepid (proc(5)) with which /proc is mounted, when it hides something; else null. */
export function hidepid(): string | null {
  let mounts: string;
  try {
    mounts = readFileSync("/proc/self/mounts", "latin1");
  } catch {
    // Without /proc nothing is hidden that could be seen.
    return null;
  }
  const options = [...mounts.matchAll(/^\S+ \/proc proc (\S+)/gm)].at(-1)?.[1] ?? "";
  return /(?:^|,)hidepid=([1-4]|noaccess|invisible|ptraceable)(?:,|$)/.exec(options)?.[1] ?? null;
}

/** Where /proc shows this user not even that the processes of others live. Root, and whoever the mount exempts, see them. */
export function hiddenProcesses(): CouldNotLook | null {
  const value = process.geteuid?.() === 0 ? null : hidepid();
  if (value === null) return null;
  return {
    code: "procfs.hidepid",
    what: "the processes of other users",
    why: `/proc is mounted with hidepid=${value}`,
    remedy: "sudo whoforks diagnose",
  };
}

/**
 * What polling missed, by the kernel's own count of tasks created (threads among them); null when it missed nothing.
 * @param seen processes that turned up in the window
 */
export function missedByPolling(forks: number, seen: number): CouldNotLook | null {
  if (forks <= seen) return null;
  const missed = 1 - seen / forks;
  return {
    code: "proc.missed",
    what: "processes too short-lived for /proc",
    why: `${forks} tasks were created in the window and ${seen} of them seen: ${(100 * missed).toFixed(1)} % were missed`,
    remedy: "sudo whoforks diagnose",
    args: { forks, seen, missed },
  };
}
