import type { Untrusted } from "../../model/text.ts";

/** A member of a storm makes a handful of calls; what makes more is no short life. */
const LONGEST = 96;
/** Steps of all different sequences together; a storm repeats one, and what comes after so many is not kept. */
const MOST_STEPS = 1 << 16;

/**
 * The calls of one life so far: a node in the tree of all sequences, one for each step, because lives come by the hundred thousand
 * and nearly all make the same few calls. Undefined: none yet. Null: the life was too long to keep, or those before it were too
 * many different ones.
 */
export type CallTrail = CallStep | undefined | null;

/** One step of a sequence of calls. */
class CallStep {
  /** The call; -1 before the first. */
  readonly call: number;
  readonly length: number;
  readonly before: CallStep | null;
  /** Names of the calls up to here, once they were asked for. */
  names: readonly Untrusted[] | null = null;
  /** What followed last time: mostly what follows again. */
  #likely: CallStep | null = null;
  /** All that followed, when it was more than one. */
  #others: Map<number, CallStep> | null = null;

  constructor(call: number, before: CallStep | null) {
    this.call = call;
    this.before = before;
    this.length = before === null ? 0 : before.length + 1;
  }

  /** The step that follows with this call; null when it has never followed. */
  next(call: number): CallStep | null {
    const likely = this.#likely;
    if (likely === null || likely.call === call) return likely;
    const other = this.#others?.get(call) ?? null;
    if (other !== null) this.#likely = other;
    return other;
  }

  add(call: number): CallStep {
    const step = new CallStep(call, this);
    if (this.#likely !== null) (this.#others ??= new Map([[this.#likely.call, this.#likely]])).set(call, step);
    return (this.#likely = step);
  }
}

/** The sequences of calls in one log. */
export class CallSequences {
  readonly #nameOf: (call: number) => Untrusted;
  readonly #start = new CallStep(-1, null);
  #steps = 0;

  constructor(nameOf: (call: number) => Untrusted) {
    this.#nameOf = nameOf;
  }

  /** The trail with one more call. */
  with(trail: CallTrail, call: number): CallTrail {
    if (trail === null || trail?.length === LONGEST) return null;
    const step = trail ?? this.#start;
    const known = step.next(call);
    if (known !== null || this.#steps === MOST_STEPS) return known;
    this.#steps++;
    return step.add(call);
  }

  /** The names of a trail's calls, one array for all equal ones; null when there is nothing to tell. */
  of(trail: CallTrail): readonly Untrusted[] | null {
    if (trail === null || trail === undefined) return null;
    if (trail.names !== null) return trail.names;
    const names: Untrusted[] = [];
    for (let step = trail; step.before !== null; step = step.before) names.push(this.#nameOf(step.call));
    return (trail.names = names.reverse());
  }
}
