import type { RollingRow } from "../derive/rolling.ts";

/** What a reaper was charged for (CPUs), and whether the kernel charges it at all. */
export interface Charged {
  cpus: number;
  ignoresSigchld: boolean;
}

export interface RowCpu {
  cpus: number | null;
  cpusBound: "exact" | "upper" | "lower" | null;
}

const UNKNOWN: RowCpu = { cpus: null, cpusBound: null };
/** Part of the dead that a reaper must have been handed, for its account to stand for all of them, and for most. */
const NEARLY_ALL = 0.98;
const MOST = 0.5;
/** What others may have used of a reaper's account before the account is only an upper bound. */
const OTHERS = 0.1;
/** A step of the account is 10 ms. */
const STEP_SECONDS = 0.01;

/**
 * What the dead of each row have used. A process that waits for a child is charged for all that the child and those it
 * waited for have used. The account is a row's own when nobody else's dead went to the same reaper, or so few that all
 * of their lifetimes hardly matter; else it is an upper bound, as it is where one died that had run before the window.
 * `all` are the rows of the whole host, whichever of them are asked about; `charges` those of reapers that live.
 */
export function rowCpus(
  rows: readonly RollingRow[],
  all: readonly RollingRow[],
  charges: ReadonlyMap<number, Charged>,
  seconds: number,
): Map<RollingRow, RowCpu> {
  const lived = livedByReaper(all);
  return new Map(rows.map((row) => [row, rowCpu(row, lived, charges, seconds)]));
}

/** Sum of the lifetimes (ns) of the dead that each reaper was handed. */
function livedByReaper(rows: readonly RollingRow[]): Map<number, number> {
  const lived = new Map<number, number>();
  for (const { reapers, livedNs, ends } of rows) {
    for (const { pid, count } of reapers) {
      // Of those that had run before nobody knows how much they bring.
      const brings = ends.old > 0 ? Number.POSITIVE_INFINITY : livedOf(count, ends.total, livedNs);
      lived.set(pid, (lived.get(pid) ?? 0) + brings);
    }
  }
  return lived;
}

function livedOf(count: number, total: number, livedNs: number): number {
  return total === 0 ? 0 : Math.min(1, count / total) * livedNs;
}

function rowCpu(
  row: RollingRow,
  lived: ReadonlyMap<number, number>,
  charges: ReadonlyMap<number, Charged>,
  seconds: number,
): RowCpu {
  const reaper = row.reapers.find(({ pid }) => charges.has(pid));
  const charge = reaper === undefined ? undefined : charges.get(reaper.pid);
  if (reaper === undefined || charge === undefined || charge.ignoresSigchld) return UNKNOWN;
  // Some of the dead are told to two: to a parent that dies before it waits, and then to whoever inherits them.
  const share = row.ends.total === 0 ? 0 : Math.min(1, reaper.count / row.ends.total);
  if (share < MOST) return UNKNOWN;
  const used = charge.cpus * seconds;
  if (used < STEP_SECONDS / 2) return { cpus: 0, cpusBound: "exact" };
  const others = ((lived.get(reaper.pid) ?? 0) - livedOf(reaper.count, row.ends.total, row.livedNs)) / 1e9;
  const alone = row.ends.old === 0 && others <= used * OTHERS;
  // A member that dies without having waited leaves its dead, and their account, to the reaper of all.
  const complete = share >= NEARLY_ALL || row.copies >= MOST;
  if (alone) return { cpus: charge.cpus, cpusBound: complete ? "exact" : "lower" };
  return complete ? { cpus: charge.cpus, cpusBound: "upper" } : UNKNOWN;
}
