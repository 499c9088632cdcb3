import * as fs from "node:fs";
import { callError, errnoName, fileCalls } from "../platform/file-calls.ts";
import { JournalError } from "./errors.ts";
import { partsOf, stateFolderPath, type StateFolder } from "./state-folder.ts";

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
const TRIES = 4;

/** The lock of one state folder: one run at a time. The kernel gives it back when its process ends, however it ends. */
export interface Lock {
  readonly release: () => void;
}

/** Takes the lock, or throws `JournalError` "locked" with who has it. Needs koffi: Node has no flock(2). */
export function takeLock(folder: StateFolder, what: string): Lock {
  const calls = fileCalls();
  if ("missing" in calls) throw new JournalError("no-calls", { why: calls.why });
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = fs.constants;
  const fd = fs.openSync(folder.lock, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
  for (let tries = 1; calls.flock(fd, LOCK_EX | LOCK_NB) < 0; tries++) {
    if (tries < TRIES) {
      // Somebody may only be looking (`isLocked`).
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      continue;
    }
    const number = calls.errno();
    const holder = holderOf(fd);
    fs.closeSync(fd);
    if (errnoName(number) === "EAGAIN") throw new JournalError("locked", holder);
    throw callError("flock", number);
  }
  // Only for the message of whoever finds it locked: its loss does not matter.
  try {
    fs.ftruncateSync(fd);
    fs.writeSync(fd, JSON.stringify({ pid: process.pid, what }), 0);
  } catch {
    // A full disk.
  }
  return { release: () => fs.closeSync(fd) };
}

/** Whether a run is under way in a state folder. False also where that cannot be told. */
export function isLocked(dir = stateFolderPath()): boolean {
  const calls = fileCalls();
  if ("missing" in calls) return false;
  let fd: number;
  try {
    fd = fs.openSync(partsOf(dir).lock, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
  } catch {
    // No run ever was.
    return false;
  }
  try {
    // A shared lock, for this moment: two that look do not take each other for a run.
    return calls.flock(fd, LOCK_SH | LOCK_NB) < 0;
  } finally {
    fs.closeSync(fd);
  }
}

function holderOf(fd: number): { pid: number | null; what: string | null } {
  const bytes = Buffer.alloc(4096);
  try {
    const told = JSON.parse(bytes.toString("utf8", 0, fs.readSync(fd, bytes, 0, bytes.length, 0))) as {
      pid?: unknown;
      what?: unknown;
    };
    return {
      pid: typeof told.pid === "number" ? told.pid : null,
      what: typeof told.what === "string" ? told.what : null,
    };
  } catch {
    return { pid: null, what: null };
  }
}
