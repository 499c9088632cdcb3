import { imageName, type Derived } from "../derive/index.ts";
import { starts, type Family } from "../derive/family.ts";
import type { Image } from "../derive/image.ts";
import type { Untrusted } from "../model/text.ts";

/** Length of a task name, without its NUL (TASK_COMM_LEN of include/linux/sched.h). */
const COMM = 15;
/** Fewer ends on either side are no contradiction. */
const ENOUGH_ENDS = 10;

/** Two streams say different things about the same processes. */
export type Contradiction =
  | { about: "ends"; program: Untrusted; first: string; second: string }
  | { about: "file"; program: Untrusted; first: Untrusted; second: Untrusted };

export interface Complemented {
  contradictions: Contradiction[];
  /** Families of the second stream for which the first one has none. */
  unmatched: Family[];
}

/**
 * Puts what a second stream knows about the same processes into the first one's sums: files, instruction sets, arguments,
 * calls, ends, lifetimes, who is handed the dead, each only where the first has nothing. Nothing is counted twice.
 * `slows`: the second one's tool stops processes, so that its times are not the host's.
 */
export function complement(first: Derived, second: Derived, slows: boolean): Complemented {
  const contradictions: Contradiction[] = [];
  const unmatched: Family[] = [];
  for (const family of second.families) {
    // Who starts it is often known to one of them only, and then under another name.
    const spawned = (one: Family): number => Number(mayBeSame(one.spawnerImage, family.spawnerImage));
    const same = first.families
      .filter((one) => isSame(one.image, family.image))
      .sort((a, b) => spawned(b) - spawned(a) || starts(b) - starts(a))[0];
    if (same === undefined) {
      if (starts(family) > 0) unmatched.push(family);
      continue;
    }
    contradictions.push(...compare(same, family));
    fill(same, family, slows);
  }
  // A file of the same name elsewhere: the first stream's word stands.
  for (const { image } of unmatched) {
    const twin = first.families.find((one) => isNamesake(one.image, image))?.image;
    if (twin?.exe && image.exe !== null)
      contradictions.push({ about: "file", program: twin.comm, first: twin.exe, second: image.exe });
  }
  first.reaper ??= second.reaper;
  for (const [unit, service] of second.services) if (!first.services.has(unit)) first.services.set(unit, service);
  return { contradictions: once(contradictions), unmatched };
}

/** The same file; where one of the streams knows none, or only a name relative to some folder, the same task name. */
function isSame(a: Image, b: Image): boolean {
  if (isWhole(a.exe) && isWhole(b.exe)) return a.exe === b.exe;
  return taskName(a) !== "" && taskName(a) === taskName(b);
}

function mayBeSame(a: Image | null, b: Image | null): boolean {
  return a === null || b === null || isSame(a, b);
}

function isNamesake(a: Image, b: Image): boolean {
  return isWhole(a.exe) && isWhole(b.exe) && a.exe !== b.exe && taskName(a) === taskName(b);
}

function isWhole(exe: Untrusted | null): exe is Untrusted {
  return exe !== null && exe.startsWith("/");
}

function taskName({ exe, comm }: Image): Untrusted {
  return comm !== "" ? comm : (exe ?? "").slice((exe ?? "").lastIndexOf("/") + 1).slice(0, COMM);
}

function fill(into: Family, from: Family, slows: boolean): void {
  name(into.image, from.image);
  if (into.spawnerImage !== null && from.spawnerImage !== null) name(into.spawnerImage, from.spawnerImage);
  if (!knowsEnds(into) && knowsEnds(from)) {
    into.endings = new Map([...from.endings].map(([key, ending]) => [key, { ...ending }]));
    into.lastEnding = null;
  }
  if (into.commands === null && from.commands !== null) {
    into.commands = from.commands;
    into.commandsUnknown = Math.max(0, starts(into) - from.commands.total);
  }
  into.sequences ??= from.sequences;
  if (into.reapers.total === 0) into.reapers.merge(from.reapers);
  if (into.spawners.total === 0) into.spawners.merge(from.spawners);
  if (into.lifetime.count === 0 && !slows) into.lifetime.merge(from.lifetime);
  into.failedExecs = Math.max(into.failedExecs, from.failedExecs);
  into.failedForks = Math.max(into.failedForks, from.failedForks);
}

function name(into: Image, from: Image): void {
  if (!isWhole(into.exe) && isWhole(from.exe)) into.exe = from.exe;
  into.exe ??= from.exe;
  if (into.comm === "") into.comm = from.comm;
  into.abi ??= from.abi;
}

function knowsEnds({ endings }: Family): boolean {
  return [...endings.values()].some(({ code, signal }) => code !== null || signal !== null);
}

function compare(first: Family, second: Family): Contradiction[] {
  const a = mostly(first);
  const b = mostly(second);
  return a === null || b === null || a === b
    ? []
    : [{ about: "ends", program: imageName(first.image), first: a, second: b }];
}

/** How more than nine in ten members end, by the stream's own account; null: in several ways, or not known. */
function mostly({ endings }: Family): string | null {
  const known = [...endings.values()].filter(({ code, signal }) => code !== null || signal !== null);
  const all = known.reduce((sum, { count }) => sum + count, 0);
  const most = known.find(({ count }) => all >= ENOUGH_ENDS && count > 0.9 * all);
  return most === undefined ? null : most.signal !== null ? `signal ${most.signal}` : `exit ${most.code}`;
}

function once(all: readonly Contradiction[]): Contradiction[] {
  return [...new Map(all.map((one) => [`${one.about}\0${one.program}\0${one.first}\0${one.second}`, one])).values()];
}
