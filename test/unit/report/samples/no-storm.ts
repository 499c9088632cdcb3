import type { Diagnosis } from "../../../../src/diagnosis/result.ts";
import { base } from "./parts.ts";

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
