import { SCHEMA, type Diagnosis, type Storm } from "../../../src/diagnosis/result.ts";
import type { Identity } from "../../../src/identity/types.ts";

/** Realistic results of `diagnose`, as the diagnosis composes them, for the tests of the reports. */

const host: Diagnosis["host"] = {
  hostname: "web-17",
  kernel: "6.1.0-28-amd64",
  machine: "x86_64",
  os: "Debian GNU/Linux 12 (bookworm)",
  cpus: 2,
  bootedAt: "2026-11-20T06:12:44.000Z",
};

const unknownHost: Diagnosis["host"] = {
  hostname: null,
  kernel: null,
  machine: null,
  os: null,
  cpus: null,
  bootedAt: null,
};

const base: Diagnosis = {
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

const chainStorm: Storm = {
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

const impostor: Identity = {
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

const evidence = chainStorm.evidence;

/** The case: a fake atd replaces itself, started by upstart's job of the real one. */
export const theCase: Diagnosis = {
  ...base,
  storms: [chainStorm],
  restarts: [
    {
      storm: "storm-1",
      supervisor: "upstart",
      unit: "atd",
      file: "/etc/init/atd.conf",
      line: 12,
      directive: "respawn",
      limit: { starts: 10, seconds: 5 },
      limitAllowsRate: false,
      command: "atd",
      searchPath: ["/usr/local/sbin", "/usr/local/bin", "/usr/bin", "/usr/sbin", "/sbin", "/bin"],
      resolvesTo: "/usr/bin/atd",
      shadows: ["/usr/sbin/atd"],
    },
  ],
  identities: [impostor],
  verdict: {
    outcome: "storm",
    code: "verdict.self-replicating-chain.impostor",
    args: { program: "/usr/bin/atd", perSecond: 11_240.3, package: "at", genuine: "/usr/sbin/atd" },
    confidence: "high",
    storm: "storm-1",
  },
  chain: [
    {
      code: "chain.symptom",
      args: { forksPerSecond: 11_240.3, busyCpus: 1.84, cpus: 2, systemShare: 0.81, unexplainedCpus: 1.48 },
      evidence: [{ source: "/proc/stat", locator: "cpu, first line, before and after the window" }],
    },
    { code: "chain.short-lives", args: { program: "/usr/bin/atd", p50Ms: 0.0871, p99Ms: 0.214 }, evidence },
    { code: "chain.origin", args: { spawner: "init (pid 1)", program: "/usr/bin/atd" }, evidence },
    { code: "chain.replicates", args: { program: "/usr/bin/atd", depth: 22_524, branching: 1.00004 }, evidence },
    {
      code: "chain.orphans",
      args: { reaper: "init (pid 1)", perSecond: 11_240.3 },
      evidence: [{ source: "signal_generate", locator: "SIGCHLD of the storm's processes" }],
    },
    {
      code: "chain.reaper-busy",
      args: { reaper: "init (pid 1)", cpuShare: 0.31 },
      evidence: [{ source: "/proc/1/stat", locator: "utime + stime, before and after the window" }],
    },
    {
      code: "chain.restarted-by",
      args: {
        supervisor: "upstart",
        file: "/etc/init/atd.conf",
        line: 12,
        directive: "respawn",
        program: "/usr/bin/atd",
      },
      evidence: [{ source: "/etc/init/atd.conf", locator: "line 12", quote: "atd" }],
    },
    {
      code: "chain.limit-forbids-rate",
      args: { supervisor: "upstart", starts: 10, seconds: 5, perSecond: 11_240.3 },
      evidence: [],
    },
    {
      code: "chain.shadowed",
      args: { supervisor: "upstart", command: "atd", resolvesTo: "/usr/bin/atd", shadows: ["/usr/sbin/atd"] },
      evidence: [{ source: "/etc/init/atd.conf", locator: "line 12", quote: "atd" }],
    },
    {
      code: "chain.job-owner",
      args: { file: "/etc/init/atd.conf", package: "at", program: "/usr/bin/atd" },
      evidence: [],
    },
    {
      code: "chain.impostor",
      args: { program: "/usr/bin/atd", package: "at", genuine: "/usr/sbin/atd" },
      evidence: [{ source: "dpkg", locator: "/usr/bin/atd" }],
    },
  ],
  advice: [
    { code: "advice.isolate", args: {}, safety: "needs-review", command: null, undo: null },
    {
      code: "advice.preserve-evidence",
      args: { program: "/usr/bin/atd" },
      safety: "safe",
      command: ["tar", "--xattrs", "--acls", "-cpf", "/root/atd.evidence.tar", "--", "/usr/bin/atd"],
      undo: null,
    },
    {
      code: "advice.stop-supervisor",
      args: { supervisor: "upstart", unit: "atd", file: "/etc/init/atd.conf", line: 12 },
      safety: "needs-review",
      command: ["sh", "-c", 'echo manual >> "$1"', "sh", "/etc/init/atd.override"],
      undo: ["sed", "-i", "/^manual$/d", "/etc/init/atd.override"],
    },
    {
      code: "advice.move-aside",
      args: { program: "/usr/bin/atd" },
      safety: "needs-review",
      command: ["mv", "-n", "--", "/usr/bin/atd", "/usr/bin/atd.quarantined"],
      undo: ["mv", "-n", "--", "/usr/bin/atd.quarantined", "/usr/bin/atd"],
    },
    {
      code: "advice.check-origin",
      args: { program: "/usr/bin/atd" },
      safety: "safe",
      command: ["stat", "--", "/usr/bin/atd"],
      undo: null,
    },
    { code: "advice.reinstall-host", args: {}, safety: "destructive", command: null, undo: null },
  ],
};

/** The same from the audit log that somebody sent: 32-bit, no CPU, no file system. */
export const caseFromLog: Diagnosis = {
  ...base,
  host: unknownHost,
  window: { start: "2026-11-02T10:00:00.123Z", seconds: 31.4 },
  sources: [
    {
      kind: "audit",
      path: "/home/lee/case 17/audit.log",
      events: 351_204,
      lost: 118,
      skipped: 3,
      note: "the kernel said that it dropped records",
      examples: [
        { locator: "line 17", why: "no event id", quote: "type=SYSCALL msg=audit(16523210---):" },
        { locator: "line 4011", why: "cut off", quote: "type=SYS" },
      ],
    },
  ],
  symptom: {
    cpu: null,
    busyCpus: null,
    explainedCpus: null,
    forksPerSecond: 3728.4,
    execsPerSecond: 0.1,
    exitsPerSecond: 3728.2,
    topLiving: [],
    pid1CpuShare: null,
  },
  storms: [
    {
      ...chainStorm,
      perSecond: 3728.4,
      processes: 117_072,
      cpus: null,
      lifetimeMs: null,
      spawner: null,
      reaper: { pid: 1, exe: null, comm: "init", cpuShare: null },
      generations: { depth: 117_072, branching: 1 },
      exits: [],
      abi: { machine: "i386", bits: 32 },
      confidence: "medium",
      reasons: [
        { code: "reason.forks-without-exec", args: { share: 1 }, weighs: "for" },
        { code: "reason.one-child-each", args: { branching: 1 }, weighs: "for" },
        { code: "reason.ends-unknown", args: {}, weighs: "against" },
        { code: "reason.events-lost", args: { lost: 118 }, weighs: "against" },
      ],
      evidence: [{ source: "/home/lee/case 17/audit.log", locator: "117072 forks, 0.000 s to 31.398 s of the window" }],
    },
  ],
  verdict: {
    outcome: "storm",
    code: "verdict.self-replicating-chain",
    args: { program: "/usr/bin/atd", perSecond: 3728.4 },
    confidence: "medium",
    storm: "storm-1",
  },
  chain: [
    { code: "chain.symptom-log", args: { forksPerSecond: 3728.4, seconds: 31.4 }, evidence: [] },
    { code: "chain.origin-unknown", args: { program: "/usr/bin/atd" }, evidence: [] },
    {
      code: "chain.fork-by-32-bit",
      args: { program: "/usr/bin/atd", count: 117_071, machine: "i386" },
      evidence: [{ source: "audit", locator: "audit.log line 1204" }],
    },
    { code: "chain.replicates", args: { program: "/usr/bin/atd", depth: 117_072, branching: 1 }, evidence },
    { code: "chain.orphans", args: { reaper: "init (pid 1)", perSecond: 3728.4 }, evidence: [] },
    { code: "chain.reaper-innocent", args: { reaper: "init (pid 1)" }, evidence: [] },
    { code: "chain.syscall-2-is-open", args: { count: 412 }, evidence: [] },
  ],
  advice: [
    {
      code: "advice.give-root",
      args: {},
      safety: "safe",
      command: ["whoforks", "diagnose", "--root", "/", "--from", "/home/lee/case 17/audit.log"],
      undo: null,
    },
    {
      code: "advice.fix-program",
      args: { program: "/usr/bin/atd", end: null },
      safety: "needs-review",
      command: null,
      undo: null,
    },
  ],
  couldNotLook: [
    {
      code: "identity.no-root-given",
      what: "whose file /usr/bin/atd is, and what starts it",
      why: "the log comes from a file system that was not given",
      remedy: "whoforks diagnose --root DIR --from FILE",
    },
    { code: "cpu.log-tells-none", what: "CPU use", why: "audit logs do not tell it", remedy: null },
    { code: "lifetimes.log-tells-none", what: "lifetimes", why: "not every end is recorded", remedy: null },
  ],
};

const respawnStorm: Storm = {
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

/** A supervisor whose limit is off brings back a program that ends well. */
export const respawnLoop: Diagnosis = {
  ...base,
  symptom: { ...base.symptom, forksPerSecond: 414.2, execsPerSecond: 413, exitsPerSecond: 414 },
  storms: [respawnStorm],
  restarts: [
    {
      storm: "storm-1",
      supervisor: "systemd",
      unit: "poller.service",
      file: "/etc/systemd/system/poller.service",
      line: 9,
      directive: "Restart=always",
      limit: null,
      limitAllowsRate: true,
      command: "/usr/local/bin/poller --once",
      searchPath: null,
      resolvesTo: "/usr/local/bin/poller",
      shadows: [],
    },
  ],
  verdict: {
    outcome: "storm",
    code: "verdict.respawn-loop",
    args: { program: "/usr/local/bin/poller", perSecond: 412, spawner: "runsv (pid 812)" },
    confidence: "high",
    storm: "storm-1",
  },
  chain: [
    {
      code: "chain.symptom",
      args: { forksPerSecond: 414.2, busyCpus: 1.12, cpus: 2, systemShare: 0.38, unexplainedCpus: 0.9 },
      evidence: [{ source: "/proc/stat", locator: "cpu, first line, before and after the window" }],
    },
    { code: "chain.short-lives", args: { program: "/usr/local/bin/poller", p50Ms: 1.94, p99Ms: 3.1 }, evidence },
    {
      code: "chain.respawns",
      args: { spawner: "runsv (pid 812)", program: "/usr/local/bin/poller", intervalMs: 2.42, gapMs: 0.41 },
      evidence,
    },
    { code: "chain.all-clean", args: { program: "/usr/local/bin/poller", count: 1235 }, evidence },
    {
      code: "chain.restarted-by",
      args: {
        supervisor: "systemd",
        file: "/etc/systemd/system/poller.service",
        line: 9,
        directive: "Restart=always",
        program: "/usr/local/bin/poller",
      },
      evidence: [],
    },
    {
      code: "chain.limit-off",
      args: { supervisor: "systemd", file: "/etc/systemd/system/poller.service" },
      evidence: [],
    },
    { code: "chain.local", args: { program: "/usr/local/bin/poller" }, evidence: [] },
  ],
  advice: [
    {
      code: "advice.stop-supervisor",
      args: { supervisor: "systemd", unit: "poller.service", file: "/etc/systemd/system/poller.service", line: 9 },
      safety: "needs-review",
      command: ["systemctl", "mask", "--runtime", "--now", "poller.service"],
      undo: ["systemctl", "unmask", "--runtime", "poller.service"],
    },
    {
      code: "advice.fix-program",
      args: { program: "/usr/local/bin/poller", end: "exit 0" },
      safety: "needs-review",
      command: null,
      undo: null,
    },
    {
      code: "advice.limit-restarts",
      args: { supervisor: "systemd", unit: "poller.service", file: "/etc/systemd/system/poller.service" },
      safety: "needs-review",
      command: null,
      undo: null,
    },
  ],
};

/** The same loop where the program fails. */
export const crashLoop: Diagnosis = {
  ...respawnLoop,
  storms: [
    {
      ...respawnStorm,
      kind: "crash-loop",
      exits: [
        { code: null, signal: "SIGSEGV", count: 1220 },
        { code: 1, signal: null, count: 15 },
      ],
    },
    {
      ...respawnStorm,
      id: "storm-2",
      kind: "shell-loop",
      program: { exe: "/usr/bin/curl", comm: "curl", root: "/" },
      perSecond: 31,
    },
  ],
  verdict: {
    outcome: "storm",
    code: "verdict.crash-loop",
    args: { program: "/usr/local/bin/poller", perSecond: 412, spawner: "runsv (pid 812)", end: "SIGSEGV" },
    confidence: "high",
    storm: "storm-1",
  },
  chain: respawnLoop.chain.map((step) =>
    step.code === "chain.all-clean"
      ? {
          ...step,
          code: "chain.ends",
          args: { program: "/usr/local/bin/poller", end: "SIGSEGV", count: 1220, total: 1235 },
        }
      : step,
  ),
};

/** Every process forks and lives on, until the limit. */
export const forkBomb: Diagnosis = {
  ...base,
  symptom: { ...base.symptom, forksPerSecond: 8120 },
  storms: [
    {
      ...chainStorm,
      kind: "fork-bomb",
      program: { exe: "/usr/bin/bash", comm: "bash", root: "/" },
      processes: 12_204,
      perSecond: 8120,
      peakAlive: 4021,
      lifetimeMs: null,
      reaper: null,
      spawner: { pid: 4120, exe: "/usr/sbin/sshd", comm: "sshd" },
      generations: { depth: 14, branching: 1.97 },
      exits: [],
    },
  ],
  verdict: {
    outcome: "storm",
    code: "verdict.fork-bomb",
    args: { program: "/usr/bin/bash", peakAlive: 4021, perSecond: 8120 },
    confidence: "high",
    storm: "storm-1",
  },
  chain: [
    {
      code: "chain.symptom",
      args: { forksPerSecond: 8120, busyCpus: 2, cpus: 2, systemShare: 0.93, unexplainedCpus: 0.4 },
      evidence: [],
    },
    { code: "chain.origin", args: { spawner: "sshd (pid 4120)", program: "/usr/bin/bash" }, evidence },
    { code: "chain.bomb", args: { program: "/usr/bin/bash", branching: 1.97, peakAlive: 4021 }, evidence },
    { code: "chain.fork-refused", args: { count: 1 }, evidence },
    { code: "chain.genuine", args: { program: "/usr/bin/bash", package: "bash", version: "5.2.15-2+b7" }, evidence },
  ],
  advice: [
    {
      code: "advice.cap-processes",
      args: { program: "/usr/bin/bash" },
      safety: "needs-review",
      command: null,
      undo: null,
    },
    {
      code: "advice.look-at-spawner",
      args: { spawner: "sshd (pid 4120)" },
      safety: "safe",
      command: ["ps", "-o", "pid,ppid,user,lstart,args", "-p", "4120"],
      undo: null,
    },
  ],
};

/** A script without a sleep. */
export const shellLoop: Diagnosis = {
  ...base,
  symptom: { ...base.symptom, forksPerSecond: 902 },
  storms: [
    {
      ...respawnStorm,
      kind: "shell-loop",
      program: { exe: "/usr/bin/stat", comm: "stat", root: "/" },
      perSecond: 900,
      spawner: { pid: 2207, exe: "/usr/bin/dash", comm: "wait for it.sh" },
    },
  ],
  verdict: {
    outcome: "storm",
    code: "verdict.shell-loop",
    args: {
      spawner: "wait for it.sh (pid 2207)",
      perSecond: 900,
      programs: ["/usr/bin/stat", "/usr/bin/grep", "/usr/bin/cut"],
    },
    confidence: "high",
    storm: "storm-1",
  },
  chain: [
    {
      code: "chain.symptom",
      args: { forksPerSecond: 902, busyCpus: 1.2, cpus: 2, systemShare: 0.41, unexplainedCpus: 0.9 },
      evidence: [],
    },
    { code: "chain.short-lives", args: { program: "/usr/bin/stat", p50Ms: 0.8, p99Ms: 1.2 }, evidence },
    {
      code: "chain.shell",
      args: {
        spawner: "wait for it.sh (pid 2207)",
        script: "/opt/app/wait for it.sh",
        programs: ["/usr/bin/stat", "/usr/bin/grep", "/usr/bin/cut"],
      },
      evidence,
    },
    { code: "chain.genuine", args: { program: "/usr/bin/stat", package: "coreutils", version: "9.1-1" }, evidence },
  ],
  advice: [
    {
      code: "advice.fix-script",
      args: { spawner: "wait for it.sh (pid 2207)", script: "/opt/app/wait for it.sh" },
      safety: "needs-review",
      command: ["ps", "-o", "pid,ppid,user,lstart,args", "-p", "2207"],
      undo: null,
    },
  ],
};

/** Many short processes for a good reason. */
export const build: Diagnosis = {
  ...base,
  symptom: { ...base.symptom, forksPerSecond: 131 },
  storms: [
    {
      ...respawnStorm,
      kind: "build",
      benign: true,
      program: { exe: "/usr/lib/gcc/x86_64-linux-gnu/12/cc1", comm: "cc1", root: "/" },
      perSecond: 129,
      lifetimeMs: { p50: 41, p99: 1900 },
      spawner: { pid: 5520, exe: "/usr/bin/make", comm: "make" },
    },
  ],
  verdict: {
    outcome: "benign",
    code: "verdict.build",
    args: { program: "make", perSecond: 129 },
    confidence: "high",
    storm: "storm-1",
  },
  chain: [
    {
      code: "chain.symptom",
      args: { forksPerSecond: 131, busyCpus: 1.95, cpus: 2, systemShare: 0.12, unexplainedCpus: 1.6 },
      evidence: [],
    },
    { code: "chain.build", args: { program: "make", programs: ["cc1", "as", "ld"], depth: 0 }, evidence },
  ],
  advice: [{ code: "advice.nothing", args: {}, safety: "safe", command: null, undo: null }],
};

/** A quiet host. */
export const healthy: Diagnosis = {
  ...base,
  window: { start: "2026-11-23T21:15:08.120Z", seconds: 5 },
  sources: [{ kind: "tracefs", events: 22, lost: 0, skipped: 0 }],
  symptom: {
    ...base.symptom,
    cpu: { user: 0.01, system: 0.01, idle: 0.98, iowait: 0, steal: 0 },
    busyCpus: 0.04,
    explainedCpus: 0.04,
    sum: null,
    splitReliable: true,
    recorded: null,
    forksPerSecond: 1.5,
    execsPerSecond: 1.4,
    exitsPerSecond: 1.5,
    pid1CpuShare: 0,
  },
  advice: [{ code: "advice.nothing", args: {}, safety: "safe", command: null, undo: null }],
};

/** Not root: forks are counted, nobody is named. */
export const inconclusive: Diagnosis = {
  ...base,
  sources: [{ kind: "proc", events: 0, lost: null, skipped: 0, note: "counters only" }],
  symptom: { ...base.symptom, forksPerSecond: 9120, execsPerSecond: 0, exitsPerSecond: 0, topLiving: [] },
  verdict: {
    outcome: "inconclusive",
    code: "verdict.inconclusive.proc-only",
    args: { forksPerSecond: 9120 },
    confidence: "low",
    storm: null,
  },
  advice: [
    { code: "advice.run-as-root", args: {}, safety: "safe", command: ["sudo", "whoforks", "diagnose"], undo: null },
  ],
  couldNotLook: [
    {
      code: "tracefs.no-root",
      what: "kernel events",
      why: "/sys/kernel/tracing is closed to uid 1000 (EACCES)",
      remedy: "sudo whoforks diagnose",
    },
  ],
};

export const samples: Record<string, Diagnosis> = {
  "the-case": theCase,
  "case-from-log": caseFromLog,
  "respawn-loop": respawnLoop,
  "crash-loop": crashLoop,
  "fork-bomb": forkBomb,
  "shell-loop": shellLoop,
  build,
  healthy,
  inconclusive,
};
