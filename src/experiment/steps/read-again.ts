import * as fs from "node:fs";
import { endianness } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { fileCalls } from "../../platform/file-calls.ts";
import { isAlive, type Life } from "../../platform/process-identity.ts";
import { commOf } from "../../platform/processes.ts";
import { openRoot } from "../../platform/root.ts";

/** Where sysvinit is asked (initctl(5)); before Debian 8 in /dev. */
const PIPES = ["/run/initctl", "/dev/initctl"];
/** `struct init_request` of sysvinit's initreq.h: magic, command, runlevel, seconds between SIGTERM and SIGKILL, and room. */
const REQUEST = { size: 384, magic: 0x03091969, setRunlevel: 1, again: "q".charCodeAt(0), patience: 5 };
/** Bytes that wait in a pipe (ioctl_tty(2)), as most machines number it. */
const FIONREAD = 0x541b;
const WAIT_MS = 10_000;

/**
 * Has who reads a table read it again: sysvinit through its pipe, as `telinit q` does, else by SIGHUP. A SIGHUP that
 * comes while sysvinit waits for jobs to end is lost, and the table stays unread; what is in its pipe is not. Where the pipe is
 * used, this waits until all is done: jobs that are no longer in the table have then ended, or were killed.
 */
export async function readAgain(whom: Life): Promise<void> {
  if (!isAlive(whom)) return;
  const pipe = pipeOf(whom.pid);
  if (pipe === null) process.kill(whom.pid, "SIGHUP");
  else {
    try {
      // The second is taken when the first is done.
      for (let times = 0; times < 2; times++) fs.writeSync(pipe, request());
      await emptied(pipe, whom);
    } finally {
      fs.closeSync(pipe);
    }
  }
}

/** Whether this is an init that has a pipe, and so is waited for. */
export function isAskedByPipe(pid: number): boolean {
  const pipe = pipeOf(pid);
  if (pipe !== null) fs.closeSync(pipe);
  return pipe !== null;
}

/** The pipe of an init of that kind; null: there is none, or nobody reads it. */
function pipeOf(pid: number): number | null {
  if (commOf(pid) !== "init") return null;
  const root = openRoot(`/proc/${pid}/root`);
  for (const name of PIPES) {
    const path = root.realpath(name);
    if (path === null) continue;
    const { O_WRONLY, O_NONBLOCK, O_NOFOLLOW } = fs.constants;
    let fd: number;
    try {
      if (!fs.lstatSync(Buffer.from(root.hostPath(path))).isFIFO()) continue;
      fd = fs.openSync(Buffer.from(root.hostPath(path)), O_WRONLY | O_NONBLOCK | O_NOFOLLOW);
    } catch {
      // ENXIO: nobody reads it.
      continue;
    }
    const stat = fs.fstatSync(fd);
    if (stat.isFIFO() && stat.uid === 0) return fd;
    fs.closeSync(fd);
  }
  return null;
}

function request(): Buffer {
  const bytes = Buffer.alloc(REQUEST.size);
  const fields = [REQUEST.magic, REQUEST.setRunlevel, REQUEST.again, REQUEST.patience];
  for (const [at, field] of fields.entries()) {
    if (endianness() === "LE") bytes.writeInt32LE(field, at * 4);
    else bytes.writeInt32BE(field, at * 4);
  }
  return bytes;
}

async function emptied(pipe: number, whom: Life): Promise<void> {
  const calls = fileCalls();
  if (!("ioctl" in calls)) return;
  const waiting = new Int32Array(1);
  for (const end = performance.now() + WAIT_MS; performance.now() < end && isAlive(whom); await delay(20)) {
    if (calls.ioctl(pipe, FIONREAD, new Uint8Array(waiting.buffer)) < 0 || waiting[0] === 0) return;
  }
}
