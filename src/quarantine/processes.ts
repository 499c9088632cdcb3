import * as fs from "node:fs";
import { fromBytes, type Untrusted } from "../model/text.ts";
import type { Life } from "../platform/process-identity.ts";
import { allPids, executesFile, newestPid } from "../platform/processes.ts";
import type { FileRecord } from "./file-record.ts";

/** A process as it matters to whoever wants to end it. */
export interface Running extends Life {
  comm: Untrusted;
  parent: number;
  group: number;
  session: number;
  /** It runs the file; else it only shares the cgroup of a unit with one that does. */
  runsFile: boolean;
  stopped: boolean;
}

type Stat = Omit<Running, "runsFile">;

/** Fields of /proc/PID/stat (proc_pid_stat(5)); null when the process has ended. A zombie has ended. */
export function statOf(pid: number): Stat | null {
  let text: Untrusted;
  try {
    text = fromBytes(fs.readFileSync(`/proc/${pid}/stat`));
  } catch {
    return null;
  }
  const end = text.lastIndexOf(")");
  const [state, parent, group, session, ...rest] = text.slice(end + 2).split(" ");
  if (state === "Z" || state === "X") return null;
  return {
    pid,
    comm: text.slice(text.indexOf("(") + 1, end),
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    startTicks: rest[15] as string,
    stopped: state === "T",
  };
}

/** Whether a process executes this file, by device and inode: no name is believed. */
export function executes(pid: number, record: Pick<FileRecord, "dev" | "inode">): boolean {
  return executesFile(pid, record) === true;
}

/**
 * Processes that are never stopped or ended: PID 1, this one, its ancestors, and everything in the session of a login that
 * this process or one of its ancestors belongs to.
 */
export function protectedPids(): Set<number> {
  const lineage = new Set<number>([1, process.pid]);
  const sessions = new Set<number>();
  for (let pid = process.pid; pid > 1;) {
    const stat = statOf(pid);
    if (stat === null) break;
    lineage.add(pid);
    // Session 0 are kernel threads and what a container's init left without one.
    if (stat.session > 0) sessions.add(stat.session);
    pid = stat.parent;
  }
  for (const session of sessions) lineage.add(session);
  return lineage;
}

/** Quick looks at the newest process, of some 50 µs each. */
const QUICK_LOOKS = 400;

/** As `processesOf`, but also finds a chain, whose members are dead before a listing of /proc comes to them. */
export function findProcesses(record: Pick<FileRecord, "dev" | "inode">): Running[] {
  const found = processesOf(record);
  for (let look = 0; look < QUICK_LOOKS && found.length === 0; look++) {
    const newest = newestPid() ?? 0;
    // The newest may not have been forked whole; the one before it may still live.
    for (const pid of [newest, newest - 1]) {
      const stat = pid > 1 && executes(pid, record) ? statOf(pid) : null;
      if (stat !== null) found.push({ ...stat, runsFile: true });
    }
  }
  return found;
}

/** Those that execute the file, and whoever shares the cgroup of their unit. */
export function processesOf(record: Pick<FileRecord, "dev" | "inode">): Running[] {
  const found = new Map<number, Running>();
  const pids = allPids();
  for (const pid of pids) {
    if (!executes(pid, record)) continue;
    const stat = statOf(pid);
    if (stat !== null) found.set(pid, { ...stat, runsFile: true });
  }
  const units = new Set([...found.keys()].map(unitCgroup).filter((cgroup) => cgroup !== null));
  if (units.size === 0) return [...found.values()];
  const kept = protectedPids();
  const members = pids.map((pid) => ({ pid, cgroup: unitCgroup(pid) })).filter(({ cgroup }) => cgroup !== null);
  for (const unit of units) {
    const inUnit = members.filter(({ cgroup }) => cgroup === unit);
    // A unit that this run is a part of (a web console, a container's shell) is not ended whole.
    if (inUnit.some(({ pid }) => kept.has(pid))) continue;
    // What cron starts is in cron's unit: a unit is ended whole only where its first process runs the file.
    const first = inUnit.map(({ pid }) => statOf(pid)).reduce((a, b) => (older(b, a) ? b : a), null);
    if (first === null || found.get(first.pid)?.runsFile !== true) continue;
    for (const { pid } of inUnit) {
      const stat = found.has(pid) ? null : statOf(pid);
      if (stat !== null) found.set(pid, { ...stat, runsFile: false });
    }
  }
  return [...found.values()];
}

function older(a: Stat | null, b: Stat | null): boolean {
  if (a === null || b === null) return a !== null;
  return BigInt(a.startTicks) < BigInt(b.startTicks);
}

/**
 * The cgroup of a service, as /proc/PID/cgroup tells it (cgroups(7)); null for any that many things share: the root, a
 * login session, a user's manager, a container.
 */
function unitCgroup(pid: number): Untrusted | null {
  let text: Untrusted;
  try {
    text = fromBytes(fs.readFileSync(`/proc/${pid}/cgroup`));
  } catch {
    return null;
  }
  for (const line of text.split("\n")) {
    const head = /^\d+:(?:name=systemd|):/.exec(line);
    if (head === null) continue;
    const unit = line.slice(head[0].length).split("/").at(-1);
    if (unit !== undefined && unit.endsWith(".service") && !unit.startsWith("user@")) return line.slice(head[0].length);
  }
  return null;
}
