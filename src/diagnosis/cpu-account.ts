import type { CpuUse } from "../derive/cpu.ts";
import { starts } from "../derive/family.ts";
import type { Finding } from "../detect/types.ts";
import { cgroupCheck, ownUse } from "./cpu-cgroup.ts";
import { membersOf, type CpuMaterial, type Members } from "./cpu-members.ts";
import type { CpuCheck, CpuHole } from "./result.ts";

/** Where the CPU of one storm went, and how that is known. CPUs: 1 = one CPU for the whole window. */
export interface CpuAccount {
  /** What its processes used, the dead included; null when nothing tells. */
  cpus: number | null;
  from: CpuCheck["from"] | null;
  /** What each source says, the chosen one first. */
  checks: CpuCheck[];
  /** What the living that start and reap its processes used themselves. */
  starters: number | null;
  /** Why the accounts of its parents are wrong. */
  holes: CpuHole[];
  /** What its dead used, and the living that may have been charged for them. */
  dead: number;
  chargedTo: readonly number[];
}

/** A storm that the recording caught at another rate than the whole window did was not steady. */
const STEADY = 0.25;
/**
 * More than this times what the others say cannot be the storm's alone. A recording of 0.6 s was up to 30 % off the whole
 * window on a virtual machine whose speed changes; the waiter's account is of the whole window.
 */
const BESIDE_ONE = 1.6;
const BESIDE_TWO = 1.25;
/** Below this the sources may differ by their clocks' steps alone. */
const FINEST = 0.02;

/** Adds up the CPU of a storm's processes from all sources there are, and says which one to believe. */
export function cpuAccount(finding: Finding, material: CpuMaterial, cpu: CpuUse): CpuAccount {
  const members = membersOf(finding, material, cpu);
  const holes = holesOf(finding, members, material);
  const waiter = waiterCheck(members, cpu, holes);
  const recorded = switchCheck(members, material);
  let cgroup = cgroupCheck(members, material, cpu);
  if (cgroup !== null && recorded !== null && recorded.steady && cgroup.bound === "exact") {
    // The few others that died in it may have been a compiler's: then the cgroup holds more than the storm.
    const likely =
      waiter?.bound === "exact"
        ? Math.max(recorded.check.cpus, waiter.cpus) * BESIDE_TWO
        : recorded.check.cpus * BESIDE_ONE;
    if (cgroup.cpus > likely + FINEST) cgroup = { ...cgroup, bound: "upper" };
  }
  const sources = [cgroup, recorded?.check ?? null, waiter].filter((check) => check !== null);
  const rank = { exact: 0, lower: 2, upper: 1 };
  const checks = sources.sort((a, b) => rank[a.bound] - rank[b.bound]);
  const best = checks[0] ?? null;
  const cpus = best === null || best.cpus <= 0 ? null : best.cpus;
  return {
    cpus,
    from: cpus === null || best === null ? null : best.from,
    checks,
    starters: startersOf(members, material, cpu),
    holes,
    // An upper bound holds others as well: then only what somebody was charged for is the storm's.
    dead: Math.max(0, (best?.bound === "upper" ? (waiter?.cpus ?? 0) : (cpus ?? 0)) - members.livingCpus),
    chargedTo: [...new Set([...(members.waiter === null ? [] : [members.waiter]), ...members.starters])],
  };
}

/** Charged to the process that waits for them (10 ms steps), and used by those that live. */
function waiterCheck(members: Members, cpu: CpuUse, holes: readonly CpuHole[]): CpuCheck | null {
  const reaped = members.waiter === null ? null : cpu.ofReaped(members.waiter);
  if (reaped === null && members.livingCpus === 0) return null;
  const bound = reaped === null || holes.includes("sigchld-ignored") ? "lower" : "exact";
  return { from: "waiter", cpus: Math.max(0, reaped ?? 0) + members.livingCpus, bound };
}

/**
 * From the recording of context switches, which is a part of the window. A storm that went on in the rest of it as in the
 * recording used as much: one that burns all it can get starts fewer when the machine is slower, and each takes longer. Of
 * one that came or went, what one process used is taken times their number in the whole window.
 */
function switchCheck(members: Members, material: CpuMaterial): { check: CpuCheck; steady: boolean } | null {
  const slices = material.live?.slices ?? null;
  if (slices === null) return null;
  const entries = members.inRecording(slices);
  const seconds = entries.reduce((sum, entry) => sum + entry.seconds, 0);
  const processes = entries.reduce((sum, entry) => sum + (entry.pid === null ? entry.processes : 0), 0);
  if (seconds === 0) return null;
  const window = Math.max(1e-3, material.window.seconds);
  const then = processes / slices.seconds;
  const whole = members.starts / window;
  const steady = Math.abs(then - whole) <= STEADY * whole;
  const shortLived = members.families.every((family) => family.peakAlive * 4 < Math.max(starts(family), 4));
  const scale = shortLived && processes >= 20 && !steady ? whole / then : 1;
  const bound = (slices.lost ?? 1) > 0 ? "lower" : "exact";
  return { check: { from: "sched_switch", cpus: (seconds / slices.seconds) * scale, bound }, steady };
}

/** As the cgroup's check takes it off: the two together are what the cgroup used. */
function startersOf({ starters }: Members, { live }: CpuMaterial, cpu: CpuUse): number | null {
  const known = starters.filter((pid) => cpu.ofLiving(pid) !== null);
  const shares = live === null ? [] : known.map((pid) => ownUse(pid, live, cpu));
  return shares.length === 0 ? null : shares.reduce((sum, share) => sum + share, 0);
}

/** The two ways in which the CPU of children is charged to nobody, or to the wrong one (kernel/exit.c wait_task_zombie). */
function holesOf(finding: Finding, { spawner, reaper }: Members, material: CpuMaterial): CpuHole[] {
  const processes = material.live?.after.processes;
  const holes: CpuHole[] = [];
  if (spawner !== null && processes?.get(spawner)?.ignoresSigchld === true) holes.push("sigchld-ignored");
  const copies = finding.kind === "self-replicating-chain" || finding.kind === "fork-bomb";
  if (!copies && spawner !== null && reaper !== null && reaper !== spawner) holes.push("reaped-by-another");
  return holes;
}
