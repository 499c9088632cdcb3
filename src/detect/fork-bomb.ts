import type { Family } from "../derive/family.ts";
import { burstRate, reason, stormOf } from "./measure.ts";
import type { Detector, Finding, Outcome, View } from "./types.ts";

/**
 * Hypothesis: members of a family fork copies of themselves that stay alive and fork on, until a limit refuses.
 * Told apart from a chain by more than one child a member, or by members that live on; from a server's workers by
 * replicas that fork again.
 */
export const forkBomb: Detector = { kind: "fork-bomb", detect };

/** Servers fork a few dozen workers at start; those do not fork again. */
const MIN_REPLICAS = 50;
const MIN_ALIVE = 40;
const MIN_PER_SECOND = 20;

function detect(view: View): Outcome {
  const findings = view.derived.families.map(judge).filter((f) => f !== null);
  return findings.length > 0 ? { state: "found", findings } : { state: "none" };
}

function judge(family: Family): Finding | null {
  if (family.replicas < MIN_REPLICAS || family.peakAlive < MIN_ALIVE || family.replicators < 8) return null;
  if (burstRate(family) < MIN_PER_SECOND || family.depth < 4) return null;
  const alive = family.peakAlive / (family.replicas + family.spawned);
  const branching = family.replicas / family.replicators;
  const grows = alive >= 0.3;
  if (!grows && branching < 1.3) return null;
  const reasons = [
    reason(branching >= 1.3 ? "for" : "against", "branches", { branching }),
    reason(grows ? "for" : "against", "alive-grows", { peakAlive: family.peakAlive }),
    reason("for", "depth", { depth: family.depth }),
  ];
  return stormOf({
    kind: "fork-bomb",
    subject: family,
    covers: [family],
    spawner: family.spawners.ranked()[0]?.value ?? null,
    reasons,
    facts: { branching },
  });
}
