import type { Untrusted } from "../../model/text.ts";

/** A member of a storm makes a handful of calls; what makes more is no short life. */
const LONGEST = 96;
/** Different sequences kept; a storm repeats one, and what comes later is not kept. */
const MOST_SEQUENCES = 4096;

/** The calls of one life, by number. */
export class CallTrail {
  #calls: number[] | null = [];

  add(call: number): void {
    const calls = this.#calls;
    if (calls === null) return;
    if (calls.length === LONGEST) this.#calls = null;
    else calls.push(call);
  }

  /** Null when the life was too long to keep. */
  get calls(): readonly number[] | null {
    return this.#calls;
  }
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
    const { calls } = trail;
    if (calls === null || calls.length === 0) return null;
    const key = String.fromCharCode(...calls);
    const known = this.#known.get(key);
    if (known !== undefined || this.#known.size >= MOST_SEQUENCES) return known ?? null;
    const names = calls.map((call) => this.#nameOf(call));
    this.#known.set(key, names);
    return names;
  }
}
