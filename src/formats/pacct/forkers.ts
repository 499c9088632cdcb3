import type { Timed } from "./timeline.ts";

/** Of each program, so many of the last dead may have forked an orphan. */
const KEPT = 64;
const MOST_NAMES = 4096;
/** Times within a second are not known, so a parent that ended when its child began may seem this far away from it, ns. */
const NEAR = 1.5e9;
const NUMBERS = 1 << 22;

/**
 * Works out who forked an orphan. Its record names who was handed it. A process that never executed anything (AFORK) bears its
 * parent's name; its parent is dead; and numbers are given out in sequence. So it is the dead one of the same name with the
 * next lower number, if that one ended when the orphan began. Where several of that name lived at a time nothing can be told.
 */
export class Forkers {
  readonly #dead = new Map<string, Timed[]>();

  /** The process that forked an orphan that began at its `start`, or null. */
  of({ record, start }: Timed): Timed | null {
    const dead = this.#dead.get(record.comm);
    if (dead === undefined || livedTogether(dead)) return null;
    let best: Timed | null = null;
    let least = Number.POSITIVE_INFINITY;
    for (const other of dead) {
      const distance = (record.pid - other.record.pid + NUMBERS) % NUMBERS;
      if (distance === 0 || distance >= least || Math.abs(other.end - start) > NEAR) continue;
      least = distance;
      best = other;
    }
    return best;
  }

  /** A process has ended; in the order of the ends. */
  ended(timed: Timed): void {
    const { comm } = timed.record;
    const dead = this.#dead.get(comm);
    if (dead === undefined) {
      if (this.#dead.size >= MOST_NAMES) this.#dead.clear();
      this.#dead.set(comm, [timed]);
    } else {
      if (dead.length >= KEPT) dead.shift();
      dead.push(timed);
    }
  }
}

/** Whether they lived longer, taken together, than the time in which they ended: then not one after the other. */
function livedTogether(dead: readonly Timed[]): boolean {
  const [first] = dead;
  const last = dead.at(-1);
  if (first === undefined || last === undefined) return false;
  const lived = dead.reduce((sum, { record }) => sum + record.lived, 0) * 1e9;
  return lived > last.end - first.end + NEAR;
}
