import type { Untrusted } from "../model/text.ts";

/** The calls of one or more generations that made exactly these, in order. */
export interface CallSequence {
  calls: readonly Untrusted[];
  /** Generations that made exactly these calls. */
  count: number;
}

/** What the generations of a program have in common. */
export interface Repetition {
  /** The calls that (nearly) every generation makes, in order; a run of one call is named once. */
  calls: Untrusted[];
  /** Generations looked at, and those of them that made these calls and no other. */
  generations: number;
  exactly: number;
}

/**
 * Finds what the generations of a program repeat: the sequence of calls that most of them make exactly, or else the longest
 * one that is contained, in this order, in (nearly) all of them. A program's first generation has its start-up before it and the last one
 * may be cut, so one generation in five may differ. Pure; names are compared as they are.
 * @returns null with fewer than three generations, or when they have no call in common
 */
export function repetitionOf(sequences: readonly CallSequence[]): Repetition | null {
  const merged = new Map<string, CallSequence & { calls: Untrusted[] }>();
  let generations = 0;
  for (const { calls, count } of sequences) {
    const once = withoutRuns(calls);
    if (once.length === 0) continue;
    generations += count;
    const key = once.join("\0");
    const known = merged.get(key);
    if (known === undefined) merged.set(key, { calls: once, count });
    else known.count += count;
  }
  if (generations < LEAST) return null;
  const ranked = [...merged.values()].sort((a, b) => b.count - a.count);
  const [first] = ranked;
  if (first === undefined) return null;
  if (first.count >= NEARLY_ALL * generations) return { calls: first.calls, generations, exactly: first.count };
  let common: Untrusted[] = first.calls;
  let covered = 0;
  for (const { calls, count } of ranked) {
    if (covered >= NEARLY_ALL * generations) break;
    common = commonSubsequence(common, calls);
    covered += count;
  }
  if (common.length === 0) return null;
  return { calls: common, generations, exactly: merged.get(common.join("\0"))?.count ?? 0 };
}

const LEAST = 3;
const NEARLY_ALL = 0.8;
/** Longer sequences are compared by their beginning. */
const LONGEST = 256;

/** `read read read write` and `read write` are the same behaviour: how often a buffer was filled says nothing. */
function withoutRuns(calls: readonly Untrusted[]): Untrusted[] {
  const short = calls.length > LONGEST ? calls.slice(0, LONGEST) : calls;
  return short.filter((call, at) => call !== short[at - 1]);
}

/** The longest sequence that is contained, in order, in both (the textbook table, at most 256 × 256). */
function commonSubsequence(a: readonly Untrusted[], b: readonly Untrusted[]): Untrusted[] {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] as number;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const common: Untrusted[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) {
      common.push(a[i] as Untrusted);
      i++;
      j++;
    } else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return common;
}
