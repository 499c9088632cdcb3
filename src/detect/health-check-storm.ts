import { imageKey } from "../derive/index.ts";
import { starts, type Family } from "../derive/family.ts";
import { isContainerManager, isRuntime, isShim } from "./containers.ts";
import { descent } from "./descent.ts";
import { baseName, confidenceOf, endShares, programNames, rate, reason, stormOf } from "./measure.ts";
import { isHealthChecker } from "./programs.ts";
import { spawnerText } from "./restarts.ts";
import type { Detector, Finding, Outcome, SpawnerGroup, View } from "./types.ts";

/**
 * Hypothesis: health checks, probes or `docker exec` run a program inside containers that live, and each costs several
 * processes beside the program itself (runc, runc init, the shell of `CMD-SHELL`): with many containers or short intervals
 * that is a storm nobody ordered. Outside of containers a load balancer does the same for each server behind it (external
 * checks of haproxy, vrrp_script of keepalived).
 *
 * Told apart from containers that restart by the lack of new shims, and from other agents by the runtime between, or by the
 * name of who starts them.
 */
export const healthCheckStorm: Detector = { kind: "health-check-storm", detect };

/** One check costs some 50 ms of CPU in all: two a second are a tenth of a CPU. */
const MIN_CHECKS = 8;
const MIN_PER_SECOND = 2;
/** A check without a container costs what a small script costs, 5 ms and more. */
const MIN_PLAIN_PER_SECOND = 10;

function detect(view: View): Outcome {
  const findings = [...inContainers(view), ...view.spawners.flatMap((group) => byChecker(group, view))];
  return findings.length > 0 ? { state: "found", findings } : { state: "none" };
}

function inContainers(view: View): Finding[] {
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
  if (subject === undefined || checks < MIN_CHECKS || perSecond < MIN_PER_SECOND) return [];
  const shims = view.derived.families
    .filter(({ image }) => isShim(baseName(image)))
    .reduce((sum, family) => sum + family.spawned, 0);
  if (shims > checks / 4) return [];
  return [finding(subject, runs, checks, perSecond, view)];
}

function finding(subject: Family, runs: Family[], checks: number, perSecond: number, { derived }: View): Finding {
  const covers = descent(runs, derived.families, imageKey(subject.spawnerImage ?? subject.image));
  const actor = subject.spawners.ranked()[0]?.value ?? null;
  const spawner = actor === null ? "?" : spawnerText(actor);
  const probes = covers.filter((family) => !runs.includes(family) && !isRuntime(baseName(family.image)));
  const failed = Math.max(0, ...[...runs, ...probes].map((family) => endShares(family).failed));
  const reasons = [reason("for", "runtime-each-time", { count: checks, spawner }), reason("for", "no-new-shims")];
  if (failed >= 0.5) reasons.push(reason("for", "ends-fail", { share: failed }));
  return stormOf({
    kind: "health-check-storm",
    subject,
    covers,
    spawner: actor,
    reasons,
    facts: {
      shim: spawner,
      runtime: baseName(subject.image),
      checks,
      checksPerSecond: perSecond,
      programs: programNames(probes).slice(0, 4),
    },
  });
}

/** What a load balancer or the like starts. Some start other programs as well, but none of them often. */
function byChecker({ families, top }: SpawnerGroup, { derived }: View): Finding[] {
  const image = families[0]?.spawnerImage;
  const [subject] = [...families].sort((a, b) => starts(b) - starts(a));
  if (!image || !isHealthChecker(baseName(image)) || subject === undefined || top === null) return [];
  const checks = families.reduce((sum, family) => sum + family.spawned, 0);
  const checksPerSecond = rate(families);
  if (checks < MIN_CHECKS || checksPerSecond < MIN_PLAIN_PER_SECOND) return [];
  const covers = descent(families, derived.families, imageKey(image));
  const spawner = spawnerText(top.actor);
  const { failed } = endShares(subject);
  const reasons = [reason("for", "checker-by-name", { spawner, count: checks })];
  if (failed >= 0.5) reasons.push(reason("for", "ends-fail", { share: failed }));
  return [
    {
      kind: "health-check-storm",
      subject,
      covers,
      starts: covers.reduce((sum, family) => sum + starts(family), 0),
      perSecond: rate(covers),
      spawner: top.actor,
      benign: false,
      confidence: confidenceOf(reasons),
      reasons,
      facts: { shim: spawner, runtime: null, checks, checksPerSecond, programs: programNames(families).slice(0, 4) },
    },
  ];
}
