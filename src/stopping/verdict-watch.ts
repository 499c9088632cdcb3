import { imageKey, type Derived } from "../derive/index.ts";
import { detect } from "../detect/index.ts";
import type { Finding, Known } from "../detect/types.ts";
import type { Nanoseconds } from "../model/events.ts";
import { advance, beginning, type Leader } from "./rule.ts";

/** The newest event is older than this where nothing happens: then the clock tells how far the window has come, seconds. */
const AGE_OF_EVENTS = 0.1;
const LOOKS_A_SECOND = 10;
/** A stream that says nothing for longer leaves that time out: a look for each tenth of an hour helps nobody. */
const MOST_LOOKS_AT_ONCE = 100;

/**
 * Watches a run and tells whether its verdict is certain. It looks at each tenth of a second of the events' own time,
 * however late and in whatever handfuls they come: a pause of this program is no pause of the storm.
 */
export class VerdictWatch {
  readonly #known: Known;
  readonly #derived: () => Derived;
  readonly #onLeader: (worst: Finding) => void;
  #standing = beginning<Finding>();
  /** Looks made. */
  #looks = 0;

  /**
   * `derived` gives the sums so far. `onLeader` is told the worst storm at each look, once it is named without a doubt.
   */
  constructor(known: Known, derived: () => Derived, onLeader: (worst: Finding) => void = () => undefined) {
    this.#known = known;
    this.#derived = derived;
    this.#onLeader = onLeader;
  }

  /** To be called before an event is counted, with its time in nanoseconds since the window began. */
  before(ts: Nanoseconds): void {
    if (ts * LOOKS_A_SECOND >= (this.#looks + 1) * 1e9) this.#lookUntil(ts / 1e9);
  }

  /** Whether the verdict is certain `seconds` after the window began. */
  isCertain(seconds: number): boolean {
    this.#lookUntil(seconds - AGE_OF_EVENTS);
    return this.#standing.certain;
  }

  #lookUntil(seconds: number): void {
    const looks = Math.floor(seconds * LOOKS_A_SECOND);
    this.#looks = Math.max(this.#looks, looks - MOST_LOOKS_AT_ONCE);
    // What is certain stays so: the run is about to end.
    while (this.#looks < looks && !this.#standing.certain) this.#look(++this.#looks / LOOKS_A_SECOND);
  }

  #look(seconds: number): void {
    const derived = this.#derived();
    const worst = detect(derived, this.#known, seconds).findings.find((finding) => !finding.benign);
    const leader = worst === undefined ? null : leaderOf(worst);
    if (leader?.sure === true) this.#onLeader(leader.storm);
    this.#standing = advance(this.#standing, { seconds, forks: derived.forks, leader }, isSameStorm);
  }
}

function leaderOf(finding: Finding): Leader<Finding> {
  const { starts, perSecond, confidence, subject } = finding;
  return { storm: finding, starts, perSecond, sure: confidence === "high" && subject.image.exe !== null };
}

/**
 * Findings are made anew at each look. The families that they are about stay, also when their program gets its name; those
 * that turn out to be of one program are summed up anew each time, under the same name.
 */
function isSameStorm(a: Finding, b: Finding): boolean {
  if (a.kind !== b.kind) return false;
  const names = new Set(b.covers.map(nameOf));
  return a.covers.some((family) => b.covers.includes(family) || names.has(nameOf(family)));
}

function nameOf({ image, spawnerImage }: Finding["subject"]): string {
  return `${spawnerImage === null ? "" : imageKey(spawnerImage)}\0${imageKey(image)}`;
}
