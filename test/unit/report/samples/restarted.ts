import type { Diagnosis } from "../../../../src/diagnosis/result.ts";
import { base, evidence, respawnStorm } from "./parts.ts";

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
