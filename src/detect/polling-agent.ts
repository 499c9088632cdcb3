import { imageKey } from "../derive/index.ts";
import { starts } from "../derive/family.ts";
import { paceOf } from "./clockwork.ts";
import { descent } from "./descent.ts";
import { baseName, confidenceOf, programNames, rate, reason } from "./measure.ts";
import { isBuildTool, isCron, isShellOrScript, isSystemd } from "./programs.ts";
import { spawnerText } from "./restarts.ts";
import { isKnownServer } from "./servers.ts";
import type { Detector, Finding, Outcome, SpawnerGroup, View } from "./types.ts";

/**
 * Hypothesis: an agent that lives on (monitoring, inventory, a network policy) starts its helpers by the clock, whether the
 * last ones have ended or not.
 *
 * Told apart from a supervisor, which starts the next when the last has ended, by several starts at each tick or by runs
 * that overlap; from a loop in a shell by not being one; from cron and timers by who starts them; from a server by the
 * even pace. One program by the clock whose runs never overlap looks like a supervisor's and is left to respawn-loop.
 */
export const pollingAgent: Detector = { kind: "polling-agent", detect };

/** With what the helpers start themselves; at 1 to 5 ms of CPU each that is 1 to 5 % of a CPU. */
const MIN_PER_SECOND = 10;
/** Or as many that pile up because they take longer than the interval. */
const PILE = 10;
const MIN_STARTS = 12;
/** A loop without a pause is even too, and has no interval of its own. */
const SHORTEST_PERIOD_NS = 40e6;
/** Starts at each tick from which on it is not one program that is brought back. */
const SEVERAL = 1.7;
/** Never two alive at once in this share of the starts: as a supervisor does it. */
const ALONE = 0.6;

function detect(view: View): Outcome {
  const findings = view.spawners.map((group) => judge(group, view)).filter((f) => f !== null);
  return findings.length > 0 ? { state: "found", findings } : { state: "none" };
}

function judge(group: SpawnerGroup, view: View): Finding | null {
  const { derived, known } = view;
  const image = group.families[0]?.spawnerImage;
  if (!image || group.top === null || group.top.share < 0.8) return null;
  const name = baseName(image);
  if (name === "" || isShellOrScript(image) || isBuildTool(name) || isCron(name) || isSystemd(name)) return null;
  if (isKnownServer(image, view)) return null;
  const paced = group.families.flatMap((family) => {
    const pace = paceOf(family.interval);
    // Whoever only passed through this program on the way to another has left a pace behind, and is not here any more.
    const hasMovedOn = family.spawned * 2 <= family.interval.count;
    return pace === null || hasMovedOn || pace.period < SHORTEST_PERIOD_NS ? [] : [{ family, ...pace }];
  });
  const [largest] = [...paced].sort((a, b) => starts(b.family) - starts(a.family));
  if (largest === undefined) return null;
  const together = paced.filter(({ period }) => Math.abs(period - largest.period) <= 0.25 * largest.period);
  const helpers = together.map(({ family }) => family);
  const all = group.families.reduce((sum, family) => sum + family.spawned, 0);
  if (helpers.reduce((sum, family) => sum + family.spawned, 0) < 0.7 * all) return null;
  const alone = Math.min(...helpers.map((family) => family.startsWhenAlone / Math.max(1, family.spawned)));
  const overlap = known.lifetimes && alone < ALONE;
  const atOnce = together.reduce((sum, { perTick }) => sum + perTick, 0);
  if (atOnce < SEVERAL && !overlap) return null;
  const covers = descent(group.families, derived.families, imageKey(image));
  const count = covers.reduce((sum, family) => sum + starts(family), 0);
  const perSecond = rate(covers);
  const peakAlive = Math.max(...helpers.map((family) => family.peakAlive));
  if (count < MIN_STARTS || (perSecond < MIN_PER_SECOND && !(overlap && peakAlive >= PILE))) return null;
  const spawner = spawnerText(group.top.actor);
  const periodMs = largest.period / 1e6;
  const reasons = [
    reason("for", "by-the-clock", { periodMs, spawner }),
    reason("for", "one-spawner", { share: group.top.share, spawner }),
  ];
  if (atOnce >= SEVERAL) reasons.push(reason("for", "several-a-tick", { count: Math.round(atOnce) }));
  if (overlap) reasons.push(reason("for", "runs-overlap", { peakAlive }));
  if (!known.lifetimes) reasons.push(reason("against", "ends-unknown"));
  return {
    kind: "polling-agent",
    subject: largest.family,
    covers,
    starts: count,
    perSecond,
    spawner: group.top.actor,
    benign: false,
    confidence: confidenceOf(reasons),
    reasons,
    facts: { programs: programNames(helpers).slice(0, 4), periodMs, overlapping: overlap ? peakAlive : null },
  };
}
