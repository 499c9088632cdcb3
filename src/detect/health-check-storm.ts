import { imageKey } from "../derive/index.ts";
import { starts, type Family } from "../derive/family.ts";
import { isContainerManager, isRuntime, isShim } from "./containers.ts";
import { descent } from "./descent.ts";
import { baseName, confidenceOf, endShares, programNames, rate, reason } from "./measure.ts";
import { spawnerText } from "./restarts.ts";
import type { Detector, Finding, Outcome, View } from "./types.ts";

/**
 * Hypothesis: health checks, probes or `docker exec` run a program inside containers that live, and each costs several
 * processes beside the program itself (runc, runc init, the shell of `CMD-SHELL`): with many containers or short intervals
 * that is a storm nobody ordered.
 *
 * Told apart from containers that restart by the lack of new shims, and from other agents by the runtime between.
 */
export const healthCheckStorm: Detector = { kind: "health-check-storm", detect };

/** One check costs some 50 ms of CPU in all: two a second are a tenth of a CPU. */
const MIN_CHECKS = 8;
const MIN_PER_SECOND = 2;

function detect(view: View): Outcome {
  const runs = view.derived.families.filter(
    ({ image, spawnerImage, spawned }) =>
      spawned > 0 &&
      spawnerImage !== null &&
      isRuntime(baseName(image)) &&
      (isShim(baseName(spawnerImage)) || isContainerManager(baseName(spawnerImage))),
  );
  const checks = runs.reduce((sum, family) => sum + family.spawned, 0);
  const perSecond = rate(runs);
  const [subject] = [...runs].sort((a, b) => starts(b) - starts(a));
  if (subject === undefined || checks < MIN_CHECKS || perSecond < MIN_PER_SECOND) return { state: "none" };
  const shims = view.derived.families
    .filter(({ image }) => isShim(baseName(image)))
    .reduce((sum, family) => sum + family.spawned, 0);
  if (shims > checks / 4) return { state: "none" };
  return { state: "found", findings: [finding(subject, runs, checks, perSecond, view)] };
}

function finding(subject: Family, runs: Family[], checks: number, perSecond: number, { derived }: View): Finding {
  const covers = descent(runs, derived.families, imageKey(subject.spawnerImage ?? subject.image));
  const actor = subject.spawners.ranked()[0]?.value ?? null;
  const spawner = actor === null ? "?" : spawnerText(actor);
  const probes = covers.filter((family) => !runs.includes(family) && !isRuntime(baseName(family.image)));
  const failed = Math.max(0, ...[...runs, ...probes].map((family) => endShares(family).failed));
  const reasons = [reason("for", "runtime-each-time", { count: checks, spawner }), reason("for", "no-new-shims")];
  if (failed >= 0.5) reasons.push(reason("for", "ends-fail", { share: failed }));
  return {
    kind: "health-check-storm",
    subject,
    covers,
    starts: covers.reduce((sum, family) => sum + starts(family), 0),
    perSecond: rate(covers),
    spawner: actor,
    benign: false,
    confidence: confidenceOf(reasons),
    reasons,
    facts: { shim: spawner, checks, checksPerSecond: perSecond, programs: programNames(probes).slice(0, 4) },
  };
}
