import type { Untrusted } from "../model/text.ts";
import type { DurationCounts } from "./distribution.ts";
import { starts, type Actor, type Family } from "./family.ts";

/** Who was handed dead processes of a family, and how many. */
export interface ReaperCount {
  pid: number;
  comm: Untrusted;
  count: number;
}

/** What a family did between two looks. */
export interface Stretch {
  starts: number;
  /** Of the starts, those of processes that went on with their parent's program. */
  replicas: number;
  ended: number;
  ok: number;
  failed: number;
  signalled: number;
  lifetimes: DurationCounts;
  reapers: ReaperCount[];
  /** The process that spawned most of them; null when none was. */
  spawner: Actor | null;
}

/** Reads off what families have done since the last look, and empties what they hold of it. */
export class Ledgers {
  readonly #before = new WeakMap<Family, { starts: number; replicas: number; ended: number }>();

  /** Null when nothing has happened in it. */
  take(family: Family): Stretch | null {
    let before = this.#before.get(family);
    if (before === undefined) this.#before.set(family, (before = { starts: 0, replicas: 0, ended: 0 }));
    const started = starts(family);
    if (started === before.starts && family.ended === before.ended && family.replicas === before.replicas) return null;
    const stretch: Stretch = {
      starts: started - before.starts,
      replicas: family.replicas - before.replicas,
      ended: family.ended - before.ended,
      ...takeEndings(family),
      lifetimes: family.lifetime.drain(),
      reapers: family.reapers.drain().map(({ value, count }) => ({ ...value, count })),
      spawner: family.spawners.drain()[0]?.value ?? null,
    };
    before.starts = started;
    before.replicas = family.replicas;
    before.ended = family.ended;
    return stretch;
  }
}

/** Ends by what they tell of success; those that the source does not explain are in `ended` alone. */
function takeEndings(family: Family): Pick<Stretch, "ok" | "failed" | "signalled"> {
  const sums = { ok: 0, failed: 0, signalled: 0 };
  for (const { code, signal, count } of family.endings.values()) {
    if (signal !== null) sums.signalled += count;
    else if (code === 0) sums.ok += count;
    else if (code !== null) sums.failed += count;
  }
  family.endings.clear();
  family.lastEnding = null;
  return sums;
}
