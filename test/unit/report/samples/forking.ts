import type { Diagnosis } from "../../../../src/diagnosis/result.ts";
import { base, chainStorm, evidence, respawnStorm } from "./parts.ts";

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
