import type { Untrusted } from "../../model/text.ts";

/** A member of a storm makes a handful of calls; what makes more is no short life. */
const LONGEST = 96;
/** Different sequences kept; a storm repeats one, and what comes later is not kept. */
const MOST_SEQUENCES = 4096;

/**
 * The calls of one life: a character for each, its code the number of the call. A string, because lives come by the hundred
 * thousand and nearly all have the same few calls. Null: the life was too long to keep.
 */
export type CallTrail = string | null;

/** The trail with one more call. */
export function withCall(trail: CallTrail, call: number): CallTrail {
  return trail === null || trail.length === LONGEST ? null : trail + String.fromCharCode(call);
}

/** Gives one shared array of names for all equal trails. */
export class CallSequences {
  readonly #known = new Map<string, readonly Untrusted[]>();
  readonly #nameOf: (call: number) => Untrusted;

  constructor(nameOf: (call: number) => Untrusted) {
    this.#nameOf = nameOf;
  }

  /** Null when there is nothing to tell. */
  of(trail: CallTrail): readonly Untrusted[] | null {
    if (trail === null || trail === "") return null;
    const known = this.#known.get(trail);
    if (known !== undefined || this.#known.size >= MOST_SEQUENCES) return known ?? null;
    const names = Array.from({ length: trail.length }, (_, at) => this.#nameOf(trail.charCodeAt(at)));
    this.#known.set(trail, names);
    return names;
  }
}
