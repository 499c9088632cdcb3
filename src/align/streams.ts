import { createDerivation, joinDerived, type Derived } from "../derive/index.ts";
import type { Family } from "../derive/family.ts";
import { complement, type Contradiction } from "./complement.ts";
import type { Landmarks } from "./landmarks.ts";
import { offsetBetween, type Offset } from "./offset.ts";

/** What one stream, or one host of it, told. */
export interface Told {
  /** The file, for evidence and for words. */
  file: string;
  /** Named by the records themselves; two names are two hosts. */
  host: string | null;
  derived: Derived;
  landmarks: Landmarks;
  /** Wall clock at its time 0, ms since 1970; null: its clock is another one. */
  originEpochMs: number | null;
  /** A tick of its clock, ns; null: it has no times. */
  stampNs: number | null;
  /** Whether it tells who forks whom and every end; and how many of all questions it answers. */
  essential: boolean;
  answers: number;
  /** Its tool stops processes at each call. */
  slows: boolean;
}

/** A stream that tells of the same processes as another one. */
export interface Aligned {
  told: Told;
  /** Where its times lie in the leader's. */
  offset: Offset;
  contradictions: Contradiction[];
}

/** Streams of one host whose times overlap: the leader's sums stand, the others complete them. */
export interface Group {
  leader: Told;
  others: Aligned[];
  derived: Derived;
}

/** Beyond a day apart by their own wall clocks two streams are not of one time, whatever numbers they share. */
const DAY_MS = 86_400_000;

/**
 * Finds which streams tell of the same processes and joins what they know. Streams that have nothing in common stay apart.
 * The result does not depend on the order in which they come.
 */
export function groupStreams(streams: readonly Told[]): Group[] {
  for (const { derived, file } of streams) for (const family of derived.families) family.file = file;
  const left = [...streams].sort(
    (a, b) =>
      Number(b.essential) - Number(a.essential) ||
      Number(a.slows) - Number(b.slows) ||
      b.answers - a.answers ||
      b.derived.events - a.derived.events ||
      (a.file < b.file ? -1 : 1),
  );
  const groups: Group[] = [];
  for (let leader = left.shift(); leader !== undefined; leader = left.shift()) {
    const group: Group = { leader, others: [], derived: leader.derived };
    groups.push(group);
    const extra: Family[] = [];
    for (const told of left.splice(0)) {
      const offset = alignment(leader, told);
      if (offset === null) {
        left.push(told);
        continue;
      }
      const { contradictions, unmatched } = complement(leader.derived, told.derived, told.slows);
      group.others.push({ told, offset, contradictions });
      extra.push(
        ...unmatched.filter((family) => isNew(family, offset, leader)).map((family) => shifted(family, offset)),
      );
    }
    if (extra.length > 0)
      group.derived = joinDerived([leader.derived, { ...createDerivation().finish(), families: extra }]);
  }
  return groups;
}

/** Where the second stream lies in the first one's time; null: nothing shows that they are of one host. */
function alignment(first: Told, second: Told): Offset | null {
  if (first.host !== null && second.host !== null && first.host !== second.host) return null;
  if (first.stampNs === null || second.stampNs === null) return null;
  const offset = offsetBetween(first.landmarks, second.landmarks, Math.max(first.stampNs, second.stampNs));
  if (offset === null) return null;
  if (first.originEpochMs === null || second.originEpochMs === null) return offset;
  const byWall = second.originEpochMs - first.originEpochMs;
  return Math.abs(byWall - offset.ns / 1e6) > DAY_MS ? null : offset;
}

/** Processes that the leader tells as well are there already, under the names that it has for them. */
function isNew({ firstStart, lastStart }: Family, offset: Offset, leader: Told): boolean {
  if (offset.secondInFirst < 0.5) return true;
  const begin = (firstStart ?? 0) + offset.ns;
  const end = (lastStart ?? 0) + offset.ns;
  return end < (leader.landmarks.firstTs ?? 0) || begin > leader.landmarks.lastTs;
}

/** In the leader's time. */
function shifted(family: Family, { ns }: Offset): Family {
  for (const time of ["firstStart", "lastStart", "lastEnd"] as const) {
    const ts = family[time];
    if (ts !== null) family[time] = ts + ns;
  }
  return family;
}
