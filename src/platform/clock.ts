/** CLOCK_MONOTONIC in nanoseconds, the clock of `process.hrtime` and of trace_clock `mono`. Exact up to 104 days of uptime. */
export function monotonicNs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e9 + nanoseconds;
}

/** A 64-bit time stamp in two halves: kernel time stamps do not fit a double after 104 days of uptime, differences do. */
export interface SplitTime {
  high: number;
  low: number;
}

/** CLOCK_MONOTONIC now, exact at any uptime. */
export function monotonicSplit(): SplitTime {
  const now = process.hrtime.bigint();
  return { high: Number(now >> 32n), low: Number(now & 0xffff_ffffn) };
}

/** The two halves as one double (rounded to 2 ns after 104 days of uptime). */
export function joined(time: SplitTime): number {
  return time.high * 4_294_967_296 + time.low;
}
