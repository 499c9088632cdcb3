import { added, EMPTY, evidenceOf, relativeHalfWidth, threshold, type Odds, type Series } from "./sequential-test.ts";

/** The hypothesis that leads at a look: the worst storm by what was seen so far. */
export interface Leader<Storm> {
  storm: Storm;
  /** Processes that it has started since the window began. */
  starts: number;
  /** How many a second while it was at it. */
  perSecond: number;
  /** Whether it is named without a doubt: its kind has nothing against it, and its file is known. */
  sure: boolean;
}

/** What is known when one looks; everything counts from the beginning of the window. */
export interface Look<Storm> {
  seconds: number;
  /** Processes started on the whole host. */
  forks: number;
  leader: Leader<Storm> | null;
}

/** Where the test stands. To be passed from look to look as it is. */
export interface Standing<Storm> {
  /** Whether the verdict is certain by now. */
  certain: boolean;
  readonly leader: Storm | null;
  /** Hypotheses that have led so far. */
  readonly hypotheses: number;
  /** Logarithm of the likelihood ratio of this one. */
  readonly evidence: number;
  /** Its starts a second, block by block. */
  readonly rates: Series;
  /** Length of a block, seconds; chosen when this hypothesis began to lead. */
  readonly blockSeconds: number;
  /** The block that is open: what was known at its beginning. */
  readonly block: { seconds: number; forks: number; starts: number };
}

/** Probability that a run ends early on a hypothesis that does not hold most of the time: the budget of one whole run. */
export const ALPHA = 0.01;
/**
 * Null hypothesis: the storm makes most forks of the host in no more than half of the blocks. Alternative: in nineteen
 * of twenty, since a look in between may come late.
 */
const ODDS: Odds = { p0: 0.5, p1: 0.95 };
/** The rate that the verdict names must be known this well (95 %). */
const PRECISION = 0.25;
/** Blocks for which that keeps a run open: a pace that still swings after them is what it is, and the count is exact. */
const BLOCKS_FOR_PRECISION = 14;
/** Seconds. A slow storm needs longer blocks; a pause of a second is a pause whatever the storm. */
const SHORTEST_BLOCK = 0.1;
const LONGEST_BLOCK = 1;
/** Looks do not come to the millisecond. */
const SLACK = 0.005;
/** Starts that a block is made long enough for, and those without which it speaks against its leader. */
const STARTS_EXPECTED = 6;
const STARTS_NEEDED = 3;
/** Least share of the host's forks: with more than half no other storm can be the worse one. */
const SHARE = 0.5;

export function beginning<Storm>(): Standing<Storm> {
  return fresh<Storm>(null, 0, SHORTEST_BLOCK, { seconds: 0, forks: 0, starts: 0 });
}

/**
 * Takes one more look into account. `same` tells whether two leaders are one storm: another one begins anew, with half of
 * the error rate that is left, so that all hypotheses of a run together stay within `ALPHA`. Pure.
 */
export function advance<Storm>(
  standing: Standing<Storm>,
  { seconds, forks, leader }: Look<Storm>,
  same: (a: Storm, b: Storm) => boolean,
): Standing<Storm> {
  const now = { seconds, forks, starts: leader?.starts ?? 0 };
  if (leader !== null && (standing.leader === null || !same(standing.leader, leader.storm)))
    return fresh(leader.storm, standing.hypotheses + 1, blockFor(leader.perSecond), now);
  if (standing.leader === null) return { ...standing, block: now };
  const { block } = standing;
  const length = seconds - block.seconds;
  const open = { ...standing, leader: leader?.storm ?? standing.leader };
  if (length < standing.blockSeconds - SLACK) return open;
  const hostForks = forks - block.forks;
  // Processes are told apart a moment after their fork, and one more chain may turn out to be of the leader's program: no
  // block holds more starts than forks.
  const starts = leader === null ? 0 : Math.min(hostForks, Math.max(0, leader.starts - block.starts));
  const speaksFor = leader !== null && leader.sure && starts >= STARTS_NEEDED && starts > SHARE * hostForks;
  const evidence = standing.evidence + evidenceOf(speaksFor, ODDS);
  const rates = added(standing.rates, starts / length);
  const precise = rates.count >= BLOCKS_FOR_PRECISION || relativeHalfWidth(rates) <= PRECISION;
  const certain = speaksFor && precise && evidence >= threshold(ALPHA / 2 ** standing.hypotheses);
  return { ...open, evidence, rates, certain, block: leader === null ? { ...now, starts: block.starts } : now };
}

/**
 * Chosen from what was before the first block, so that what comes in a block cannot choose its length; in whole tenths,
 * since looks come that often.
 */
function blockFor(perSecond: number): number {
  const tenths = Math.round((10 * STARTS_EXPECTED) / Math.max(perSecond, 1e-9)) / 10;
  return Math.min(LONGEST_BLOCK, Math.max(SHORTEST_BLOCK, tenths));
}

function fresh<Storm>(
  leader: Storm | null,
  hypotheses: number,
  blockSeconds: number,
  block: Standing<Storm>["block"],
): Standing<Storm> {
  return { certain: false, leader, hypotheses, evidence: 0, rates: EMPTY, blockSeconds, block };
}
