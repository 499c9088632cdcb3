import type { Family } from "../derive/family.ts";
import { starts } from "../derive/family.ts";
import { baseName, burstRate, confidenceOf, endShares, processText, rate, reason, topSpawner } from "./measure.ts";
import { isBuildTool, isCron, isShellOrScript } from "./programs.ts";
import { isKnownLoginServer, isKnownServer } from "./servers.ts";
import type { Finding, View } from "./types.ts";

/** A supervisor with a delay of 200 ms starts 5 a second; slower loops cost little and look like any periodic job. */
const MIN_PER_SECOND = 4;
const MIN_STARTS = 8;

/**
 * What respawn-loop and crash-loop share: one long-lived process starts the same program again and again, one at a
 * time, each start after an end. They differ in how the program ends.
 */
export function restartedFamilies(view: View): { family: Family; failed: number; finding: Omit<Finding, "kind"> }[] {
  const found = [];
  for (const family of view.derived.families) {
    if (family.spawned < MIN_STARTS || family.spawnerImage === null || burstRate(family) < MIN_PER_SECOND) continue;
    // Most of its processes are copies that its own processes made: what the supervisor starts is not the storm.
    if (family.replicas > family.spawned) continue;
    // A shell that runs a program again and again is a loop in a script (shell-loop), a build tool runs its steps.
    const spawner = baseName(family.spawnerImage);
    if (isShellOrScript(family.spawnerImage) || isBuildTool(spawner)) continue;
    // Traffic asks these for their processes, and a crontab those.
    if (isCron(spawner)) continue;
    if (isKnownServer(family.spawnerImage, view) || isKnownLoginServer(family.spawnerImage, view)) continue;
    const top = topSpawner([family]);
    if (top === null || top.share < 0.8) continue;
    const siblings = view.derived.families.filter(
      (f) => f !== family && f.spawnerImage === family.spawnerImage && f.spawned * 4 > family.spawned,
    );
    // A daemon that runs several programs in turn polls or works; a supervisor's restart is of one program.
    if (siblings.length > 1) continue;
    // Without its name nothing tells a shell that runs two commands in turn from a supervisor of two programs.
    if (spawner === "" && siblings.length > 0) continue;
    const alone = family.startsWhenAlone / family.spawned;
    // One that lives on beside the one that is brought back, or whose end was not seen, makes two.
    if (view.known.lifetimes && alone < 0.6 && family.peakAlive > 2) continue;
    const ends = endShares(family);
    const reasons = [reason("for", "one-spawner", { share: top.share, spawner: spawnerText(top.actor) })];
    if (view.known.lifetimes) {
      reasons.push(
        alone >= 0.9
          ? reason("for", "one-at-a-time")
          : reason("against", "many-alive", { peakAlive: family.peakAlive }),
      );
      const gap = family.gap.quantile(0.5);
      if (gap !== null && gap >= (view.known.tickNs ?? 0))
        reasons.push(reason("for", "start-follows-end", { gapMs: gap / 1e6 }));
    } else reasons.push(reason("against", "ends-unknown"));
    if (ends.unknown < 0.5) {
      if (ends.failed >= 0.5) reasons.push(reason("for", "ends-fail", { share: ends.failed }));
      else reasons.push(reason("for", "ends-clean", { share: ends.clean }));
    }
    if (spawner === "") reasons.push(reason("against", "spawner-unnamed", { spawner: spawnerText(top.actor) }));
    if (siblings.length === 1) reasons.push(reason("against", "many-programs", { count: 2 }));
    found.push({
      family,
      failed: ends.failed,
      finding: {
        subject: family,
        covers: [family],
        starts: starts(family),
        perSecond: rate([family]),
        spawner: top.actor,
        benign: false,
        confidence: confidenceOf(reasons),
        reasons,
        facts: {},
      },
    });
  }
  return found;
}

export function spawnerText({ pid, image }: { pid: number; image: { exe: string | null; comm: string } }): string {
  return processText(pid, image);
}
