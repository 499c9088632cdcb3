import { SCHEMA, type Diagnosis, type Storm } from "../../../../src/diagnosis/result.ts";
import type { Identity } from "../../../../src/identity/types.ts";

/** What several of the samples are made of. */

export const host: Diagnosis["host"] = {
  hostname: "web-17",
  kernel: "6.1.0-28-amd64",
  machine: "x86_64",
  os: "Debian GNU/Linux 12 (bookworm)",
  cpus: 2,
  bootedAt: "2026-11-20T06:12:44.000Z",
};

export const unknownHost: Diagnosis["host"] = {
  hostname: null,
  kernel: null,
  machine: null,
  os: null,
  cpus: null,
  bootedAt: null,
};

export const base: Diagnosis = {
  schema: SCHEMA,
  tool: { name: "whoforks", version: "0.1.0" },
  host,
  window: { start: "2026-11-23T21:15:08.120Z", seconds: 2.004 },
  sources: [
    { kind: "tracefs", events: 90_412, lost: 0, skipped: 0 },
    { kind: "proc", events: 96, lost: null, skipped: 0, note: "two snapshots; what lived in between is not seen" },
  ],
  symptom: {
    cpu: { user: 0.11, system: 0.81, idle: 0.08, iowait: 0, steal: 0 },
    busyCpus: 1.84,
    explainedCpus: 1.77,
    sum: {
      explained: 0.962,
      unexplained: 0.038,
      parts: [
        { of: "living", cpus: 0.36, share: 0.196 },
        { of: "storms", cpus: 1.37, share: 0.745 },
        { of: "kernel-threads", cpus: 0.03, share: 0.016 },
      ],
    },
    splitReliable: false,
    recorded: {
      seconds: 1.72,
      spans: [[0.24, 1.96]],
      busyCpus: 1.86,
      unknownCpus: 0,
      lost: 0,
      programs: [{ pid: null, comm: "atd", exe: null, cpus: 1.39, processes: 19_220 }],
    },
    forksPerSecond: 11_240.3,
    execsPerSecond: 0.5,
    exitsPerSecond: 11_239.8,
    topLiving: [
      { pid: 1, comm: "init", exe: "/sbin/init", cpuShare: 0.31 },
      { pid: 733, comm: "rsyslogd", exe: "/usr/sbin/rsyslogd", cpuShare: 0.041 },
    ],
    pid1CpuShare: 0.31,
    pid1ReapedCpus: 1.36,
  },
  storms: [],
  restarts: [],
  identities: [],
  verdict: {
    outcome: "healthy",
    code: "verdict.healthy",
    args: { forksPerSecond: 1.5, seconds: 5 },
    confidence: "high",
    storm: null,
  },
  chain: [],
  advice: [],
  couldNotLook: [],
  experiment: null,
  cost: { cpuSeconds: 0.38, wallSeconds: 2.41, peakRssBytes: 78_118_912 },
};

export const chainStorm: Storm = {
  id: "storm-1",
  kind: "self-replicating-chain",
  program: { exe: "/usr/bin/atd", comm: "atd", root: "/" },
  processes: 22_525,
  perSecond: 11_240.3,
  peakAlive: 2,
  lifetimeMs: { p50: 0.0871, p99: 0.214 },
  cpus: 1.37,
  cpusFrom: "cgroup",
  cpuChecks: [
    { from: "cgroup", cpus: 1.37, bound: "exact", cgroup: "/atd" },
    { from: "sched_switch", cpus: 1.39, bound: "exact" },
    { from: "waiter", cpus: 1.36, bound: "exact" },
  ],
  startersCpus: 0.31,
  cpuHoles: ["reaped-by-another"],
  spawner: { pid: 1, exe: "/sbin/init", comm: "init" },
  reaper: { pid: 1, exe: "/sbin/init", comm: "init", cpuShare: 0.31 },
  generations: { depth: 22_524, branching: 1.00004 },
  intervalMs: { p50: 0.0889, variation: 0.21 },
  gapMs: null,
  exits: [{ code: 0, signal: null, count: 22_523 }],
  abi: { machine: "x86_64", bits: 64 },
  repeats: null,
  benign: false,
  confidence: "high",
  reasons: [
    { code: "reason.forks-without-exec", args: { share: 1 }, weighs: "for" },
    { code: "reason.one-child-each", args: { branching: 1.00004 }, weighs: "for" },
    { code: "reason.depth", args: { depth: 22_524 }, weighs: "for" },
    { code: "reason.parent-ends-first", args: { share: 0.998 }, weighs: "for" },
    { code: "reason.few-alive", args: { peakAlive: 2 }, weighs: "for" },
    { code: "reason.limit-forbids", args: { supervisor: "upstart" }, weighs: "for" },
  ],
  evidence: [{ source: "tracefs", locator: "22525 forks, 0.002 s to 2.003 s of the window" }],
};

export const impostor: Identity = {
  path: "/usr/bin/atd",
  root: "/",
  verdict: "impostor",
  owner: null,
  claims: { package: "at", path: "/usr/sbin/atd" },
  file: {
    size: 2_443_616,
    mode: "-rwx--x--x",
    uid: 0,
    gid: 0,
    mtime: "2017-02-20T03:14:15.926535897Z",
    ctime: "2026-09-02T01:07:31.004182001Z",
    birth: "2026-09-02T01:07:30.996181774Z",
    inode: 262_417,
    sha256: "9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab",
    flags: [],
  },
  elf: {
    bits: 64,
    machine: "x86_64",
    type: "EXEC",
    static: true,
    stripped: true,
    interpreter: null,
    needed: [],
    buildId: null,
    entropy: 6.31,
  },
  twins: [
    {
      path: "/usr/sbin/atd",
      owner: { manager: "dpkg", package: "at", version: "3.1.14-1ubuntu1" },
      size: 22_544,
      sha256: "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
    },
  ],
  reasons: [
    { code: "identity.owned-by-nobody", args: { path: "/usr/bin/atd" }, weight: "strong" },
    { code: "identity.bears-name-of-packaged", args: { package: "at", path: "/usr/sbin/atd" }, weight: "strong" },
    { code: "identity.stands-before-packaged", args: { package: "at", path: "/usr/sbin/atd" }, weight: "strong" },
    { code: "identity.size-ratio", args: { suspect: 2_443_616, genuine: 22_544, ratio: 108.4 }, weight: "medium" },
    { code: "identity.mode-differs", args: { suspect: "-rwx--x--x", genuine: "-rwxr-xr-x" }, weight: "medium" },
    {
      code: "identity.mtime-differs",
      args: { suspect: "2017-02-20T03:14:15.926535897Z", genuine: "2013-10-21T19:22:06.000000000Z" },
      weight: "weak",
    },
    { code: "identity.static", args: { size: 2_443_616 }, weight: "medium" },
    { code: "identity.no-build-id", args: {}, weight: "weak" },
  ],
  attack: ["T1036.005", "T1574.007"],
};

export const evidence = chainStorm.evidence;

export const respawnStorm: Storm = {
  ...chainStorm,
  kind: "respawn-loop",
  program: { exe: "/usr/local/bin/poller", comm: "poller", root: "/" },
  processes: 1236,
  perSecond: 412,
  peakAlive: 1,
  lifetimeMs: { p50: 1.94, p99: 3.1 },
  cpus: 0.91,
  spawner: { pid: 812, exe: "/usr/bin/runsv", comm: "runsv" },
  reaper: { pid: 812, exe: "/usr/bin/runsv", comm: "runsv", cpuShare: 0.08 },
  generations: null,
  intervalMs: { p50: 2.42, variation: 0.11 },
  gapMs: { p50: 0.41 },
  exits: [{ code: 0, signal: null, count: 1235 }],
  reasons: [
    { code: "reason.one-spawner", args: { share: 1, spawner: "runsv (pid 812)" }, weighs: "for" },
    { code: "reason.start-follows-end", args: { gapMs: 0.41 }, weighs: "for" },
  ],
};
