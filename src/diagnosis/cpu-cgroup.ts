import type { CpuUse } from "../derive/cpu.ts";
import { starts } from "../derive/family.ts";
import type { CpuMaterial, Members } from "./cpu-members.ts";
import type { CpuCheck } from "./result.ts";

/** With fewer starts by others than this share of its own, a storm is as good as alone in its cgroup. */
const ALONE = 0.02;
/** Own use below this (seconds) is known better from the recording of switches than from 10 ms ticks. */
const COARSE = 0.2;

type Live = NonNullable<CpuMaterial["live"]>;

/**
 * What the storm's cgroup used, less what the living in it used that are not the storm's: exact and with the dead, when
 * the storm's are the only dead in it; else an upper bound. Null when its processes were met in no cgroup, or in several.
 */
export function cgroupCheck(members: Members, material: CpuMaterial, cpu: CpuUse): CpuCheck | null {
  const { live } = material;
  const group = live === null ? null : cgroupOfStorm(members, live);
  if (live === null || group === null) return null;
  const now = live.after.cgroups?.get(group);
  // One that was made within the window began at 0.
  const then = live.before.cgroups?.get(group) ?? { seconds: 0, monotonicNs: live.before.monotonicNs };
  if (now === undefined || live.before.cgroups === undefined) return null;
  const seconds = (now.monotonicNs - then.monotonicNs) / 1e9;
  if (seconds <= 0 || now.seconds < then.seconds) return null;
  let cpus = (now.seconds - then.seconds) / seconds;
  for (const process of live.after.processes.values()) {
    if (within(process.cpuCgroup ?? null, group) && !members.isMember(process)) cpus -= ownUse(process.pid, live, cpu);
  }
  const bound = strangers(members, group, material, live) <= ALONE * members.starts ? "exact" : "upper";
  return { from: "cgroup", cpus: Math.max(0, cpus), bound, cgroup: group.slice(group.indexOf(":") + 1) };
}

function within(cgroup: string | null, group: string): boolean {
  return cgroup !== null && (cgroup === group || cgroup.startsWith(`${group}/`));
}

/**
 * The one cgroup that all its programs were met in; where none was, its spawner's, which children inherit. A program that
 * others run as well (/bin/true) may have been met elsewhere too, if another of the storm's was met in this one only.
 */
function cgroupOfStorm(members: Members, live: Live): string | null {
  const home = members.spawner === null ? null : (live.after.processes.get(members.spawner)?.cpuCgroup ?? null);
  let common: Set<string | null> | null = null;
  for (const file of members.files) {
    const met = new Set(live.cgroupsOf?.get(file)?.keys());
    for (const process of live.after.processes.values())
      if (process.exe === file && members.isMember(process)) met.add(process.cpuCgroup ?? null);
    if (met.size === 0) continue;
    const before: Set<string | null> = common ?? met;
    common = new Set([...met].filter((cgroup) => before.has(cgroup)));
  }
  if (common === null) return home;
  const [only] = common;
  // A spawner that lives, and whose children were met beside it, has them all beside it.
  if (common.size > 1)
    return home !== null && members.starters.includes(members.spawner ?? 0) && common.has(home) ? home : null;
  return only ?? null;
}

/** Processes that are not the storm's and may have died in its cgroup. */
function strangers(members: Members, group: string, material: CpuMaterial, live: Live): number {
  let count = 0;
  for (const family of material.derived.families) {
    if (members.families.includes(family)) continue;
    const homes = family.spawners
      .ranked()
      .map(({ value }) => (live.after.processes.get(value.pid) ?? live.before.processes.get(value.pid))?.cpuCgroup);
    const seen = family.image.exe === null ? undefined : live.cgroupsOf?.get(family.image.exe);
    if (
      homes.some((home) => within(home ?? null, group)) ||
      [...(seen?.keys() ?? [])].some((home) => within(home, group))
    )
      count += starts(family);
  }
  for (const process of live.before.processes.values()) {
    const gone = live.after.processes.get(process.pid)?.startedAfterBoot !== process.startedAfterBoot;
    if (gone && within(process.cpuCgroup ?? null, group) && !members.isMember(process)) count++;
  }
  return count;
}

/** CPUs that one of the living used itself: in 10 ms ticks, or, where these are too coarse, by the recording of switches. */
export function ownUse(pid: number, live: Live, cpu: CpuUse): number {
  const share = cpu.ofLiving(pid) ?? 0;
  const seconds = (live.after.monotonicNs - live.before.monotonicNs) / 1e9;
  const recorded = live.slices?.programs.find((entry) => entry.pid === pid);
  return recorded === undefined || share * seconds >= COARSE ? share : recorded.seconds / recorded.windowSeconds;
}
