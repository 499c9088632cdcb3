import { readFileSync, readlinkSync } from "node:fs";

/** Start time of a process in clock ticks after boot (field 22 of /proc/PID/stat), or null when there is none. */
export function startTicks(pid) {
  const fields = statFields(pid);
  return fields ? Number(fields[19]) : null;
}

/** State letter of a process (field 3 of /proc/PID/stat), or null when there is none. */
export function stateOf(pid) {
  return statFields(pid)?.[0] ?? null;
}

/** CPU seconds of a process itself and of the children it has reaped (fields 14 to 17), in 10 ms steps. */
export function cpuSeconds(pid) {
  const fields = statFields(pid);
  if (!fields) return null;
  const [user, system, childUser, childSystem] = fields.slice(11, 15).map((ticks) => Number(ticks) / 100);
  return { own: user + system, reaped: childUser + childSystem };
}

/** The program a process runs, or null when it is gone or is a kernel thread. */
export function exeOf(pid) {
  return orNull(() => readlinkSync(`/proc/${pid}/exe`));
}

/** SIGKILL for a process that still is the one that was started; never for another that got its number since. */
export function killSame(pid, ticks) {
  if (ticks === null || startTicks(pid) !== ticks) return false;
  return orNull(() => process.kill(pid, "SIGKILL")) ?? false;
}

/** `read()`, or null when the file or process is not there (ENOENT, ESRCH) or not ours to see. */
export function orNull(read) {
  try {
    return read();
  } catch (error) {
    if (["ENOENT", "ESRCH", "EACCES", "EPERM", "ENOTDIR", "EINVAL"].includes(error.code)) return null;
    throw error;
  }
}

function statFields(pid) {
  const stat = orNull(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  // The task name in parentheses may itself hold blanks and parentheses.
  return stat === null ? null : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}
