import type { Diagnosis } from "../../../../src/diagnosis/result.ts";
import { base, chainStorm, evidence, impostor, unknownHost } from "./parts.ts";

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
