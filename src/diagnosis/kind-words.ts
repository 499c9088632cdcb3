import type { Finding } from "../detect/types.ts";
import { actorName, programName } from "./names.ts";
import type { Advice, Storm, StormKind } from "./result.ts";

/** What the sentences of such a kind are made of. */
type Told = Pick<Storm, "kind" | "program" | "perSecond" | "peakAlive" | "processes">;

/**
 * Kinds whose verdict, mechanism and advice are each one sentence about what the detector found: `verdict.KIND`,
 * `chain.KIND` and `advice.KIND` of the catalogue, all with the same arguments.
 */
const BY_FACTS: ReadonlySet<StormKind> = new Set<StormKind>([
  "zombie-accumulation",
  "thread-churn",
  "watchdog-pair",
  "polling-agent",
  "wrapper-explosion",
  "login-storm",
  "connection-storm",
  "cron-storm",
  "timer-storm",
  "health-check-storm",
  "container-restart-loop",
  "udev-storm",
]);

export function isToldByFacts(kind: StormKind): boolean {
  return BY_FACTS.has(kind);
}

/** The arguments of those sentences; rates are null where the evidence has no times. */
export function factsOf(storm: Told, finding: Finding, timed: boolean): Record<string, unknown> {
  return {
    program: programName(storm.program),
    perSecond: timed ? storm.perSecond : null,
    processes: storm.processes,
    peakAlive: storm.peakAlive,
    spawner: finding.spawner === null ? null : actorName(finding.spawner),
    ...finding.facts,
  };
}

/** What to do about such a storm, with the command that shows it. Which process that is: the fact `parentPid`, or who starts them. */
export function factAdvice(storm: Told, finding: Finding, timed: boolean): Advice[] {
  const told = finding.facts["parentPid"];
  const pid = typeof told === "number" ? told : (finding.spawner?.pid ?? 0);
  const command = pid === 0 ? null : commandFor(storm.kind, pid);
  return [{ code: `advice.${storm.kind}`, args: factsOf(storm, finding, timed), safety: "safe", command, undo: null }];
}

function commandFor(kind: StormKind, pid: number): string[] {
  switch (kind) {
    case "zombie-accumulation":
      return ["ps", "-o", "pid,ppid,stat,lstart,comm", "--ppid", String(pid)];
    case "thread-churn":
      return ["whoforks", "behave", String(pid)];
    default:
      return ["ps", "-o", "pid,ppid,user,lstart,args", "-p", String(pid)];
  }
}
