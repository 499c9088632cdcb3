import type { CpuUse } from "../derive/cpu.ts";
import { starts, type Family } from "../derive/family.ts";
import { mergeFamily, createFamily } from "../derive/family.ts";
import { repetitionOf, type CallSequence } from "../derive/repetition.ts";
import type { Finding } from "../detect/types.ts";
import type { Evidence } from "../model/evidence.ts";
import type { Untrusted } from "../model/text.ts";
import { homeOf, namespacePid } from "./container.ts";
import type { CpuAccount } from "./cpu-account.ts";
import type { Material } from "./material.ts";
import { programName, signalName } from "./names.ts";
import type { Storm, StormKind } from "./result.ts";
import { failuresTold } from "./symptom.ts";

const MAX_ENDS = 8;
const MAX_COMMANDS = 5;

/** A finding as the result shows it: numbers with units, and where they come from. */
export function toStorm(
  finding: Finding,
  index: number,
  material: Material,
  cpu: CpuUse | null,
  account: CpuAccount | null,
): Storm {
  const whole = joined(finding);
  const processes = material.live?.after.processes;
  const reaper = reaperOf(whole);
  const spawner = finding.spawner;
  const isCopying = finding.kind === "self-replicating-chain" || finding.kind === "fork-bomb";
  const finest = finestMs(material);
  const millis = (value: number | null): number | null => atBest(value, finest);
  const p50 = millis(whole.lifetime.quantile(0.5));
  const p99 = millis(whole.lifetime.quantile(0.99));
  const interval = intervalMs(finding.subject, finest);
  const gap = millis(finding.subject.gap.quantile(0.5));
  const image = finding.subject.image;
  return {
    id: `storm-${index + 1}`,
    kind: finding.kind as StormKind,
    program: {
      exe: image.exe,
      // A log that shows no exec names nobody.
      comm: image.exe === null && image.comm === "" ? "?" : image.comm,
      root:
        material.lookup.rootOf(image.place, [reaper?.pid, spawner?.pid]) ??
        // Gone with its container: the name of what it was is all there is.
        (material.live === null ? "/" : (image.mountNamespace ?? "/")),
    },
    ...homeOf(finding, reaper?.pid ?? null, material),
    processes: finding.starts,
    perSecond: rateOf(finding, finest),
    peakAlive: whole.peakAlive,
    lifetimeMs: p50 === null || p99 === null ? null : { p50, p99 },
    cpus: account?.cpus ?? null,
    cpusFrom: account?.from ?? null,
    cpuChecks: account?.checks ?? [],
    startersCpus: account?.starters ?? null,
    cpuHoles: account?.holes ?? [],
    spawner:
      spawner === null
        ? null
        : {
            pid: spawner.pid,
            exe: spawner.image.exe,
            comm: spawner.image.comm,
            namespacePid: namespacePid(spawner.pid, material),
          },
    reaper:
      reaper === null
        ? null
        : {
            pid: reaper.pid,
            exe: processes?.get(reaper.pid)?.exe ?? null,
            comm: processes?.get(reaper.pid)?.comm ?? reaper.comm,
            cpuShare: cpu?.ofLiving(reaper.pid) ?? null,
            namespacePid: namespacePid(reaper.pid, material),
          },
    generations: isCopying
      ? { depth: finding.subject.depth, branching: finding.subject.replicas / Math.max(1, finding.subject.replicators) }
      : null,
    intervalMs: interval === null ? null : { p50: interval, variation: finding.subject.interval.variation() ?? 0 },
    gapMs: gap === null || isCopying ? null : { p50: gap },
    exits: [...whole.endings.values()]
      .sort((a, b) => b.count - a.count)
      .slice(0, MAX_ENDS)
      .map(({ code, signal, count }) => ({ code, signal: signal === null ? null : signalName(signal), count })),
    abi: image.abi === null ? null : { ...image.abi },
    repeats: isCopying ? repeatsOf(whole, material) : null,
    commands: (whole.commands?.ranked() ?? [])
      .slice(0, MAX_COMMANDS)
      .map(({ value, count }) => ({ argv: [...value.argv], count, cut: value.cut })),
    argvKnown: {
      known: whole.commands?.total ?? 0,
      of: (whole.commands?.total ?? 0) + whole.commandsUnknown,
    },
    failedExecs: failuresTold(material) ? whole.failedExecs : null,
    failedForks: failuresTold(material) ? whole.failedForks : null,
    benign: finding.benign,
    confidence: finding.confidence,
    reasons: finding.reasons,
    evidence: evidenceOf(finding.subject, material),
  };
}

/** Below this share of the dead nobody is the reaper: a member that outlives its child gets a SIGCHLD too. */
const REAPERS_SHARE = 0.1;

function reaperOf({ reapers, ended }: Family): { pid: number; comm: Untrusted } | null {
  const [most] = reapers.ranked();
  return most === undefined || most.count < REAPERS_SHARE * ended ? null : most.value;
}

/** A tick of the evidence's clock in ms: shorter times are not known better than that. Infinite: it has no times. */
function finestMs({ live, stampNs }: Material): number {
  if (stampNs === undefined) return live === null ? 1 : 0;
  return stampNs === null ? Number.POSITIVE_INFINITY : stampNs / 1e6;
}

/** Times by a clock of milliseconds are at least one; a clock of seconds tells nothing of what is shorter than its tick. */
function atBest(nanoseconds: number | null, finest: number): number | null {
  if (nanoseconds === null || (finest > 1 && nanoseconds / 1e6 < finest)) return null;
  return Math.max(finest, nanoseconds / 1e6);
}

/** Starts a second; where they all fall into one tick of the clock, at least that many in it. 0: the evidence has no times. */
function rateOf({ starts: count, perSecond }: Finding, finest: number): number {
  if (finest === Number.POSITIVE_INFINITY) return 0;
  return finest > 1 ? Math.min(perSecond, (count * 1000) / finest) : perSecond;
}

/** By the calls that the source records, else by the short look at them. */
function repeatsOf(whole: Family, { live }: Material): Untrusted[] | null {
  const seen = live?.repeats?.get(programName(whole.image));
  return repetitionOf(sequencesOf(whole))?.calls ?? (seen === undefined ? null : [...seen]);
}

function sequencesOf({ sequences }: Family): CallSequence[] {
  return (sequences?.ranked() ?? []).map(({ value, count }) => ({ calls: value, count }));
}

/** Median from start to start, ms; the mean where the clock is too coarse for a median. */
function intervalMs({ interval }: Family, finest: number): number | null {
  if (finest > 1 && (interval.mean() ?? 0) / 1e6 < finest) return null;
  const p50 = interval.quantile(0.5);
  const mean = interval.mean();
  if (p50 === null || mean === null) return null;
  return (p50 / 1e6 < finest ? mean : p50) / 1e6;
}

/** Living processes that a storm's dead were near to: who reaps them, who starts them. */
export function processesNear(finding: Finding): (number | undefined)[] {
  return [reaperOf(joined(finding))?.pid, finding.spawner?.pid];
}

/** All families of a finding as one. */
function joined(finding: Finding): Family {
  const whole = createFamily(finding.subject.image, finding.subject.spawnerImage);
  for (const family of finding.covers) mergeFamily(whole, family);
  return whole;
}

function evidenceOf(family: Family, material: Material): Evidence[] {
  const source =
    material.sources.find((s) => family.file !== null && s.path === family.file) ??
    material.sources.find((s) => s.events > 0);
  if (source === undefined || family.firstStart === null || family.lastStart === null) return [];
  const { firstLine, lastLine } = family;
  if (firstLine !== null && lastLine !== null) {
    const lines = `line ${Math.min(firstLine, lastLine)} to line ${Math.max(firstLine, lastLine)}`;
    return [{ source: source.path ?? source.kind, locator: `${starts(family)} forks, ${lines}` }];
  }
  const from = (family.firstStart / 1e9).toFixed(3);
  const to = (family.lastStart / 1e9).toFixed(3);
  return [
    { source: source.path ?? source.kind, locator: `${starts(family)} forks, ${from} s to ${to} s of the window` },
  ];
}
