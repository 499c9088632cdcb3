import * as fs from "node:fs";
import { constants } from "node:os";
import { errnoOf } from "./errno.ts";
import { errnoName, fileCalls } from "./file-calls.ts";
import { startTicks, type Life } from "./process-identity.ts";

/** Numbers of all processes that /proc shows. */
export function allPids(): number[] {
  return fs
    .readdirSync("/proc")
    .filter((name) => /^[1-9]\d*$/.test(name))
    .map(Number);
}

/** Task name (proc_pid_comm(5)), bytes as Latin-1; null: it has ended. */
export function commOf(pid: number): string | null {
  try {
    return fs.readFileSync(`/proc/${pid}/comm`, "latin1").trim();
  } catch {
    return null;
  }
}

/** The number that was given out last (the fifth field of proc_loadavg(5)); null: /proc does not tell it. */
export function newestPid(): number | null {
  let text: string;
  try {
    text = fs.readFileSync("/proc/loadavg", "latin1");
  } catch {
    return null;
  }
  const pid = Number(text.trim().split(" ")[4]);
  return Number.isSafeInteger(pid) ? pid : null;
}

/**
 * Whether a process executes this file, by device and inode as stat(2) gives them: no name is believed. Null when it has
 * ended, is a thread of the kernel, or may not be looked at.
 */
export function executesFile(pid: number, { dev, inode }: { dev: string; inode: string }): boolean | null {
  try {
    const exe = fs.statSync(`/proc/${pid}/exe`, { bigint: true });
    return String(exe.ino) === inode && String(exe.dev) === dev;
  } catch (error) {
    if (["ENOENT", "ESRCH", "EACCES", "EPERM"].includes(errnoOf(error))) return null;
    throw error;
  }
}

/**
 * Signals this life of a number. Null: it was sent; else the error's name, `ESRCH` where that life is over. Through a
 * pidfd the number cannot go to another meanwhile (pidfd_open(2), Linux 5.3); without one it is looked at just before.
 */
export function signalLife(life: Life, signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): string | null {
  const calls = fileCalls();
  const pidfd = "missing" in calls ? -1 : calls.pidfdOpen(life.pid);
  try {
    // The pidfd holds whoever has the number now; if that is the life that was meant, it stays so.
    if (startTicks(life.pid) !== life.startTicks) return "ESRCH";
    if ("missing" in calls || pidfd < 0) process.kill(life.pid, signal);
    else if (calls.pidfdSendSignal(pidfd, constants.signals[signal]) < 0) return errnoName(calls.errno());
    return null;
  } catch (error) {
    const code = errnoOf(error);
    if (code === "") throw error;
    return code;
  } finally {
    if (pidfd >= 0) fs.closeSync(pidfd);
  }
}
