import { readlinkSync } from "node:fs";
import { z } from "zod";
import { readSmall } from "../capture/procfs/read-small.ts";
import { parseStatLine } from "../capture/procfs/stat-line.ts";
import { fromBytes, type Untrusted } from "../model/text.ts";
import { startTicks } from "../platform/process-identity.ts";
import { allPids, executesFile, newestPid } from "../platform/processes.ts";
import { membersBelow } from "./freezer.ts";

/**
 * Whom an intervention is about. `tree`: a process and all that descend from it. `program`: everybody who runs this file
 * in this mount namespace, e.g. the members of a chain, whom no process stands for. `file`: everybody who executes this
 * very file, by device and inode as stat(2) gives them. `cgroup`: everybody in it.
 */
export const target = z.discriminatedUnion("by", [
  z.object({ by: z.literal("tree"), pid: z.int().positive(), startTicks: z.string() }),
  z.object({ by: z.literal("program"), exe: z.string(), mountNamespace: z.string() }),
  z.object({ by: z.literal("file"), dev: z.string(), inode: z.string() }),
  z.object({ by: z.literal("cgroup"), folder: z.string() }),
]);
export type Target = z.infer<typeof target>;

/** Flag of kernel threads (include/linux/sched.h). */
const PF_KTHREAD = 0x20_0000;
/** Numbers below the newest that are looked at for a chain's next member. */
const NEWEST = 8;

/** Those who are meant by it now. One look at all of /proc. */
export function membersNow(whom: Target): number[] {
  switch (whom.by) {
    case "cgroup":
      return membersBelow(whom.folder);
    case "program":
    case "file":
      return allPids().filter((pid) => runs(pid, whom));
    case "tree":
      return startTicks(whom.pid) === whom.startTicks ? treeOf(whom.pid) : [];
  }
}

/**
 * The newest of them, at little cost: a member of a chain lives for milliseconds, and by the time /proc has been listed it
 * is dead. The last number given out stands in /proc/loadavg.
 */
export function* newestMembers(whom: Target): Generator<number> {
  if (!isOfFile(whom)) return;
  for (const pid of newest()) if (runs(pid, whom)) yield pid;
}

/** How long a process of a program is looked for, ms: a chain has one for milliseconds at a time. */
const SEARCH_MS = 4000;

/** Mount namespace in which this program runs; null: no process of it was met. */
export function namespaceOfProgram(exe: Untrusted): string | null {
  const among = (pids: readonly number[]): string | null => {
    for (const pid of pids) {
      const program = programOf(pid);
      if (program?.exe === exe) return program.mountNamespace;
    }
    return null;
  };
  let found = among(allPids());
  for (const end = performance.now() + SEARCH_MS; found === null && performance.now() < end;) found = among(newest());
  return found;
}

/** Whether those who are meant are told by the file that they run: then they may be a chain. */
export function isOfFile(whom: Target): whom is OfFile {
  return whom.by === "program" || whom.by === "file";
}

/** Whether a process is one of a file's; null: it is gone, or that is no question for this kind of target. */
export function isMember(whom: Target, pid: number): boolean | null {
  if (!isOfFile(whom) || programOf(pid) === null) return null;
  return runs(pid, whom);
}

/** A process's parent; null: gone. */
export function parentOf(pid: number): number | null {
  return statOf(pid)?.ppid ?? null;
}

/** The letter of its state (proc_pid_stat(5)), `T` where it was stopped; null: gone. */
export function stateOf(pid: number): string | null {
  return statOf(pid)?.state ?? null;
}

export function isKernelThread(pid: number): boolean {
  return ((statOf(pid)?.flags ?? 0) & PF_KTHREAD) !== 0;
}

/** This process and all above it. */
export function ownLine(): Set<number> {
  const line = new Set<number>();
  for (let pid: number | null = process.pid; pid !== null && pid > 0 && !line.has(pid); pid = parentOf(pid))
    line.add(pid);
  return line;
}

function newest(): number[] {
  const last = newestPid();
  if (last === null) return [];
  return Array.from({ length: NEWEST }, (_, below) => last - below).filter((pid) => pid > 1);
}

type OfFile = Target & { by: "program" | "file" };

function runs(pid: number, whom: OfFile): boolean {
  if (whom.by === "file") return executesFile(pid, whom) === true;
  const program = programOf(pid);
  return program?.exe === whom.exe && program.mountNamespace === whom.mountNamespace;
}

function treeOf(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const pid of allPids()) {
    const parent = parentOf(pid);
    if (parent === null) continue;
    const known = children.get(parent);
    if (known === undefined) children.set(parent, [pid]);
    else known.push(pid);
  }
  const found = new Set([root]);
  for (const pid of found) for (const child of children.get(pid) ?? []) found.add(child);
  return [...found];
}

function statOf(pid: number): ReturnType<typeof parseStatLine> {
  const line = readSmall(`/proc/${pid}/stat`);
  return line === null ? null : parseStatLine(line);
}

/** The file that a process runs, as the kernel names it, and its mount namespace; null: gone. */
export function programOf(pid: number): { exe: Untrusted; mountNamespace: string } | null {
  try {
    return {
      exe: fromBytes(readlinkSync(`/proc/${pid}/exe`, { encoding: "buffer" })),
      mountNamespace: readlinkSync(`/proc/${pid}/ns/mnt`),
    };
  } catch {
    return null;
  }
}
