import { actorName, endingName, processName, programName } from "./names.ts";
import type { Reaper } from "../derive/reapers.ts";
import { factsOf, isToldByFacts } from "./kind-words.ts";
import { imageName } from "../derive/index.ts";
import type { Story } from "./chain.ts";
import type { Material } from "./material.ts";
import type { Untrusted } from "../model/text.ts";
import type { Confidence, Diagnosis, Symptom } from "./result.ts";
import type { Ending, Family } from "../derive/family.ts";

/** A pool of workers that tries again once a second has fewer. */
const FAILED_FORKS_PER_SECOND = 20;

type Verdict = Diagnosis["verdict"];

/** The first line of every report. Who interrupts a run gets what was seen so far, marked as such. */
export function verdictOf(material: Material, symptom: Symptom, story: Story | null): Verdict {
  const verdict = ofAllSeen(material, symptom, story);
  return material.interrupted ? { ...verdict, partial: true } : verdict;
}

function ofAllSeen(material: Material, symptom: Symptom, story: Story | null): Verdict {
  if (story !== null) {
    const { storm } = story;
    const outcome = storm.benign ? "benign" : "storm";
    return { outcome, ...named(story), confidence: weakened(storm.confidence, material), storm: storm.id };
  }
  const without = (code: string, args: Record<string, unknown> = {}): Verdict => ({
    outcome: "inconclusive",
    code: `verdict.inconclusive.${code}`,
    args,
    confidence: "low",
    storm: null,
  });
  if (material.countersOnly !== null)
    return without("proc-only", { forksPerSecond: material.countersOnly.forksPerSecond });
  if (material.sources.length === 0) return without("no-source");
  if (material.interrupted && material.window.seconds < 1)
    return without("interrupted", { seconds: material.window.seconds });
  const unsaid = material.live === null ? unsaidBy(material) : null;
  if (unsaid !== null) return without(unsaid.code, unsaid.args);
  const failed = symptom.failedForksPerSecond ?? 0;
  if (failed >= FAILED_FORKS_PER_SECOND) {
    // A bomb at its limit starts nothing any more, nor does anybody else beside it: that is not healthy.
    const [most] = [...material.derived.families].sort((a, b) => b.failedForks - a.failedForks);
    const program = most === undefined || imageName(most.image) === "()" ? null : programName(most.image);
    return without("forks-fail", { failedForksPerSecond: failed, program });
  }
  return {
    outcome: "healthy",
    code: "verdict.healthy",
    args: {
      forksPerSecond: symptom.forksPerSecond,
      // A log's window is no time for which somebody looked.
      seconds: material.live === null ? null : material.window.seconds,
    },
    confidence: weakened(material.live === null ? "medium" : "high", material),
    storm: null,
  };
}

/** Logs that tell something, but not who forks: no "nothing wrong". */
function unsaidBy(material: Material): { code: string; args: Record<string, unknown> } | null {
  const { derived, stampNs, remarks, known } = material;
  const table = remarks.find((remark) => remark.code === "tracer.summary");
  if (
    derived.forks + derived.execs + derived.exits + derived.failedForks + derived.failedExecs === 0 &&
    derived.reaper === null
  )
    return table === undefined ? { code: "no-process-records", args: {} } : countsOf(table.args);
  const { reaper, forks, execs } = derived;
  // Children of a process whose children are not traced: their ends are told, and nothing else of them.
  if (reaper !== null && reaper.dead > MANY_DEAD * (forks + execs))
    return { code: "reaper-only", args: deadOf(reaper, material) };
  // A chain and a fork bomb execute nothing.
  if (forks === 0 && !known.lineage) return { code: "no-forks", args: execsOf(material) };
  return stampNs === null ? { code: "no-times", args: { forks, execs } } : null;
}

/** Execs of a log without forks: how many, of which program most, and by whom where that is told. */
function execsOf({ derived, stampNs, window }: Material): Record<string, unknown> {
  const { execs, families } = derived;
  const [most] = [...families].sort((a, b) => executed(b) - executed(a));
  const spawner = most?.spawners.ranked()[0]?.value;
  const isTold = most !== undefined && executed(most) > 1 && imageName(most.image) !== "()";
  return {
    execs,
    perSecond: stampNs === null || execs < 2 ? null : execs / Math.max(window.seconds, 1e-3),
    program: isTold ? programName(most.image) : null,
    times: isTold ? executed(most) : null,
    spawner: isTold && spawner !== undefined ? actorName(spawner) : null,
  };
}

function executed({ commands, commandsUnknown }: Family): number {
  return (commands?.total ?? 0) + commandsUnknown;
}

/** More dead than that for each fork and exec that was seen: most of them were started by somebody who was not. */
const MANY_DEAD = 4;

function deadOf(reaper: Reaper, { stampNs, derived }: Material): Record<string, unknown> {
  const { dead, exited, killed, firstTs, lastTs, pid, comm } = reaper;
  const seconds = Math.max((lastTs - firstTs) / 1e9, (stampNs ?? 1e6) / 1e9);
  return {
    reaper: pid === 0 && comm === "" ? null : processName({ pid, exe: null, comm }),
    dead,
    program: mostlyDead(derived.families, reaper),
    perSecond: stampNs === null || dead < 2 ? null : dead / seconds,
    exited: exited === 0 ? null : exited,
    killed: killed === 0 ? null : killed,
  };
}

/** The program of more than half of the dead that this reaper was handed, where they have names. */
function mostlyDead(families: readonly Family[], { pid, dead }: Reaper): Untrusted | null {
  const handed = ({ reapers }: Family): number => reapers.ranked().find(({ key }) => key === pid)?.count ?? 0;
  const most = families.find((family) => handed(family) * 2 > dead)?.image;
  return most === undefined || (most.exe === null && most.comm === "") ? null : programName(most);
}

function countsOf({ tool, calls, forks, execs }: Record<string, unknown>): {
  code: string;
  args: Record<string, unknown>;
} {
  return { code: "counts-only", args: { tool, calls, forks, execs } };
}

function named(story: Story): { code: string; args: Record<string, unknown> } {
  const { storm, finding, identity, material } = story;
  const program = programName(storm.program);
  const perSecond = material.stampNs === null ? null : storm.perSecond;
  const spawner = finding.spawner === null ? null : actorName(finding.spawner);
  switch (storm.kind) {
    case "self-replicating-chain":
      if (identity?.verdict === "impostor" && identity.claims !== null) {
        const { package: name, path } = identity.claims;
        return {
          code: "verdict.self-replicating-chain.impostor",
          args: { program, perSecond, package: name, genuine: path },
        };
      }
      return { code: "verdict.self-replicating-chain", args: { program, perSecond } };
    case "crash-loop": {
      const end = finding.facts["end"] as Ending | null;
      return {
        code: "verdict.crash-loop",
        args: { program, perSecond, spawner, end: end === null ? null : endingName(end) },
      };
    }
    case "respawn-loop":
      return { code: "verdict.respawn-loop", args: { program, perSecond, spawner } };
    case "fork-bomb":
      return { code: "verdict.fork-bomb", args: { program, peakAlive: storm.peakAlive, perSecond } };
    case "shell-loop":
      return { code: "verdict.shell-loop", args: { spawner, perSecond, programs: finding.facts["programs"] } };
    case "build":
      return { code: "verdict.build", args: { program: finding.facts["tool"] ?? program, perSecond } };
    default:
      if (isToldByFacts(storm.kind))
        return { code: `verdict.${storm.kind}`, args: factsOf(storm, finding, material.stampNs !== null) };
      return { code: "verdict.unclassified", args: { program, perSecond, spawner } };
  }
}

/** More than one event in twenty lost costs a step of confidence: counts and lineage may be off by then. */
const LOSS_THAT_MATTERS = 0.05;

function weakened(confidence: Confidence, material: Material): Confidence {
  const events = material.sources.reduce((sum, source) => sum + source.events, 0);
  const lost = material.sources.reduce((sum, source) => sum + (source.lost ?? 0), 0);
  if (lost <= LOSS_THAT_MATTERS * (events + lost)) return confidence;
  return confidence === "high" ? "medium" : "low";
}
