import type { Family } from "../derive/family.ts";
import type { CpuSlices, Forebear, ProgramCpu } from "../model/cpu.ts";
import type { ProcFacts } from "../model/snapshot.ts";
import type { CpuMaterial } from "./cpu-members.ts";

interface Storm {
  families: readonly Family[];
  /** Files of its programs. */
  files: ReadonlySet<string>;
  /** Living processes that start or reap its processes. */
  starters: ReadonlySet<number>;
  isMember: (process: ProcFacts) => boolean;
  material: CpuMaterial;
}

/** More forebears than this are a loop in numbers that were given twice. */
const MOST_FOREBEARS = 64;

/**
 * The entries of a recording that are a storm's processes: by descent, so that a program of the same name that others run
 * is not among them. Below a starter the storm's programs count; a task that nobody knows by number (a chain's member of
 * the moment when the recording began) counts by its name, with its copies whatever they call themselves.
 */
export function membersInRecording(storm: Storm): (slices: CpuSlices) => ProgramCpu[] {
  const { families, files, starters, material } = storm;
  const names = new Set(families.map(({ image }) => image.comm));
  const before = material.live?.before.processes ?? new Map<number, ProcFacts>();
  const after = material.live?.after.processes ?? before;
  const processOf = (pid: number): ProcFacts | undefined => after.get(pid) ?? before.get(pid);
  const spawners = new Set<number>();
  for (const family of families) {
    for (const { value } of family.spawners.ranked()) {
      const now = processOf(value.pid);
      // The number of one that is dead may be another's by now.
      if (now !== undefined && !storm.isMember(now) && (value.image.exe === null || now.exe === value.image.exe))
        spawners.add(value.pid);
    }
  }
  const shells = new Set([...spawners].map((pid) => processOf(pid)?.exe));
  /** A spawner, or a copy of it that it forked, such as a subshell; not all that descends from it, or init would have all. */
  const starts = (pid: number): boolean => {
    const self = processOf(pid);
    if (spawners.has(pid)) return true;
    if (self === undefined || !shells.has(self.exe)) return false;
    let at = processOf(self.ppid);
    for (let step = 0; at !== undefined && step < MOST_FOREBEARS; step++) {
      if (spawners.has(at.pid)) return true;
      at = processOf(at.ppid);
    }
    return false;
  };
  const isFile = ({ exe }: Forebear): boolean => exe !== null && files.has(exe);
  // An exec may name the file in another way (/bin/true for /usr/bin/true): within the tree its name will do.
  const isProgram = (one: Forebear): boolean => isFile(one) || (one.comm !== "" && names.has(one.comm));

  return ({ programs }) =>
    programs.filter((entry) => {
      if (entry.pid !== null && starters.has(entry.pid)) return false;
      const { descent } = entry;
      if (descent === undefined) return isProgram(entry);
      // The task that was there when the recording began; what it forked without executing counts as its own program.
      const first = descent.at(-1) ?? entry;
      const alike = descent.length === 0 || isProgram(entry);
      if (first.pid === null) return (isProgram(first) && alike) || (spawners.size === 0 && isFile(entry));
      const process = processOf(first.pid);
      if (process !== undefined && storm.isMember(process)) return alike;
      if (descent.length === 0) return false;
      return spawners.size === 0 ? isFile(entry) : starts(first.pid) && isProgram(entry);
    });
}
