import { starts, type Family } from "../derive/family.ts";
import { rate, reason, programNames } from "./measure.ts";
import { spawnerText } from "./restarts.ts";
import type { Detector, Finding, View } from "./types.ts";

/**
 * No hypothesis: a program is started so often that it costs, and no detector knows the pattern. Said honestly, with
 * who starts it. The weakest of all: any finding of another detector about the same families stands before it.
 */
export const unclassified: Detector = {
  kind: "unclassified",
  detect(view: View) {
    const findings: Finding[] = [];
    for (const group of view.spawners) {
      // What mostly copies itself is not started by who started the first of it.
      const families = group.families.filter((family) => family.spawned >= family.replicas);
      const perSecond = rate(families);
      const count = families.reduce((sum, family) => sum + starts(family), 0);
      if (perSecond < MIN_PER_SECOND || count < MIN_STARTS || group.top === null) continue;
      const subject = [...families].sort((a, b) => starts(b) - starts(a))[0] as Family;
      const share =
        group.top.count /
        Math.max(
          1,
          families.reduce((sum, f) => sum + f.spawned, 0),
        );
      findings.push(finding(subject, families, count, perSecond, group.top.actor, share));
    }
    for (const family of view.derived.families) {
      const perSecond = rate([family]);
      if (family.replicas < MIN_STARTS || perSecond < MIN_PER_SECOND) continue;
      const copier = family.copiers.ranked()[0];
      const share = copier === undefined ? 0 : Math.min(1, copier.count / family.replicas);
      findings.push(
        share >= MOST
          ? finding(family, [family], starts(family), perSecond, copier?.value ?? null, share)
          : finding(family, [family], starts(family), perSecond, family.spawners.ranked()[0]?.value ?? null, 1),
      );
    }
    return findings.length > 0 ? { state: "found", findings } : { state: "none" };
  },
};

/** At about 1 ms of CPU a start, 50 a second are 5 % of a CPU. */
const MIN_PER_SECOND = 50;
const MIN_STARTS = 50;
/** Of the copies, what one process must have forked to be who starts them; the first few of each parent are not noted. */
const MOST = 0.4;

function finding(
  subject: Family,
  covers: Family[],
  count: number,
  perSecond: number,
  spawner: Finding["spawner"],
  share: number,
): Finding {
  const reasons = spawner === null ? [] : [reason("for", "one-spawner", { share, spawner: spawnerText(spawner) })];
  return {
    kind: "unclassified",
    subject,
    covers,
    starts: count,
    perSecond,
    spawner,
    benign: false,
    confidence: "low",
    reasons,
    facts: { programs: programNames(covers).slice(0, 4) },
  };
}
