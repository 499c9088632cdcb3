import { fromBytes, type Untrusted } from "../../model/text.ts";
import { insideRoot, link } from "../procfs/facts.ts";
import { readSmall } from "../procfs/read-small.ts";
import { parseStatLine } from "../procfs/stat-line.ts";

/** Which process a number stands for now. */
export interface Identity {
  /** The process that the task belongs to: another number for a thread. */
  process: number;
  /** Ticks after boot: with `process` the identity of a life. */
  startTicks: number;
  comm: Untrusted;
}

/**
 * Reads who has a number from /proc/PID of a procfs. Null: nobody, or what lies there is not the kernel's entry for that
 * number (something is mounted over it).
 */
export function identityIn(proc: string, pid: number): Identity | null {
  const line = readSmall(`${proc}/${pid}/stat`);
  const stat = line === null ? null : parseStatLine(line);
  // X: it is being removed, and is rightly in no list.
  if (stat === null || stat.pid !== pid || stat.state === "X" || stat.state === "x") return null;
  const status = readSmall(`${proc}/${pid}/status`)?.toString("latin1") ?? "";
  const group = Number(/^Tgid:\s*(\d+)$/m.exec(status)?.[1] ?? Number.NaN);
  if (!Number.isSafeInteger(group)) return null;
  return { process: group, startTicks: stat.startTicks, comm: stat.comm };
}

/** The program of a process, as seen from its own root; null when it cannot be told. */
export function programIn(proc: string, pid: number): Untrusted | null {
  const exe = link(`${proc}/${pid}/exe`);
  return exe === null ? null : insideRoot(exe, link(`${proc}/${pid}/root`));
}

/** Seconds since boot, with suspended time, as start times count (proc_uptime(5)); null when unreadable. */
export function uptimeTicks(ticksPerSecond: number): number | null {
  const text = readSmall("/proc/uptime");
  const seconds = text === null ? Number.NaN : Number(fromBytes(text).split(" ")[0]);
  return Number.isFinite(seconds) ? Math.floor(seconds * ticksPerSecond) : null;
}
