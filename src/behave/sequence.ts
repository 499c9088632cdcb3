/** Runs that are kept word for word; what comes after is only hashed. */
const MOST_RUNS = 96;

/**
 * The calls of one life in their order, in bounded memory: the beginning as runs of equal steps, and two hashes of all
 * of it. `exact` counts every call; `loose` takes a run of equal steps for one, so that a loop of another length is
 * the same behaviour.
 */
export class Sequence {
  /** Steps, and how often each was made in a row. */
  readonly steps: number[] = [];
  readonly times: number[] = [];
  length = 0;
  #last = -1;
  #exact = 0x811c_9dc5;
  #exact2 = 0x9e37_79b9;
  #loose = 0x811c_9dc5;
  #loose2 = 0x9e37_79b9;

  add(step: number): void {
    this.length++;
    this.#exact = Math.imul(this.#exact ^ step, 0x0100_0193);
    this.#exact2 = Math.imul(this.#exact2 ^ (step + 0x7f4a_7c15), 0x85eb_ca6b) ^ (this.#exact2 >>> 13);
    if (step === this.#last) {
      if (this.steps.length < MOST_RUNS || this.cut === 0) (this.times[this.times.length - 1] as number)++;
      return;
    }
    this.#last = step;
    this.#loose = Math.imul(this.#loose ^ step, 0x0100_0193);
    this.#loose2 = Math.imul(this.#loose2 ^ (step + 0x7f4a_7c15), 0x85eb_ca6b) ^ (this.#loose2 >>> 13);
    if (this.steps.length < MOST_RUNS) {
      this.steps.push(step);
      this.times.push(1);
    } else this.cut++;
  }

  /** Runs after the kept ones. */
  cut = 0;

  exact(): string {
    return `${this.length}:${this.#exact}:${this.#exact2}`;
  }

  loose(): string {
    return `${this.#loose}:${this.#loose2}`;
  }
}
