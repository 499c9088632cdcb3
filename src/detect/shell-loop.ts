import { imageKey } from "../derive/index.ts";
import { starts, type Family } from "../derive/family.ts";
import { confidenceOf, rate, reason, programNames } from "./measure.ts";
import { isShellOrScript } from "./programs.ts";
import { spawnerText } from "./restarts.ts";
import type { Detector, Finding, Outcome, SpawnerGroup, View } from "./types.ts";

/**
 * Hypothesis: a shell runs a loop of short commands (sed, date, test, subshells) without a pause.
 * Told apart from a build by the lack of compilers under a build tool, and from a supervisor by being a shell.
 */
export const shellLoop: Detector = { kind: "shell-loop", detect };

/** A script that does something once a second starts fewer; a loop without a pause starts hundreds. */
const MIN_PER_SECOND = 20;
/** A prompt, a login or the start of a script makes thirty commands or so in a second, and is over. */
const MIN_STARTS = 40;

function detect(view: View): Outcome {
  const findings = view.spawners.map((group) => judge(group, view)).filter((f) => f !== null);
  return findings.length > 0 ? { state: "found", findings } : { state: "none" };
}

function judge(group: SpawnerGroup, view: View): Finding | null {
  const image = group.families[0]?.spawnerImage;
  if (!image || !isShellOrScript(image) || group.top === null || group.starts < MIN_STARTS) return null;
  // Subshells are replicas of the shell itself and belong to its loop.
  const subshells = view.derived.families.filter((f) => imageKey(f.image) === group.key && f.replicas > 0);
  const covers: Family[] = [...new Set([...group.families, ...subshells])];
  const perSecond = rate(covers);
  if (perSecond < MIN_PER_SECOND) return null;
  const spawned = group.families.reduce((sum, f) => sum + f.spawned, 0);
  const share = group.top.count / spawned;
  const reasons = [reason("for", "spawner-is-shell", { spawner: spawnerText(group.top.actor) })];
  // One shell that loops starts most by itself; subshells of `$(…)` start the rest.
  const bySubshells = subshells.reduce((sum, f) => sum + f.replicas, 0);
  if (share >= 0.5) reasons.push(reason("for", "one-spawner", { share, spawner: spawnerText(group.top.actor) }));
  else if (bySubshells < spawned / 4) return null;
  else reasons.push(reason("for", "forks-without-exec", { share: bySubshells / (bySubshells + spawned) }));
  const families = [...group.families].sort((a, b) => starts(b) - starts(a));
  if (families.length > 12) reasons.push(reason("against", "many-programs", { count: families.length }));
  return {
    kind: "shell-loop",
    subject: families[0] as Family,
    covers,
    starts: covers.reduce((sum, f) => sum + starts(f), 0),
    perSecond,
    spawner: group.top.actor,
    benign: false,
    confidence: confidenceOf(reasons),
    reasons,
    facts: { programs: programNames(families).slice(0, 4) },
  };
}
