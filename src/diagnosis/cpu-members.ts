import type { CpuUse } from "../derive/cpu.ts";
import { createFamily, mergeFamily, starts, type Family } from "../derive/family.ts";
import type { Finding } from "../detect/types.ts";
import type { CpuSlices, ProgramCpu } from "../model/cpu.ts";
import { membersInRecording } from "./cpu-descent.ts";
import type { ProcFacts } from "../model/snapshot.ts";
import type { Material } from "./material.ts";

/** What of the material tells of CPU time. */
export type CpuMaterial = Pick<Material, "live" | "window" | "derived">;

/** Who belongs to a storm, who starts and who reaps it: as far as its CPU time is concerned. */
export interface Members {
  spawner: number | null;
  reaper: number | null;
  /** The process that is charged for its dead. */
  waiter: number | null;
  /** Spawner and reaper, as far as they live: they are not members. */
  starters: number[];
  /** Whether a living process is a member. */
  isMember(process: ProcFacts): boolean;
  /** CPUs that living members used themselves. */
  livingCpus: number;
  /** Families that are its processes, and how many of them were started in the window. */
  families: readonly Family[];
  starts: number;
  /** Files of its programs. */
  files: ReadonlySet<string>;
  /** The entries of a recording that are its processes. */
  inRecording(slices: CpuSlices): ProgramCpu[];
}

export function membersOf(finding: Finding, material: CpuMaterial, cpu: CpuUse): Members {
  const whole = createFamily(finding.subject.image, finding.subject.spawnerImage);
  for (const family of finding.covers) mergeFamily(whole, family);
  const living = material.live?.after.processes ?? new Map<number, ProcFacts>();
  const spawner = finding.spawner?.pid ?? null;
  const families = familiesOf(finding, material);
  const reaper = whole.reapers.ranked()[0]?.value.pid ?? null;
  const images = families.map((family) => family.image);
  const files = new Set(images.flatMap(({ exe }) => (exe === null ? [] : [exe])));
  const starters = new Set<number>();
  const started = finding.spawner?.image.exe ?? null;
  const now = spawner === null ? undefined : living.get(spawner);
  // The number of a spawner that is dead may be another's by now.
  if (spawner !== null && now !== undefined && (started === null || now.exe === started)) starters.add(spawner);
  if (reaper !== null && living.has(reaper)) starters.add(reaper);
  const isMember = (process: ProcFacts): boolean =>
    process.exe !== null && files.has(process.exe) && !starters.has(process.pid);
  let livingCpus = 0;
  for (const process of living.values()) if (isMember(process)) livingCpus += cpu.ofLiving(process.pid) ?? 0;
  return {
    spawner,
    reaper,
    // The dead are charged to whoever waited for them, which the kernel's SIGCHLD names; it is sent to nobody if ignored.
    waiter: reaper ?? spawner,
    starters: [...starters],
    isMember,
    livingCpus,
    families,
    starts: families.reduce((sum, family) => sum + starts(family), 0),
    files,
    inRecording: membersInRecording({ families, files, starters, isMember, material }),
  };
}

/** A spawner that did not live all the time may be one of many: in a double fork those in between are the storm's processes too. */
function familiesOf(finding: Finding, { derived, live }: CpuMaterial): readonly Family[] {
  const { spawner, covers } = finding;
  const between = finding.subject.spawnerImage;
  if (spawner === null || between === null || live === null) return covers;
  const [then, now] = [live.before, live.after].map(({ processes }) => processes.get(spawner.pid));
  if (then !== undefined && then.startedAfterBoot === now?.startedAfterBoot) return covers;
  return [...covers, ...derived.families.filter((family) => family.image === between && !covers.includes(family))];
}
