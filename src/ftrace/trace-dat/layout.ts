/**
 * Numbers of trace-cmd's file format: trace-cmd.dat.v6(5), trace-cmd.dat.v7(5); trace-cmd
 * lib/trace-cmd/include/private/trace-cmd-private.h.
 */
export const MAGIC = Buffer.from("\x17\x08Dtracing", "latin1");

/** Kinds of options, in both versions. */
export const Option = {
  done: 0,
  /** What to add to a time stamp to get the wall clock, as text: hexadecimal microseconds. */
  date: 1,
  /** Content of per_cpu/cpuN/stats, a line `CPU: N` before it. */
  cpuStat: 2,
  buffer: 3,
  /** Content of trace_clock: `local [mono] …`. */
  traceClock: 4,
  uname: 5,
  /** Nanoseconds to add to each time stamp, as text. */
  offset: 7,
  cpuCount: 8,
  /** Who wrote the file, as text. */
  version: 9,
  traceId: 11,
  /** u32 multiplier, u32 shift, u64 offset: from cycles to nanoseconds. */
  tscToNs: 14,
  headerInfo: 16,
  ftraceEvents: 17,
  eventFormats: 18,
  cmdlines: 21,
} as const;

/** Kinds of sections of version 7, as far as they are read. */
export const Section = { options: 0, buffer: 3, headerInfo: 16, ftraceEvents: 17, eventFormats: 18, cmdlines: 21 };

/** What stands before the places of the CPUs' data, in version 6. */
export const Marker = { options: "options  \0", flyrecord: "flyrecord\0", latency: "latency  \0" };
