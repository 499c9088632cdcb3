/** What stands before the fields of an event. Text is Latin-1: a character a byte. */
export interface Leader {
  /** Task name, "" when the line has none. */
  comm: string;
  /** Number of the task that was running; null when the line has none. */
  task: number | null;
  /** Whole seconds, and nanoseconds within them; null: the line has no time. */
  seconds: number | null;
  nanos: number;
  /** Nanoseconds of a digit's step; null for clocks that count something else (`counter`, `x86-tsc`). */
  tick: number | null;
  event: string;
  /** The fields, with what the tool puts behind them. */
  fields: string;
}

/** Finds the leader of a line, or null when it has none of this dialect. */
export type ReadLeader = (line: string) => Leader | null;

/** Names are printed right-aligned in this many columns, and cannot be longer (TASK_COMM_LEN less its zero). */
const NAME_COLUMNS = 16;

/**
 * kernel/trace/trace_output.c trace_print_context, and libtraceevent's tep_print_event: `comm-PID`, the process with `record-tgid`,
 * the CPU, flags with `irq-info`, the time.
 */
const KERNEL =
  /^-(-?\d+) +(?:\( *(?:\d+|-+)\) +)?\[\d+\] +(?:[^\s:]{4,6} +)?(\d+)(?:\.(\d{6}|\d{9}))?: +(?:\(\+\d+\) +)?([\w.-]+)(?:: *|(?=\())(.*)$/s;
/** The same with `latency-format`, or `trace-cmd report -l`: names in 8 columns, CPU and flags in one, microseconds. */
const LATENCY =
  /^(.{1,15}?)-(-?\d+) +\d+[^\s:]{4,6} +(\d+)(?:us[ +!#*@$]|\.(\d{6}|\d{9})): *([\w.-]+)(?:: *|(?=\())(.*)$/s;
/** tools/perf/builtin-script.c perf_sample__fprintf_start: any of pid/tid, CPU, time, period may be left out (-F). */
const PERF =
  /^(?: *(-?\d+)(?:\/(-?\d+))? +)?(?:\[\d+\] +)?(?:[A-Z?]{1,3} +)?(?:(\d+)\.(\d{6}|\d{9}): +)?(?:\d+ +)?(?:[A-Za-z_][\w-]*:([A-Za-z_][\w-]*)(?:: |:$|(?=\())|(PERF_RECORD_\w+)(?:: ?|(?= |\()))(.*)$/s;

export const kernelLeader: ReadLeader = (line) => {
  for (const at of namesEnds(line, "-")) {
    const found = KERNEL.exec(line.slice(at));
    if (found === null) continue;
    const [, task, seconds, fraction, event, fields] = found;
    return {
      comm: line.slice(0, at).trimStart(),
      task: Number(task),
      ...timeOf(seconds as string, fraction),
      event: event as string,
      fields: fields as string,
    };
  }
  const found = LATENCY.exec(line.trimStart());
  if (found === null) return null;
  const [, comm, task, units, fraction, event, fields] = found;
  // Microseconds since the beginning of the trace.
  const since = { seconds: Math.floor(Number(units) / 1e6), nanos: (Number(units) % 1e6) * 1000, tick: 1000 };
  const time = fraction === undefined ? since : timeOf(units as string, fraction);
  return { comm: comm as string, task: Number(task), ...time, event: event as string, fields: fields as string };
};

export const perfLeader: ReadLeader = (line) => {
  for (const at of [...namesEnds(line, " "), 0]) {
    const found = PERF.exec(line.slice(at));
    if (found === null) continue;
    const [, first, second, seconds, fraction, event, side, fields] = found;
    const task = second ?? first;
    return {
      comm: line.slice(0, at).trim(),
      task: task === undefined ? null : Number(task),
      ...(seconds === undefined ? { seconds: null, nanos: 0, tick: null } : timeOf(seconds, fraction)),
      event: (event ?? side) as string,
      fields: fields as string,
    };
  }
  return null;
};

/**
 * Where the task name may end: behind its 16 columns, whatever is in it; else (somebody took the blanks away) at every
 * `mark` before a digit, the last one first, since the name is the only part that can hold one.
 */
function namesEnds(line: string, mark: "-" | " "): number[] {
  if (line[NAME_COLUMNS] === mark && /\d/.test(line[NAME_COLUMNS + 1] ?? "")) return [NAME_COLUMNS];
  const ends: number[] = [];
  for (let at = Math.min(line.length - 1, 2 * NAME_COLUMNS); at > 0; at--) {
    const next = line.charCodeAt(at + 1);
    if (line[at] === mark && ((next >= 0x30 && next <= 0x39) || (mark === " " && next === 0x20))) ends.push(at);
  }
  return ends;
}

function timeOf(seconds: string, fraction: string | undefined): Pick<Leader, "seconds" | "nanos" | "tick"> {
  if (fraction === undefined) return { seconds: Number(seconds), nanos: 0, tick: null };
  const scale = fraction.length === 9 ? 1 : 1000;
  return { seconds: Number(seconds), nanos: Number(fraction) * scale, tick: scale };
}
