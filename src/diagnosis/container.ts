import { starts } from "../derive/family.ts";
import { placeKey } from "../derive/image.ts";
import type { Finding } from "../detect/types.ts";
import type { ProcFacts } from "../model/snapshot.ts";
import type { Untrusted } from "../model/text.ts";
import { containerOf, unitOf, type Container, type Unit } from "../platform/container.ts";
import type { Material } from "./material.ts";

type Live = NonNullable<Material["live"]>;

/** To which cgroup a storm belongs, and which container or unit that is. */
export interface Home {
  cgroup: Untrusted | null;
  container: Container | null;
  unit: Unit | null;
}

/**
 * Where a storm runs. Its processes are mostly dead when /proc is listed, so in this order: the cgroups in which some were
 * met while they lived, that of a living one, that of who starts them (children inherit it), and that of the init of
 * their PID namespace.
 */
export function homeOf(finding: Finding, reaper: number | null, { live }: Pick<Material, "live">): Home {
  if (live === null) return { cgroup: null, container: null, unit: null };
  const near = [member(finding, live), at(live, finding.spawner?.pid ?? null)].filter((process) => process !== null);
  const init = at(live, reaper);
  if (init !== null && isInside(init)) near.push(init);
  const cgroup = metIn(finding) ?? near.find((process) => process.cgroup !== null)?.cgroup ?? null;
  const container = cgroup === null ? null : containerOf(cgroup);
  const inside = near.find((process) => isInside(process));
  return {
    cgroup,
    container:
      container ?? (inside === undefined ? null : { runtime: "namespaces", id: inside.pidNamespace, name: null }),
    unit: cgroup === null ? null : unitOf(cgroup),
  };
}

/** Number of a process in its own PID namespace; null where that is the same, or nothing is known. */
export function namespacePid(pid: number, { live }: Pick<Material, "live">): number | null {
  const process = live === null ? null : at(live, pid);
  return process === null || process.namespacePid === process.pid ? null : process.namespacePid;
}

/** The cgroup in which most processes of the storm were met. */
function metIn(finding: Finding): Untrusted | null {
  const largest = finding.covers.toSorted((a, b) => starts(b) - starts(a));
  for (const { image } of [finding.subject, ...largest]) {
    const met = [...(image.cgroups ?? [])].filter(([cgroup]) => cgroup !== "/").sort((a, b) => b[1] - a[1]);
    if (met[0] !== undefined) return met[0][0];
  }
  return null;
}

function member({ subject: { image } }: Finding, live: Live): ProcFacts | null {
  if (image.exe === null) return null;
  for (const snapshot of [live.after, live.before])
    for (const process of snapshot.processes.values())
      if (process.exe === image.exe && placeKey(process) === placeKey(image.place)) return process;
  return null;
}

function at({ after, before }: Live, pid: number | null): ProcFacts | null {
  if (pid === null) return null;
  return after.processes.get(pid) ?? before.processes.get(pid) ?? null;
}

function isInside(process: ProcFacts): boolean {
  return process.namespacePid !== process.pid;
}
