import type { Family } from "../derive/family.ts";
import { burstRate, reason, stormOf } from "./measure.ts";
import type { Detector, Finding, Outcome, View } from "./types.ts";

/**
 * Hypothesis: every member of a family forks one child that goes on with the same program, and ends. Nobody restarts
 * anything; the orphans fall to a reaper, which looks busy.
 *
 * Told apart from a respawn loop by who forks (each member once, not one spawner again and again) and from a fork bomb
 * by one child a member and few alive at a time.
 */
export const selfReplicatingChain: Detector = { kind: "self-replicating-chain", detect };

/** Below 20 a second a chain costs next to nothing; double forks of daemons stay below 20 in all. */
const MIN_PER_SECOND = 20;
const MIN_REPLICAS = 20;
/** A daemon's double fork gives a depth of 2 or 3. */
const MIN_DEPTH = 8;

function detect(view: View): Outcome {
  const findings = view.derived.families.map((family) => judge(family, view)).filter((f) => f !== null);
  return findings.length > 0 ? { state: "found", findings } : { state: "none" };
}

function judge(family: Family, view: View): Finding | null {
  if (family.replicas < MIN_REPLICAS || family.replicas < 4 * family.spawned || family.replicators === 0) return null;
  if (burstRate(family) < MIN_PER_SECOND || family.depth < MIN_DEPTH) return null;
  const branching = family.replicas / family.replicators;
  // A family in which most members never fork is a spawner of workers, not a chain.
  if (branching > 1.25 || family.replicators < 0.75 * family.replicas) return null;
  const reasons = [
    reason("for", "forks-without-exec", { share: 1 - family.reExecs / family.replicas }),
    reason("for", "one-child-each", { branching }),
    reason("for", "depth", { depth: family.depth }),
  ];
  if (view.known.lifetimes) {
    const first = family.replicatorsEnded === 0 ? 0 : family.endedBeforeReplica / family.replicatorsEnded;
    reasons.push(reason(first >= 0.8 ? "for" : "against", "parent-ends-first", { share: first }));
    const many = family.peakAlive > Math.max(50, family.replicas / 20);
    reasons.push(reason(many ? "against" : "for", many ? "many-alive" : "few-alive", { peakAlive: family.peakAlive }));
  } else reasons.push(reason("against", "ends-unknown"));
  const inferred = family.inferred / family.replicas;
  // With every end recorded, "each forks once and ends, few are alive" holds whoever of them is whose child.
  if (inferred > 0.5 && !view.known.lifetimes) reasons.push(reason("against", "lineage-inferred", { share: inferred }));
  return stormOf({
    kind: "self-replicating-chain",
    subject: family,
    covers: [family],
    spawner: family.spawners.ranked()[0]?.value ?? null,
    reasons,
    facts: {},
  });
}
