import { imageKey } from "../derive/index.ts";
import { starts, type Family } from "../derive/family.ts";
import { descent } from "./descent.ts";
import { baseName, programNames, reason, stormOf } from "./measure.ts";
import { isCron } from "./programs.ts";
import { spawnerText } from "./restarts.ts";
import type { Detector, Finding, Outcome, View } from "./types.ts";

/**
 * Hypothesis: cron starts a crowd of jobs in the first second of a minute, or jobs that take longer than their interval
 * pile up. The host is busy for some seconds of each minute, and quiet when one looks.
 *
 * Told apart from an idle host with cron by the number of jobs; from a timer by who starts them; from a storm that one job
 * makes (a loop in its script) by the number of jobs, not of processes: that storm is the script's. Crontabs are not read.
 */
export const cronStorm: Detector = { kind: "cron-storm", detect };

/** A busy host has some five jobs a minute; twenty at once keep two CPUs waiting for each other. */
const MIN_JOBS = 20;
/** cron wakes at the minute and starts all that is due one after another. */
const BURST_NS = 5e9;
/** Within so many seconds of a full minute. */
const AT_THE_MINUTE = 6;

function detect(view: View): Outcome {
  const crons = new Map<string, Family[]>();
  for (const family of view.derived.families) {
    const { spawnerImage, image } = family;
    const starter = spawnerImage !== null && isCron(baseName(spawnerImage)) ? spawnerImage : image;
    if (!isCron(baseName(starter)) || starts(family) === 0) continue;
    const key = imageKey(starter);
    crons.set(key, [...(crons.get(key) ?? []), family]);
  }
  const findings = [...crons].map(([key, families]) => judge(key, families, view)).filter((f) => f !== null);
  return findings.length > 0 ? { state: "found", findings } : { state: "none" };
}

function judge(key: string, families: Family[], { derived, startEpochMs }: View): Finding | null {
  const jobs = families.filter((family) => family.spawnerImage !== null && imageKey(family.spawnerImage) === key);
  const copies = families.filter((family) => imageKey(family.image) === key);
  const count = jobs.reduce((sum, family) => sum + family.spawned, 0);
  const subject = [...jobs].sort((a, b) => starts(b) - starts(a))[0];
  if (subject === undefined || count < MIN_JOBS) return null;
  const covers = descent([...new Set([...jobs, ...copies])], derived.families, key);
  const cron =
    copies.flatMap(({ copiers }) => copiers.ranked())[0]?.value ?? subject.spawners.ranked()[0]?.value ?? null;
  const first = Math.min(...jobs.map(({ firstStart }) => firstStart ?? Infinity));
  const last = Math.max(...jobs.map(({ lastStart }) => lastStart ?? -Infinity));
  const name = cron === null ? baseName(subject.spawnerImage ?? subject.image) : spawnerText(cron);
  const reasons = [reason("for", "spawner-is-cron", { spawner: name }), reason("for", "many-jobs", { count })];
  const burst = last - first <= BURST_NS;
  if (burst) reasons.push(reason("for", "one-burst", { seconds: Math.max(0.01, (last - first) / 1e9) }));
  const second = startEpochMs === null ? null : ((startEpochMs + first / 1e6) / 1000) % 60;
  if (burst && second !== null) {
    const near = second <= AT_THE_MINUTE || second >= 59;
    reasons.push(reason(near ? "for" : "against", near ? "at-the-minute" : "not-at-the-minute", { second }));
  }
  const piled = Math.max(...jobs.map(({ peakAlive }) => peakAlive));
  return stormOf({
    kind: "cron-storm",
    subject,
    covers,
    spawner: cron,
    reasons,
    facts: { cron: name, jobs: count, piled, programs: programNames(jobs).slice(0, 4) },
  });
}
