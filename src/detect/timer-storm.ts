import { imageKey } from "../derive/index.ts";
import { starts, type Family } from "../derive/family.ts";
import { paceOf } from "./clockwork.ts";
import { descent } from "./descent.ts";
import { baseName, confidenceOf, programNames, rate, reason } from "./measure.ts";
import { isSystemd } from "./programs.ts";
import { spawnerText } from "./restarts.ts";
import type { Detector, Finding, Outcome, SpawnerGroup, View } from "./types.ts";

/**
 * Hypothesis: systemd timers with short intervals start their services again and again, each in a cgroup of its own.
 *
 * Told apart from `Restart=` with a pause by the pace: a timer starts on whole seconds, so that the mean interval is a whole
 * number of them to within a thousandth; a restart comes a pause after the end, so that its interval is longer than the
 * pause by what the service lived. From an agent by who starts them.
 */
export const timerStorm: Detector = { kind: "timer-storm", detect };

const MIN_STARTS = 12;
/** A service's start costs systemd and the kernel some 5 to 10 ms beside the program itself. */
const MIN_PER_SECOND = 5;
/** How far from whole seconds the mean interval may lie: AccuracySec moves ticks, not their mean. */
const OFF_THE_SECOND = 0.002;

function detect(view: View): Outcome {
  const findings = view.spawners.map((group) => judge(group, view)).filter((f) => f !== null);
  return findings.length > 0 ? { state: "found", findings } : { state: "none" };
}

function judge(group: SpawnerGroup, { derived }: View): Finding | null {
  const image = group.families[0]?.spawnerImage;
  if (!image || !isSystemd(baseName(image)) || group.top === null) return null;
  const timed = group.families.filter(isOnTheSecond);
  const [subject] = [...timed].sort((a, b) => starts(b) - starts(a));
  if (subject === undefined) return null;
  const covers = descent(timed, derived.families, imageKey(image));
  const count = covers.reduce((sum, family) => sum + starts(family), 0);
  const perSecond = rate(covers);
  if (count < MIN_STARTS || perSecond < MIN_PER_SECOND) return null;
  const spawner = spawnerText(group.top.actor);
  const periodMs = (subject.interval.mean() ?? 0) / 1e6;
  const reasons = [
    reason("for", "spawner-is-systemd", { spawner }),
    reason("for", "on-the-second", { periodMs }),
    reason("for", "helpers-in-step", { count: timed.length }),
  ];
  return {
    kind: "timer-storm",
    subject,
    covers,
    starts: count,
    perSecond,
    spawner: group.top.actor,
    benign: false,
    confidence: confidenceOf(reasons),
    reasons,
    facts: { services: timed.length, periodMs, timer: null, programs: programNames(timed).slice(0, 4) },
  };
}

function isOnTheSecond({ interval, spawned }: Family): boolean {
  const mean = interval.mean();
  if (spawned < 4 || mean === null || paceOf(interval) === null) return false;
  const whole = Math.max(1, Math.round(mean / 1e9)) * 1e9;
  return Math.abs(mean - whole) <= OFF_THE_SECOND * whole;
}
