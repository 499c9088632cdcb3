import type { Absence, Witness } from "../../model/hidden.ts";
import { identityIn, type Identity } from "./identity.ts";

/** One life that was missing where it should have been seen, and not only once. */
export interface Suspect extends Identity {
  /** Rounds in a row in which it was missing. */
  rounds: number;
  seenBy: Set<Witness>;
  missingFrom: Set<Absence>;
}

/** What one round saw. */
export interface Sight {
  /** Ticks after boot before the first list was taken. */
  beganTicks: number;
  /** /proc as every tool lists it, before and after the witnesses were asked. */
  before: ReadonlySet<number>;
  after: ReadonlySet<number>;
  told: ReadonlyMap<number, ReadonlySet<Witness>>;
  /** Procfs to look numbers up in: the tool's own where there is one, and everybody's. */
  own: string | null;
}

/**
 * Keeps those that are missing round after round. In one round a process is missing from the list when it was born before
 * the first list was begun, lives (same number, same start) after the last one has been read, and is in neither: what comes
 * and goes meanwhile is never counted, however fast. A thread is a process's own number's business, and a dying one nobody's.
 */
export class Suspects {
  #known = new Map<string, Suspect>();

  /** Takes in a round; those not missing in it are cleared. */
  round(sight: Sight): void {
    const now = new Map<string, Suspect>();
    const numbers = new Map(sight.told);
    for (const suspect of this.#known.values())
      if (!numbers.has(suspect.process)) numbers.set(suspect.process, new Set());
    for (const [number, witnesses] of numbers) {
      const found = missing(number, sight);
      if (found === null) continue;
      const { identity, absences } = found;
      const key = `${identity.process} ${identity.startTicks}`;
      const same = now.get(key) ?? this.#known.get(key);
      const suspect = same ?? { ...identity, rounds: 0, seenBy: new Set(), missingFrom: new Set() };
      if (!now.has(key)) suspect.rounds++;
      for (const witness of witnesses) suspect.seenBy.add(witness);
      for (const absence of absences) suspect.missingFrom.add(absence);
      now.set(key, suspect);
    }
    this.#known = now;
  }

  /** Those missing in at least so many rounds in a row, by number. */
  confirmed(rounds: number): Suspect[] {
    return [...this.#known.values()].filter((one) => one.rounds >= rounds).sort((a, b) => a.process - b.process);
  }

  /** Whether some would still have to be seen again before anything can be said of them. */
  pending(rounds: number): boolean {
    return [...this.#known.values()].some((one) => one.rounds < rounds);
  }
}

/** Clock ticks that a start time may be off; births within them are not judged. */
const MARGIN_TICKS = 2;

function missing(
  number: number,
  { beganTicks, before, after, own }: Sight,
): { identity: Identity; absences: Absence[] } | null {
  const everyone = identityIn("/proc", number);
  const listed = before.has(number) && after.has(number);
  if (everyone !== null && (listed || before.has(number) || after.has(number))) return null;
  const task = everyone ?? (own === null ? null : identityIn(own, number));
  if (task === null) return null;
  // A thread is rightly in no list; its process is judged by its own number.
  const identity = task.process === number ? task : leader(task.process, own);
  if (identity === null || identity.startTicks + MARGIN_TICKS > beganTicks) return null;
  const absences: Absence[] = [];
  if (!before.has(identity.process) && !after.has(identity.process)) absences.push("listing");
  if (identityIn("/proc", identity.process) === null) absences.push("lookup");
  if (absences.length === 0) return null;
  // Read last: it lives after all that it is missing from has been read, or it died meanwhile.
  const still = leader(identity.process, own);
  return still === null || still.startTicks !== identity.startTicks ? null : { identity, absences };
}

function leader(pid: number, own: string | null): Identity | null {
  const found = (own === null ? null : identityIn(own, pid)) ?? identityIn("/proc", pid);
  return found === null || found.process !== pid ? null : found;
}
