import { fromBytes, type Untrusted } from "../../model/text.ts";
import { readSmall } from "../procfs/read-small.ts";
import { parseStatLine } from "../procfs/stat-line.ts";
import { pickCpuCgroup } from "./hierarchies.ts";

const PROGRAMS = 256;
const CGROUPS = 16;
/** Flag of a task that ends (include/linux/sched.h). */
const PF_EXITING = 0x4;

/** Notes in which cgroups processes of a program were met: the members of a storm are dead when its snapshot is taken. */
export class CgroupsOfPrograms {
  /** Program → cgroup (as in `ProcFacts.cpuCgroup`; null: the root) → processes met. */
  readonly met = new Map<Untrusted, Map<Untrusted | null, number>>();

  /** Looks at a process that has just been met. It may be gone; then nothing is noted. */
  note(pid: number, exe: Untrusted): void {
    const text = readSmall(`/proc/${pid}/cgroup`, 8192);
    if (text === null || text.length === 0) return;
    const cgroup = pickCpuCgroup(fromBytes(text));
    if (cgroup === null && isEnding(pid)) return;
    let cgroups = this.met.get(exe);
    if (cgroups === undefined) {
      if (this.met.size >= PROGRAMS) return;
      this.met.set(exe, (cgroups = new Map()));
    }
    const count = cgroups.get(cgroup);
    if (count !== undefined || cgroups.size < CGROUPS) cgroups.set(cgroup, (count ?? 0) + 1);
  }
}

/** A process that ends is moved to the root (kernel/cgroup/cgroup.c cgroup_exit), wherever it was. */
function isEnding(pid: number): boolean {
  const line = readSmall(`/proc/${pid}/stat`);
  const stat = line === null ? null : parseStatLine(line);
  return stat === null || (stat.flags & PF_EXITING) !== 0;
}
