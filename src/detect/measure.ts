import { imageKey, imageName } from "../derive/index.ts";
import { starts, type Actor, type Family } from "../derive/family.ts";
import type { Finding, Reason, SpawnerGroup } from "./types.ts";

/** Starts a second over the time in which the family started any; 0 with fewer than two starts. */
export function rate(families: readonly Family[]): number {
  let count = 0;
  let first = Infinity;
  let last = -Infinity;
  for (const family of families) {
    count += starts(family);
    if (family.firstStart !== null) first = Math.min(first, family.firstStart);
    if (family.lastStart !== null) last = Math.max(last, family.lastStart);
  }
  return count < 2 || last <= first ? 0 : ((count - 1) * 1e9) / (last - first);
}

/**
 * Starts a second while it is at it: pauses between bursts do not dilute it as they do `rate`. Nine in ten intervals are
 * this short; half of them would not do, since pairs of commands within one tick of a log's clock are common.
 */
export function burstRate(family: Family): number {
  const p90 = family.interval.count < 20 ? null : family.interval.quantile(0.9);
  return Math.max(rate([family]), p90 === null ? 0 : 1e9 / p90);
}

/** Shares of the ends of a family: how many failed (status not 0, or a signal), were clean, or are unknown. */
export function endShares(family: Family): { failed: number; clean: number; unknown: number } {
  let failed = 0;
  let clean = 0;
  let total = 0;
  for (const { code, signal, count } of family.endings.values()) {
    total += count;
    if (signal !== null || (code !== null && code !== 0)) failed += count;
    else if (code === 0) clean += count;
  }
  return total === 0
    ? { failed: 0, clean: 0, unknown: 1 }
    : { failed: failed / total, clean: clean / total, unknown: (total - failed - clean) / total };
}

/** The process that started most of the families' spawned members, and its share of them. */
export function topSpawner(families: readonly Family[]): { actor: Actor; count: number; share: number } | null {
  const counts = new Map<number, { actor: Actor; count: number }>();
  let total = 0;
  for (const family of families) {
    total += family.spawned;
    for (const { key, value, count } of family.spawners.ranked()) {
      const known = counts.get(key);
      if (known === undefined) counts.set(key, { actor: value, count });
      else known.count += count;
    }
  }
  let top: { actor: Actor; count: number } | null = null;
  for (const entry of counts.values()) if (top === null || entry.count > top.count) top = entry;
  return top === null || total === 0 ? null : { ...top, share: Math.min(1, top.count / total) };
}

/** Groups families by the program that started them. */
export function groupBySpawner(families: readonly Family[]): SpawnerGroup[] {
  const groups = new Map<string, Family[]>();
  for (const family of families) {
    if (family.spawnerImage === null || family.spawned === 0) continue;
    const key = imageKey(family.spawnerImage);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [family]);
    else group.push(family);
  }
  return [...groups]
    .map(([key, members]) => {
      const top = topSpawner(members);
      const image = members[0]?.spawnerImage;
      return {
        key,
        name: image ? imageName(image) : "",
        families: members,
        starts: members.reduce((sum, f) => sum + starts(f), 0),
        top,
      };
    })
    .sort((a, b) => b.starts - a.starts);
}

/** The programs of families as a finding shows them: the file, else `(task name)`, `()` for those that nobody saw. */
export function programNames(families: readonly Family[]): string[] {
  return [...new Set(families.map(({ image }) => image.exe ?? `(${image.comm})`))];
}

/** Last part of a program's name: of its file, else its task name. */
export function baseName(family: { exe: string | null; comm: string }): string {
  const name = family.exe ?? family.comm;
  return name.slice(name.lastIndexOf("/") + 1).replace(/ \(deleted\)$/, "");
}

/** `worker (pid 12)`; `PID 12` where the evidence has no name for it. */
export function processText(pid: number, image: { exe: string | null; comm: string }): string {
  const name = baseName(image);
  return name === "" ? `PID ${pid}` : `${name} (pid ${pid})`;
}

export function reason(weighs: Reason["weighs"], code: string, args: Record<string, unknown> = {}): Reason {
  return { code: `reason.${code}`, args, weighs };
}

/** High without anything against, medium with one thing, low with more. */
export function confidenceOf(reasons: readonly Reason[]): Finding["confidence"] {
  const against = reasons.filter((r) => r.weighs === "against").length;
  return against === 0 ? "high" : against === 1 ? "medium" : "low";
}

/** What is alike in most findings: the covered families' starts are the storm's, and how sure it is follows from the reasons. */
export function stormOf(told: Pick<Finding, "kind" | "subject" | "covers" | "spawner" | "reasons" | "facts">): Finding {
  return {
    ...told,
    starts: told.covers.reduce((sum, family) => sum + starts(family), 0),
    perSecond: rate(told.covers),
    benign: false,
    confidence: confidenceOf(told.reasons),
  };
}
