import type { Description, TraceBuffer } from "../../ftrace/trace-dat/description.ts";

/** Clocks of the kernel that count nanoseconds (kernel/trace/trace.c trace_clocks); `uptime` does so in steps of jiffies. */
const NANOSECONDS = new Set(["local", "global", "uptime", "perf", "mono", "mono_raw", "boot", "tai"]);

/** The clock of a buffer's time stamps; null when the file does not tell. Old files do not, and have `local`. */
export function clockOf({ clock }: Description, buffer: TraceBuffer): string | null {
  const own = buffer.clock === "" ? null : buffer.clock;
  return own ?? clock;
}

/** By what to multiply its time stamps to get nanoseconds; null when that is not known. */
export function scaleOf({ tscToNs }: Description, clock: string | null): number | null {
  if (clock === null || NANOSECONDS.has(clock)) return 1;
  // `tsc2nsec` is what trace-cmd calls x86-tsc with its conversion in the file.
  if (tscToNs !== null && tscToNs.multiplier > 0 && tscToNs.shift < 64) return tscToNs.multiplier / 2 ** tscToNs.shift;
  return null;
}
