import type { Landmarks } from "./landmarks.ts";

/** How the time of one stream is found in that of another, by what both tell. */
export interface Offset {
  /** To be added to the times of the second stream, ns. */
  ns: number;
  /** Nine in ten of the facts agree with it that closely, ns. */
  errorNs: number;
  /** Facts of the samples that agree. */
  matched: number;
  /** Of the first stream's sampled facts in the common time, those that the second one tells too, and the other way round; 0..1. */
  firstInSecond: number;
  secondInFirst: number;
}

/** Fewer facts in common may be chance. */
const ENOUGH = 8;
/** Of one stream at least so many of its facts must be told by the other, or numbers have met by chance. */
const SHARE = 0.5;
/** A number that returns more often says nothing of when, and would cost the square of it. */
const MOST_PAIRS = 4096;
/** Records of one fact are written up to so much apart by different sources; ptrace is the slowest. */
const JITTER_NS = 20e6;

/**
 * Finds the offset at which most facts of both samples fall together; null when too few do, as for two hosts.
 * `stampNs`: the coarser tick of the two clocks.
 */
export function offsetBetween(first: Landmarks, second: Landmarks, stampNs: number): Offset | null {
  const oneIn = Math.max(first.oneIn, second.oneIn);
  const a = first.thinned(oneIn);
  const b = second.thinned(oneIn);
  const width = JITTER_NS + 2 * stampNs;
  const differences: number[] = [];
  for (const [fact, times] of a) {
    const others = b.get(fact) ?? [];
    if (times.length * others.length > MOST_PAIRS) continue;
    for (const other of others) for (const time of times) differences.push(time - other);
  }
  differences.sort((x, y) => x - y);
  const inside = densest(differences, width);
  if (inside.length < ENOUGH) return null;
  const ns = inside[inside.length >> 1] as number;
  const away = inside.map((one) => Math.abs(one - ns)).sort((x, y) => x - y);
  const errorNs = Math.max(away[Math.floor(away.length * 0.9)] ?? 0, stampNs / 2);
  const firstInSecond = shareTold(a, b, second, ns, width);
  const secondInFirst = shareTold(b, a, first, -ns, width);
  if (Math.max(firstInSecond, secondInFirst) < SHARE) return null;
  return { ns, errorNs, matched: inside.length, firstInSecond, secondInFirst };
}

/** The stretch of that width with the most differences in it. Where numbers return, many are of two different lives. */
function densest(sorted: readonly number[], width: number): number[] {
  let best = { from: 0, to: 0 };
  let from = 0;
  for (const [to, ns] of sorted.entries()) {
    while (ns - (sorted[from] as number) > width) from++;
    if (to + 1 - from > best.to - best.from) best = { from, to: to + 1 };
  }
  return sorted.slice(best.from, best.to);
}

type Facts = ReadonlyMap<string, readonly number[]>;

/** Of the facts that fall into the other stream's time, the share that it tells for that moment. `ns`: added to the other's times. */
function shareTold(facts: Facts, others: Facts, other: Landmarks, ns: number, width: number): number {
  const begin = (other.firstTs ?? 0) + ns - width;
  const end = other.lastTs + ns + width;
  let all = 0;
  let told = 0;
  for (const [fact, times] of facts) {
    const theirs = others.get(fact) ?? [];
    for (const time of times) {
      if (time < begin || time > end) continue;
      all++;
      if (theirs.some((one) => Math.abs(one + ns - time) <= width)) told++;
    }
  }
  return all === 0 ? 0 : told / all;
}
