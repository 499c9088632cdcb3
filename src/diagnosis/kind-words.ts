import type { Finding } from "../detect/types.ts";
import { actorName, programName } from "./names.ts";
import type { Advice, Storm, StormKind } from "./result.ts";
import type { Story } from "./chain.ts";

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

/**
 * What to do about such a storm, with the command that shows more. Which process that is: the fact `parentPid`, or who
 * starts them.
 */
export function factAdvice({ storm, finding, material }: Pick<Story, "storm" | "finding" | "material">): Advice[] {
  const told = finding.facts["parentPid"];
  const pid = typeof told === "number" ? told : (finding.spawner?.pid ?? 0);
  const args = factsOf(storm, finding, material.stampNs !== null);
  const command = shown(storm.kind, pid, material.live !== null && storm.container === null, finding.facts["port"]);
  return [{ code: `advice.${storm.kind}`, args, safety: "safe", command, undo: null }];
}

/** `here`: the storm is this host's own, so that its daemons can be asked. */
function shown(kind: StormKind, pid: number, here: boolean, port: unknown): string[] | null {
  if (here && kind === "timer-storm") return ["systemctl", "list-timers", "--all", "--no-pager"];
  if (here && kind === "udev-storm") return ["udevadm", "monitor", "--kernel", "--udev", "--property"];
  // The peers of its connections, the commonest first.
  if (here && typeof port === "number" && (kind === "login-storm" || kind === "connection-storm"))
    return ["sh", "-c", PEERS, "sh", `( sport = :${port} )`];
  if (pid === 0) return null;
  if (kind === "zombie-accumulation") return ["ps", "-o", "pid,ppid,stat,lstart,comm", "--ppid", String(pid)];
  if (kind === "thread-churn") return ["whoforks", "behave", String(pid)];
  return ["ps", "-o", "pid,ppid,user,lstart,args", "-p", String(pid)];
}

/** Peers without their ports: the last column of ss, IPv6 addresses in brackets. */
const PEERS = `ss -Htn state connected "$1" | awk '{print $NF}' | sed 's/:[^:]*$//' | sort | uniq -c | sort -rn | head`;
