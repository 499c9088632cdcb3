import { monotonicOffsetNs } from "./time-namespace.ts";

const AHEAD = monotonicOffsetNs();
const AHEAD_NS = Number(AHEAD);

/**
 * The kernel's CLOCK_MONOTONIC in nanoseconds, the clock of trace_clock `mono`; `process.hrtime` gives it too, but for the
 * offset of a time namespace. Exact up to 104 days of uptime.
 */
export function monotonicNs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e9 + nanoseconds - AHEAD_NS;
}

/** A 64-bit time stamp in two halves: kernel time stamps do not fit a double after 104 days of uptime, differences do. */
export interface SplitTime {
  high: number;
  low: number;
}

/** The kernel's CLOCK_MONOTONIC now, exact at any uptime. */
export function monotonicSplit(): SplitTime {
  const now = process.hrtime.bigint() - AHEAD;
  return { high: Number(now >> 32n), low: Number(now & 0xffff_ffffn) };
}

/** The two halves as one double (rounded to 2 ns after 104 days of uptime). */
export function joined(time: SplitTime): number {
  return time.high * 4_294_967_296 + time.low;
}
