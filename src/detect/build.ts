import { imageKey } from "../derive/index.ts";
import { starts, type Family } from "../derive/family.ts";
import { descent } from "./descent.ts";
import { baseName, confidenceOf, rate, reason, programNames } from "./measure.ts";
import { isBuildTool, isCompiler } from "./programs.ts";
import type { Detector, Finding, Outcome, View } from "./types.ts";

/**
 * Hypothesis: a build runs: compilers, assemblers and linkers are started, in a tree under a build tool, each with
 * other arguments. Much forking for a good reason; it ends by itself.
 */
export const build: Detector = {
  kind: "build",
  detect(view: View) {
    const compiled = view.derived.families.filter((f) => f.spawned > 0 && isCompiler(baseName(f.image)));
    const compilers = compiled.reduce((sum, f) => sum + f.spawned, 0);
    const covers = underBuild(view.derived.families, compiled);
    const total = covers.reduce((sum, f) => sum + starts(f), 0);
    if (compilers < 6 || total === 0 || compilers / total < 0.2) return recipes(view);
    const tool = covers.find((f) => f.spawnerImage !== null && isBuildTool(baseName(f.spawnerImage)));
    const share = compilers / total;
    const reasons = [reason("for", "compilers", { share })];
    if (tool?.spawnerImage)
      reasons.push(reason("for", "spawner-is-build-tool", { spawner: baseName(tool.spawnerImage) }));
    else reasons.push(reason("against", "one-spawner", { share: 0, spawner: "" }));
    const actor = tool?.spawners.ranked()[0]?.value ?? null;
    const subject = [...compiled].sort((a, b) => starts(b) - starts(a))[0] as Family;
    const finding = {
      kind: "build",
      subject,
      covers,
      starts: total,
      perSecond: rate(covers),
      spawner: actor,
      benign: true,
      confidence: confidenceOf(reasons.filter((r) => r.code !== "reason.one-spawner")),
      reasons: reasons.filter((r) => r.code !== "reason.one-spawner"),
      facts: {
        tool: tool?.spawnerImage ? baseName(tool.spawnerImage) : null,
        programs: programNames(covers).slice(0, 6),
      },
    };
    return { state: "found", findings: [finding] };
  },
};

/** Fewer processes than these a second are no matter. */
const MIN_RECIPES = 20;
const MIN_PER_SECOND = 10;

/**
 * A build tool at other work: a test suite (`make check`), an installation. What its recipes start, and what that starts, is
 * there because somebody asked for it, and ends. A loop in one of the scripts is found by itself, and more surely.
 */
function recipes(view: View): Outcome {
  const findings = view.spawners.flatMap((group): Finding[] => {
    const image = group.families[0]?.spawnerImage;
    if (!image || !isBuildTool(baseName(image)) || group.top === null || group.top.share < 0.5) return [];
    const covers = descent(group.families, view.derived.families, imageKey(image));
    const count = covers.reduce((sum, f) => sum + starts(f), 0);
    if (count < MIN_RECIPES || rate(covers) < MIN_PER_SECOND) return [];
    const tool = baseName(image);
    const reasons = [reason("for", "spawner-is-build-tool", { spawner: tool }), reason("against", "no-compilers")];
    return [
      {
        kind: "build",
        subject: [...covers].sort((a, b) => starts(b) - starts(a))[0] as Family,
        covers,
        starts: count,
        perSecond: rate(covers),
        spawner: group.top.actor,
        benign: true,
        confidence: confidenceOf(reasons),
        reasons,
        facts: { tool, programs: programNames(covers).slice(0, 6) },
      },
    ];
  });
  return findings.length > 0 ? { state: "found", findings } : { state: "none" };
}

/** The compilers' families and all that stands between them and the build tool: programs that start compilers, and what a build tool starts. */
function underBuild(families: readonly Family[], compiled: readonly Family[]): Family[] {
  const starters = new Set<string>();
  for (const family of compiled) if (family.spawnerImage) starters.add(imageKey(family.spawnerImage));
  for (let round = 0; round < 4; round++) {
    for (const family of families) {
      if (family.spawnerImage && family.spawned > 0 && starters.has(imageKey(family.image)))
        starters.add(imageKey(family.spawnerImage));
    }
  }
  const withinBuild = (f: Family): boolean =>
    f.spawnerImage !== null &&
    f.spawned > 0 &&
    (isBuildTool(baseName(f.spawnerImage)) ||
      isCompiler(baseName(f.spawnerImage)) ||
      isCompiler(baseName(f.image)) ||
      (starters.has(imageKey(f.image)) && starters.has(imageKey(f.spawnerImage))));
  const within = families.filter(withinBuild);
  const shells = new Set(within.map((f) => imageKey(f.image)));
  // What the shells of the build's recipes start (mkdir, sed, mv) is part of it too.
  return families.filter(
    (f) =>
      within.includes(f) ||
      (f.spawnerImage !== null && shells.has(imageKey(f.spawnerImage))) ||
      (f.replicas > 0 && f.spawned === 0 && shells.has(imageKey(f.image))),
  );
}
