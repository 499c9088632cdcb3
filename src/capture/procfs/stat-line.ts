import { fromBytes, type Untrusted } from "../../model/text.ts";

/** The fields of /proc/PID/stat that are used here (proc_pid_stat(5)); times in clock ticks. */
export interface StatLine {
  pid: number;
  comm: Untrusted;
  state: string;
  ppid: number;
  flags: number;
  utime: number;
  stime: number;
  cutime: number;
  cstime: number;
  threads: number;
  startTicks: number;
  /** Signals 1 to 31 that it ignores, as bits 0 to 30 (field 33, 1.1.25). */
  ignored: number;
}

/**
 * Parses /proc/PID/stat: `812 (atd) S 1 812 …`. The name in the parentheses may hold anything, `) R 1` and line ends
 * included, so it ends at the last parenthesis. Null when the line is not of that form.
 */
export function parseStatLine(line: Uint8Array): StatLine | null {
  const open = line.indexOf(0x28);
  const close = line.lastIndexOf(0x29);
  if (open < 2 || close < open) return null;
  const pid = Number(Buffer.from(line.buffer, line.byteOffset, open - 1).toString("latin1"));
  const rest = Buffer.from(line.buffer, line.byteOffset + close + 2, Math.max(0, line.length - close - 2));
  const words = rest.toString("latin1").split(" ", 31);
  const number = (field: number): number => Number(words[field - 3]);
  const parsed = {
    pid,
    comm: fromBytes(line.subarray(open + 1, close)),
    state: words[0] ?? "",
    ppid: number(4),
    flags: number(9),
    utime: number(14),
    stime: number(15),
    cutime: number(16),
    cstime: number(17),
    threads: number(20),
    startTicks: number(22),
    ignored: words.length >= 31 ? number(33) : 0,
  };
  return Number.isSafeInteger(pid) && Number.isSafeInteger(parsed.startTicks) ? parsed : null;
}
