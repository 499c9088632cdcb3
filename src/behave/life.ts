import { Sequence } from "./sequence.ts";
import type { Program } from "./program.ts";

/** How often one process made a call, and how that went. */
export interface Tally {
  count: number;
  /** Calls that came back, and their wall time. */
  returned: number;
  ns: number;
  /** errno → count; null while there is none. */
  errors: Map<number, number> | null;
}

/** A process that lives, with the calls it has made so far. */
export class Life {
  readonly pid: number;
  program: Program | null;
  /** Whether it belongs to what is looked at; null: not known yet, because nobody saw where it came from. */
  member: boolean | null;
  /** Its birth was seen. */
  readonly whole: boolean;
  readonly system = new Sequence();
  readonly library = new Sequence();
  /** Some library call was recorded for a part of this life only. */
  libraryCut = false;
  readonly tallies = new Map<number, Tally>();

  constructor(pid: number, program: Program | null, member: boolean | null, whole: boolean) {
    this.pid = pid;
    this.program = program;
    this.member = member;
    this.whole = whole;
  }

  tally(call: number): Tally {
    let tally = this.tallies.get(call);
    if (tally === undefined) this.tallies.set(call, (tally = { count: 0, returned: 0, ns: 0, errors: null }));
    return tally;
  }
}

/** Adds what one process did to a sum. */
export function addTally(sum: Map<number, Tally>, call: number, one: Tally): void {
  const known = sum.get(call);
  if (known === undefined) {
    sum.set(call, { ...one, errors: one.errors === null ? null : new Map(one.errors) });
    return;
  }
  known.count += one.count;
  known.returned += one.returned;
  known.ns += one.ns;
  if (one.errors === null) return;
  known.errors ??= new Map();
  for (const [errno, count] of one.errors) known.errors.set(errno, (known.errors.get(errno) ?? 0) + count);
}
