import type { CpuUse } from "../derive/cpu.ts";
import { starts, type Family } from "../derive/family.ts";
import { mergeFamily, createFamily } from "../derive/family.ts";
import type { Finding } from "../detect/types.ts";
import type { Evidence } from "../model/evidence.ts";
import type { CpuAccount } from "./cpu-account.ts";
import type { Material } from "./material.ts";
import { signalName } from "./names.ts";
import type { Storm, StormKind } from "./result.ts";

const MAX_ENDS = 8;

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
  const reaper = whole.reapers.ranked()[0]?.value ?? null;
  const spawner = finding.spawner;
  const isCopying = finding.kind === "self-replicating-chain" || finding.kind === "fork-bomb";
  // Logs have time stamps of a millisecond: shorter times are not known better than that.
  const finest = material.live === null ? 1 : 0;
  const millis = (value: number | null): number | null => (value === null ? null : Math.max(finest, value / 1e6));
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
      comm: image.comm,
      root: material.lookup.rootOf(image.mountNamespace, [reaper?.pid, spawner?.pid]) ?? "/",
    },
    processes: finding.starts,
    perSecond: finding.perSecond,
    peakAlive: whole.peakAlive,
    lifetimeMs: p50 === null || p99 === null ? null : { p50, p99 },
    cpus: account?.cpus ?? null,
    cpusFrom: account?.from ?? null,
    cpuChecks: account?.checks ?? [],
    startersCpus: account?.starters ?? null,
    cpuHoles: account?.holes ?? [],
    spawner: spawner === null ? null : { pid: spawner.pid, exe: spawner.image.exe, comm: spawner.image.comm },
    reaper:
      reaper === null
        ? null
        : {
            pid: reaper.pid,
            exe: processes?.get(reaper.pid)?.exe ?? null,
            comm: processes?.get(reaper.pid)?.comm ?? reaper.comm,
            cpuShare: cpu?.ofLiving(reaper.pid) ?? null,
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
    repeats: null,
    benign: finding.benign,
    confidence: finding.confidence,
    reasons: finding.reasons,
    evidence: evidenceOf(finding.subject, material),
  };
}

/** Median from start to start, ms; the mean where the clock is too coarse for a median. */
function intervalMs({ interval }: Family, finest: number): number | null {
  const p50 = interval.quantile(0.5);
  const mean = interval.mean();
  if (p50 === null || mean === null) return null;
  return (p50 / 1e6 < finest ? mean : p50) / 1e6;
}

/** All families of a finding as one. */
function joined(finding: Finding): Family {
  const whole = createFamily(finding.subject.image, finding.subject.spawnerImage);
  for (const family of finding.covers) mergeFamily(whole, family);
  return whole;
}

function evidenceOf(family: Family, material: Material): Evidence[] {
  const source = material.sources.find((s) => s.events > 0);
  if (source === undefined || family.firstStart === null || family.lastStart === null) return [];
  const from = (family.firstStart / 1e9).toFixed(3);
  const to = (family.lastStart / 1e9).toFixed(3);
  return [
    { source: source.path ?? source.kind, locator: `${starts(family)} forks, ${from} s to ${to} s of the window` },
  ];
}
