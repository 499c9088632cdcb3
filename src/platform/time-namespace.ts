import { readFileSync, readlinkSync } from "node:fs";

/**
 * By how many nanoseconds this process's CLOCK_MONOTONIC is ahead of the kernel's own (time_namespaces(7)): the kernel
 * stamps its events with the latter. 0 outside of time namespaces, and on kernels without them (before 5.6).
 */
export function monotonicOffsetNs(): bigint {
  try {
    // The file tells the offsets that children get; a process that has only just unshared is not in there itself.
    if (readlinkSync("/proc/self/ns/time") !== readlinkSync("/proc/self/ns/time_for_children")) return 0n;
    return parseOffset(readFileSync("/proc/self/timens_offsets", "latin1"));
  } catch {
    // No such files: no time namespaces, or no /proc.
    return 0n;
  }
}

/** Reads the line `monotonic   1000000   0` (seconds, nanoseconds; kernel/time/namespace.c proc_timens_show_offsets). */
export function parseOffset(text: string): bigint {
  const [, seconds, nanoseconds] = /^monotonic\s+(-?\d+)\s+(\d+)\s*$/m.exec(text) ?? [];
  return seconds === undefined || nanoseconds === undefined
    ? 0n
    : BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
}
