import { imageKey } from "../derive/index.ts";
import { starts, type Actor, type Family } from "../derive/family.ts";
import { baseName, confidenceOf, rate, reason } from "./measure.ts";
import { isBuildTool, isCompiler } from "./programs.ts";
import { restartedFamilies, spawnerText } from "./restarts.ts";
import type { Detector, Finding, Outcome, View } from "./types.ts";

/**
 * Hypothesis: each action goes through a stack of wrappers (a shell that calls env that calls nice that calls a version
 * manager's shim that calls a shell) before the program that does the work: many starts for one result.
 *
 * Told apart from a script that does several things by its shape: a line and no tree, each wrapper starting one program,
 * or becoming it by exec without a fork, as often as the action is asked for. Whatever asks for the action that often is
 * another matter: a supervisor that brings it back is the cause, and then this is at best a second finding.
 */
export const wrapperExplosion: Detector = { kind: "wrapper-explosion", detect };

/** Programs that one process after another becomes or starts: `sh -c`, run-parts, env and the program make four. */
const MIN_DEEP = 6;
const MIN_ACTIONS = 6;
/** Program starts by all of them, a second; at some 2 ms each this is a tenth of a CPU. */
const MIN_PER_SECOND = 40;
/** A wrapper starts what it wraps once: how far two levels may differ, since some runs are cut by the window. */
const SAME = 0.3;
const DEEPEST = 24;

function detect(view: View): Outcome {
  const findings: Finding[] = [];
  for (const root of view.derived.families) {
    if (root.spawned < MIN_ACTIONS || root.spawnerImage === null) continue;
    if (isBuildTool(baseName(root.spawnerImage)) || isBuildTool(baseName(root.image))) continue;
    // A level within another stack is no action of its own.
    if (view.derived.families.some((above) => wraps(above, root))) continue;
    const finding = judge(root, view);
    if (finding !== null) findings.push(finding);
  }
  return findings.length > 0 ? { state: "found", findings } : { state: "none" };
}

/** Whether each process of the one starts one of the other, and nothing else does. */
function wraps(above: Family, below: Family): boolean {
  if (above === below || below.spawnerImage === null || above.spawned < MIN_ACTIONS) return false;
  if (imageKey(below.spawnerImage) !== imageKey(above.image)) return false;
  return Math.abs(below.spawned - above.spawned) <= SAME * above.spawned;
}

/** Programs that one process of the family runs in its life, one after another, and nested runs of the same program. */
function programsEach(family: Family): number {
  const own = family.execsEach.count === 0 ? 1 : Math.max(1, family.execsEach.sum / family.execsEach.count);
  return own + family.reExecs / Math.max(1, family.spawned);
}

function judge(root: Family, view: View): Finding | null {
  const levels = [root];
  for (let last = root; levels.length < DEEPEST;) {
    const next = view.derived.families
      .filter((family) => !levels.includes(family) && wraps(last, family))
      .sort((a, b) => b.spawned - a.spawned)[0];
    if (next === undefined || isCompiler(baseName(next.image))) break;
    levels.push((last = next));
  }
  const deep = levels.reduce((sum, family) => sum + programsEach(family), 0);
  const perSecond = rate([root]);
  if (deep < MIN_DEEP || deep * perSecond < MIN_PER_SECOND) return null;
  const work = levels.at(-1) as Family;
  const spawner: Actor | null = root.spawners.ranked()[0]?.value ?? null;
  const reasons = [
    reason("for", "program-in-program", { deep }),
    reason("for", "one-line", { levels: levels.length, actions: root.spawned }),
  ];
  if (restartedFamilies(view).some(({ family }) => family === root))
    reasons.push(reason("against", "brought-back", { spawner: spawner === null ? "?" : spawnerText(spawner) }));
  return {
    kind: "wrapper-explosion",
    subject: work,
    covers: levels,
    starts: levels.reduce((sum, family) => sum + starts(family), 0),
    perSecond: rate(levels),
    spawner,
    benign: false,
    confidence: confidenceOf(reasons),
    reasons,
    facts: {
      deep,
      actions: root.spawned,
      actionsPerSecond: perSecond,
      programs: [...new Set(levels.flatMap(({ passed, image }) => [...passed, image.exe ?? `(${image.comm})`]))].slice(
        0,
        6,
      ),
    },
  };
}
