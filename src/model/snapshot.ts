import type { CgroupUsage } from "./cpu.ts";
import type { Untrusted } from "./text.ts";

/** Facts about one living process, from /proc/PID. Times are clock ticks turned into seconds. */
export interface ProcFacts {
  pid: number;
  ppid: number;
  comm: Untrusted;
  /** R, S, D, Z, T, I, … */
  state: string;
  /** Seconds after boot, 10 ms steps: with `pid` the identity of the process. */
  startedAfterBoot: number;
  /** CPU seconds of its own. */
  utime: number;
  stime: number;
  /** CPU seconds of the children it has waited for. */
  cutime: number;
  cstime: number;
  kernelThread: boolean;
  /**
   * /proc/PID/exe as seen from the process's own root (the prefix that `root` names is taken off), or null (kernel
   * thread, no permission, gone meanwhile). " (deleted)" is left as the kernel writes it.
   */
  exe: Untrusted | null;
  /** Link of /proc/PID/root: "/" but for a process in a chroot; null when unreadable. */
  root: Untrusted | null;
  /** Its other threads (entries of /proc/PID/task but for PID itself); [] when it has none or they are unreadable. */
  threads: number[];
  /** First 4 KiB of /proc/PID/cmdline split at NUL, or null when unreadable. */
  argv: Untrusted[] | null;
  /** Its working directory as seen from its own root, where it runs a script by a relative path; null: unreadable. Absent elsewhere. */
  cwd?: Untrusted | null;
  /** Cgroup path of the unified hierarchy or of the name=systemd one, or null. */
  cgroup: Untrusted | null;
  /** Cgroup that counts its CPU time, a key of `Snapshot.cgroups`; null: the root of all, or unknown. */
  cpuCgroup?: Untrusted | null;
  /** It ignores SIGCHLD: the kernel reaps its children itself and adds nothing to `cutime` and `cstime`. */
  ignoresSigchld?: boolean;
  mountNamespace: string | null;
  /** What is mounted at its "/": device and directory there (`0:55 /`); null: unknown, or a chroot. Absent: not looked at. */
  rootMount?: Untrusted | null;
  pidNamespace: string | null;
  /** Its number in its own (innermost) PID namespace: last field of NSpid. */
  namespacePid: number;
}

/** All living processes and the CPU counters at one moment. */
export interface Snapshot {
  /** CLOCK_MONOTONIC, nanoseconds. */
  monotonicNs: number;
  /** ms since 1970. */
  epochMs: number;
  /** Seconds of all CPUs since boot (/proc/stat, first line). */
  cpu: {
    user: number;
    system: number;
    idle: number;
    iowait: number;
    steal: number;
    /** Part of `system`: interrupts, hard and soft. Absent: from a version that did not keep it. */
    interrupts?: number;
  };
  /** Tasks created since boot (/proc/stat `processes`; threads count too). */
  forks: number;
  /** TCP connections accepted since boot in the tool's network namespace (PassiveOpens of /proc/net/snmp). Absent: not read. */
  acceptedTcp?: number;
  processes: Map<number, ProcFacts>;
  /** CPU time of every cgroup but the roots: `cpuacct:/PATH` (version 1), `unified:/PATH` (version 2). Absent: not read. */
  cgroups?: ReadonlyMap<Untrusted, CgroupUsage>;
}

export interface HostFacts {
  hostname: Untrusted;
  kernel: string;
  machine: string;
  /** PRETTY_NAME of os-release, or null. */
  os: Untrusted | null;
  cpus: number;
  /** ISO 8601 UTC. */
  bootedAt: string;
}
