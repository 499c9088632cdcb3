import { readdirSync, readlinkSync } from "node:fs";
import { constants } from "node:os";
import { scriptArgument } from "../../model/script.ts";
import { fromBytes, type Untrusted } from "../../model/text.ts";
import type { ProcFacts } from "../types.ts";
import { pickCpuCgroup } from "../cgroup/hierarchies.ts";
import { readSmall } from "./read-small.ts";
import { RootMounts } from "./root-mount.ts";
import { parseStatLine } from "./stat-line.ts";

/** Ticks a second in /proc: USER_HZ, 100 on every machine that Node runs on (include/asm-generic/param.h). */
export const TICKS = 100;
/** Flag of kernel threads in field 9 of /proc/PID/stat (include/linux/sched.h). */
export const PF_KTHREAD = 0x20_0000;
/** SIGCHLD in a mask of signals, whose bit 0 is signal 1. */
export const SIGCHLD_BIT = 1 << (constants.signals.SIGCHLD - 1);

/**
 * What /proc tells of one process, or null when it is gone (or its number went to another while it was read). What only
 * its owner or root may read is null without that right.
 */
export function factsOf(
  pid: number | string,
  ownPidNamespace: string | null,
  rootMounts = new RootMounts(),
): ProcFacts | null {
  const dir = `/proc/${pid}`;
  const line = readSmall(`${dir}/stat`);
  const stat = line === null ? null : parseStatLine(line);
  if (stat === null) return null;
  const kernelThread = (stat.flags & PF_KTHREAD) !== 0;
  const exe = kernelThread ? null : link(`${dir}/exe`);
  const root = kernelThread ? null : link(`${dir}/root`);
  const pidNamespace = kernelThread ? ownPidNamespace : link(`${dir}/ns/pid`);
  const mountNamespace = kernelThread ? null : link(`${dir}/ns/mnt`);
  const cgroups = readSmall(`${dir}/cgroup`);
  const cgroupText = cgroups === null ? null : fromBytes(cgroups);
  const threads = stat.threads > 1 ? otherThreads(dir, stat.pid) : [];
  const argv = kernelThread ? [] : argvOf(dir);
  const script = exe === null || argv === null ? null : scriptArgument(exe, argv);
  // The command line of most scripts is absolute: only of the others the place is asked for.
  const cwd = script === null || script.startsWith("/") ? undefined : link(`${dir}/cwd`);
  const rootMount = rootMounts.of(pid, mountNamespace, root);
  const namespacePid = pidNamespace === ownPidNamespace ? stat.pid : innermostPid(dir, stat.pid);
  if (!kernelThread && isAnother(dir, stat.startTicks)) return null;
  return {
    pid: stat.pid,
    ppid: stat.ppid,
    comm: stat.comm,
    state: stat.state,
    startedAfterBoot: stat.startTicks / TICKS,
    utime: stat.utime / TICKS,
    stime: stat.stime / TICKS,
    cutime: stat.cutime / TICKS,
    cstime: stat.cstime / TICKS,
    kernelThread,
    exe: exe === null ? null : insideRoot(exe, root),
    root: kernelThread ? "/" : root,
    threads,
    argv,
    ...(cwd === undefined ? {} : { cwd: cwd === null ? null : insideRoot(cwd, root) }),
    cgroup: cgroupText === null ? null : pickCgroup(cgroupText),
    cpuCgroup: cgroupText === null ? null : pickCpuCgroup(cgroupText),
    ignoresSigchld: (stat.ignored & SIGCHLD_BIT) !== 0,
    mountNamespace,
    rootMount,
    pidNamespace,
    namespacePid,
  };
}

/** Whether the number is by now another process's, so that facts of two may be mixed. One that has merely ended is not. */
function isAnother(dir: string, startTicks: number): boolean {
  const line = readSmall(`${dir}/stat`);
  const now = line === null ? null : parseStatLine(line);
  return now !== null && now.startTicks !== startTicks;
}

/** Target of a link, or null: gone, or not permitted. */
export function link(path: string): Untrusted | null {
  try {
    return fromBytes(readlinkSync(path, { encoding: "buffer" }));
  } catch {
    // ENOENT, ESRCH or EACCES: all of them mean "unknown" to the caller.
    return null;
  }
}

/**
 * A path that the kernel gave as seen from here, as its process sees it: without the directory of its chroot. A process
 * that entered its root by pivot_root has "/" here.
 */
export function insideRoot(path: Untrusted, root: Untrusted | null): Untrusted {
  return root !== null && root !== "/" && path.startsWith(`${root}/`) ? path.slice(root.length) : path;
}

/** Numbers of the tasks of a process but for the leader's; [] when it is gone. */
export function otherThreads(dir: string, pid: number): number[] {
  let names: string[];
  try {
    names = readdirSync(`${dir}/task`);
  } catch {
    // It ended meanwhile.
    return [];
  }
  return names.map(Number).filter((task) => task !== pid);
}

function argvOf(dir: string): Untrusted[] | null {
  const text = readSmall(`${dir}/cmdline`, 4096);
  if (text === null) return null;
  if (text.length === 0) return [];
  const words = fromBytes(text).split("\0");
  // Each argument is ended by NUL, unless the process has overwritten them or there are more than 4096 bytes.
  if (words.at(-1) === "") words.pop();
  return words;
}

/**
 * From lines `0::/system.slice/atd.service` (unified), `1:name=systemd:/…`, `8:pids:/…` (cgroups(7)): the path in the
 * first of these hierarchies in which it is more than the root. Without systemd, a container is told by its controllers
 * only. "/" when it is at the root of all, null when there are none.
 */
export function pickCgroup(text: Untrusted): Untrusted | null {
  let found: Untrusted | null = null;
  let best = Number.POSITIVE_INFINITY;
  for (const line of text.split("\n")) {
    const controllers = /^\d+:([^:]*):/.exec(line);
    if (controllers === null) continue;
    const path = line.slice(controllers[0].length);
    const rank = path === "/" ? Number.MAX_VALUE : rankOf(controllers[1] as string);
    if (rank >= best) continue;
    best = rank;
    found = path;
  }
  return found;
}

/** Hierarchies in the order in which they tell to what a process belongs; all runtimes limit the number of processes. */
const HIERARCHIES = ["", "name=systemd", "pids", "cpuacct", "memory", "cpu"];

function rankOf(controllers: string): number {
  const places = [controllers, ...controllers.split(",")].map((each) => HIERARCHIES.indexOf(each));
  const [best] = places.filter((place) => place >= 0).sort((a, b) => a - b);
  return best ?? HIERARCHIES.length;
}

/** Last number of the line `NSpid:	812	5	1` of /proc/PID/status (4.1); the PID itself where that is missing. */
function innermostPid(dir: string, pid: number): number {
  const text = readSmall(`${dir}/status`)?.toString("latin1") ?? "";
  const numbers = /^NSpid:\s*(.*)$/m.exec(text)?.[1]?.trim().split(/\s+/);
  const last = Number(numbers?.at(-1));
  return Number.isInteger(last) && last > 0 ? last : pid;
}
