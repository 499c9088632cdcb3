import { imageKey } from "../derive/index.ts";
import { starts, type Family } from "../derive/family.ts";
import { baseName, reason, stormOf } from "./measure.ts";
import type { Detector, Finding, Outcome, View } from "./types.ts";

/**
 * Hypothesis: two programs guard each other: each starts the other when that one is gone, so ending one is useless.
 * Malware likes it, and so do some agents with a "watchdog".
 *
 * Told apart from programs that call each other and wait (make and its shells, a script that runs itself through env) by
 * who dies first: there a caller outlives what it called, here the starter is dead before the one that it started. Told
 * apart from a supervisor by there being two that start each other. Two scripts of one interpreter are two programs where
 * their arguments are known. Two copies of one program are not seen as a pair: by their file they are one.
 */
export const watchdogPair: Detector = { kind: "watchdog-pair", detect };

/** Each way. Once may be an accident, twice a start and a restart. */
const MIN_EACH = 3;
/** Of those that ended, whose starter had ended before. */
const MOST = 0.5;
/** Each brings back the other, so both come back about as often. */
const MOST_UNEVEN = 3;

function detect({ derived, known }: View): Outcome {
  const findings: Finding[] = [];
  const byEnds = new Map<string, Family>();
  for (const family of derived.families) {
    const { spawnerImage, image, spawned } = family;
    if (spawnerImage === null || spawned < MIN_EACH || imageKey(spawnerImage) === imageKey(image)) continue;
    byEnds.set(`${imageKey(spawnerImage)}\0${imageKey(image)}`, family);
    const other = byEnds.get(`${imageKey(image)}\0${imageKey(spawnerImage)}`);
    if (other === undefined) continue;
    const finding = judge(other, family, known.lifetimes);
    if (finding !== null) findings.push(finding);
  }
  return findings.length > 0 ? { state: "found", findings } : { state: "none" };
}

function judge(one: Family, two: Family, lifetimes: boolean): Finding | null {
  const uneven = Math.max(one.spawned, two.spawned) / Math.min(one.spawned, two.spawned);
  if (uneven > MOST_UNEVEN) return null;
  // Without ends nothing tells it from two programs that call each other.
  if (!lifetimes) return null;
  const covers = [one, two];
  const orphaned = covers.map(({ orphaned: count, ended }) => (ended === 0 ? 0 : count / ended));
  const share = Math.min(...orphaned);
  if (share < MOST) return null;
  const [subject, partner] = starts(one) >= starts(two) ? [one, two] : [two, one];
  const [first, second] = [nameOf(subject.image), nameOf(partner.image)];
  const reasons = [
    reason("for", "start-each-other", { first, second, count: one.spawned + two.spawned }),
    reason("for", "starter-dead-first", { share }),
  ];
  return stormOf({
    kind: "watchdog-pair",
    subject,
    covers,
    spawner: null,
    reasons,
    facts: { first, second, firstStarts: subject.spawned, secondStarts: partner.spawned },
  });
}

/** A script is told by its own name. */
function nameOf({ exe, comm, script }: Family["image"]): string {
  return baseName({ exe: script ?? exe, comm });
}
