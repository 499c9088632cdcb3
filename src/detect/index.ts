import type { Derived } from "../derive/index.ts";
import type { ZombieParent } from "../derive/zombies.ts";
import type { ListeningLook } from "../model/listening.ts";
import { build } from "./build.ts";
import { connectionStorm } from "./connection-storm.ts";
import { containerRestartLoop } from "./container-restart-loop.ts";
import { cronStorm } from "./cron-storm.ts";
import { healthCheckStorm } from "./health-check-storm.ts";
import { loginStorm } from "./login-storm.ts";
import { timerStorm } from "./timer-storm.ts";
import { udevStorm } from "./udev-storm.ts";
import { crashLoop } from "./crash-loop.ts";
import { forkBomb } from "./fork-bomb.ts";
import { groupBySpawner } from "./measure.ts";
import { pollingAgent } from "./polling-agent.ts";
import { respawnLoop } from "./respawn-loop.ts";
import { selfReplicatingChain } from "./self-replicating-chain.ts";
import { shellLoop } from "./shell-loop.ts";
import { threadChurn } from "./thread-churn.ts";
import type { Detector, Finding, Known, Outcome, View } from "./types.ts";
import { unclassified } from "./unclassified.ts";
import { watchdogPair } from "./watchdog-pair.ts";
import { wrapperExplosion } from "./wrapper-explosion.ts";
import { zombieAccumulation } from "./zombie-accumulation.ts";

/** Every detector there is. A new one is a file of its own and a line here. */
export const DETECTORS: readonly Detector[] = [
  selfReplicatingChain,
  forkBomb,
  zombieAccumulation,
  watchdogPair,
  containerRestartLoop,
  healthCheckStorm,
  loginStorm,
  cronStorm,
  udevStorm,
  timerStorm,
  connectionStorm,
  pollingAgent,
  wrapperExplosion,
  crashLoop,
  respawnLoop,
  build,
  shellLoop,
  threadChurn,
  unclassified,
];

export interface Detection {
  /** What was found, one finding a storm, the most processes a second first; benign ones last. */
  findings: Finding[];
  couldNotLook: Extract<Outcome, { state: "could-not-look" }>[];
}

/** What was looked at beside the events. Absent: nobody looked. */
export interface Looked {
  zombies?: readonly ZombieParent[] | null;
  /** ms since 1970 at the origin of event times. */
  startEpochMs?: number | null;
  /** On which sockets those listen who start many processes. */
  listening?: ListeningLook;
  /** TCP connections that the host accepted in the window, in the tool's network namespace. */
  accepted?: number | null;
}

const NOBODY: ListeningLook = new Map();

/** Asks every detector and keeps, where several explain the same processes, the surest one. */
export function detect(derived: Derived, known: Known, seconds: number, looked: Looked = {}): Detection {
  const { zombies = null, startEpochMs = null, listening = NOBODY, accepted = null } = looked;
  const spawners = groupBySpawner(derived.families);
  const view: View = { derived, known, seconds, zombies, startEpochMs, listening, accepted, spawners };
  const outcomes = DETECTORS.map((detector) => detector.detect(view));
  const found = outcomes.flatMap((outcome) => (outcome.state === "found" ? outcome.findings : []));
  return {
    findings: settle(found),
    couldNotLook: outcomes.filter((outcome) => outcome.state === "could-not-look"),
  };
}

/**
 * Several hypotheses may hold for the same processes: the one with more confidence wins, then the more specific one,
 * i.e. the earlier in the registry. `unclassified` is always last. A loser is dropped when most of its processes are
 * explained by winners; what is not about processes takes none and loses none.
 */
function settle(findings: readonly Finding[]): Finding[] {
  const order = new Map(DETECTORS.map((detector, index) => [detector.kind, index]));
  const weight = { high: 0, medium: 1, low: 2 };
  const ranked = [...findings].sort((a, b) => rank(a) - rank(b));
  function rank(f: Finding): number {
    const place = order.get(f.kind) ?? DETECTORS.length;
    return f.kind === "unclassified" ? 1000 : weight[f.confidence] * 100 + place;
  }
  const explained = new Set<Finding["subject"]>();
  const kept: Finding[] = [];
  for (const finding of ranked) {
    const left = finding.covers.filter((family) => !explained.has(family));
    const count = left.reduce((sum, family) => sum + family.spawned + family.replicas, 0);
    if (finding.covers.length > 0 && count < finding.starts / 2) continue;
    kept.push(finding);
    for (const family of finding.covers) explained.add(family);
  }
  return kept.sort((a, b) => Number(a.benign) - Number(b.benign) || b.perSecond - a.perSecond);
}
