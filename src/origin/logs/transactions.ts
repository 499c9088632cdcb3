import type { Untrusted } from "../../model/text.ts";
import type { Moments } from "../moments.ts";
import type { Place, Telling } from "../told.ts";

/** Actions further apart belong to two runs of the package manager. */
const APART_MS = 60_000;
const NAMED = 5;

/** Gathers what a package log tells of other packages near a moment: one event for each run of the manager. */
export class Transactions {
  readonly #telling: Telling;
  readonly #moments: Moments;
  #open: { from: number; to: number; names: Set<Untrusted>; place: Place } | null = null;

  constructor(telling: Telling, moments: Moments) {
    this.#telling = telling;
    this.#moments = moments;
  }

  add(ms: number, name: Untrusted, place: Place): void {
    if (!this.#moments.near(ms)) return;
    if (this.#open !== null && Math.abs(ms - this.#open.to) <= APART_MS) {
      this.#open.to = ms;
      // A forged log may name any number.
      if (this.#open.names.size < 100_000) this.#open.names.add(name);
      return;
    }
    this.end();
    this.#open = { from: ms, to: ms, names: new Set([name]), place };
  }

  end(): void {
    if (this.#open === null) return;
    const { from, to, names, place } = this.#open;
    this.#open = null;
    const args = { count: names.size, packages: [...names].slice(0, NAMED) };
    this.#telling.event(from, "around", "origin.other-packages", args, place, to === from ? null : to);
  }
}
