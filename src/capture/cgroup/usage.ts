import { readdirSync } from "node:fs";
import type { CgroupUsage } from "../../model/cpu.ts";
import { fromBytes, toBytes, type Untrusted } from "../../model/text.ts";
import { monotonicNs } from "../../platform/clock.ts";
import { readSmall } from "../procfs/read-small.ts";
import { hierarchies, type Hierarchy } from "./hierarchies.ts";

/** A busy Kubernetes node has some hundreds; more are left out, the deepest first. */
const MOST = 4096;

/**
 * CPU time of every cgroup but the roots, by the names of `ProcFacts.cpuCgroup`. All folders are looked at, not only those
 * of the living: a chain may have no member at the moment when /proc is listed. Empty where cgroups are not mounted.
 */
export function cgroupUsage(found: readonly Hierarchy[] = hierarchies()): Map<Untrusted, CgroupUsage> {
  const usage = new Map<Untrusted, CgroupUsage>();
  for (const hierarchy of found) {
    const waiting: Untrusted[] = [""];
    for (let path = waiting.shift(); path !== undefined && usage.size < MOST; path = waiting.shift()) {
      const dir = hierarchy.dir + path;
      const inside = hierarchy.root === "/" ? path : hierarchy.root + path;
      if (inside !== "") {
        const seconds = usageOf(dir, hierarchy.kind);
        if (seconds !== null) usage.set(`${hierarchy.kind}:${inside}`, { seconds, monotonicNs: monotonicNs() });
      }
      for (const name of foldersIn(dir)) waiting.push(`${path}/${name}`);
    }
  }
  return usage;
}

/** CPU seconds of a cgroup: cpuacct.usage (ns) or usage_usec of cpu.stat (since 4.15 in every one); null when unreadable. */
function usageOf(dir: Untrusted, kind: Hierarchy["kind"]): number | null {
  const text = readSmall(bytes(`${dir}/${kind === "cpuacct" ? "cpuacct.usage" : "cpu.stat"}`), 4096)?.toString(
    "latin1",
  );
  if (text === undefined) return null;
  return kind === "cpuacct" ? parseCpuacctUsage(text) : parseCpuStat(text);
}

/** Reads cpuacct.usage: nanoseconds and a newline (kernel/sched/cpuacct.c cpuusage_read). */
export function parseCpuacctUsage(text: string): number | null {
  return /^\d+\n?$/.test(text) ? Number(text) / 1e9 : null;
}

/** Reads the line `usage_usec N` of cpu.stat (Documentation/admin-guide/cgroup-v2.rst). */
export function parseCpuStat(text: string): number | null {
  const microseconds = /^usage_usec (\d+)$/m.exec(text)?.[1];
  return microseconds === undefined ? null : Number(microseconds) / 1e6;
}

function foldersIn(dir: Untrusted): Untrusted[] {
  try {
    return readdirSync(bytes(dir), { withFileTypes: true, encoding: "buffer" })
      .filter((entry) => entry.isDirectory())
      .map((entry) => fromBytes(entry.name));
  } catch {
    // The cgroup was removed meanwhile, or may not be listed: its usage, if any, is all there is.
    return [];
  }
}

function bytes(path: Untrusted): Buffer {
  return Buffer.from(toBytes(path));
}
