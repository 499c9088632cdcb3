const DAY = 86_400e9;
/** A clock of the day that goes back this far has passed midnight. */
const HALF_DAY = DAY / 2;
/** Lines within one tick are a microsecond apart, which keeps their order and means nothing. */
const STEP = 1000;

/**
 * The times that a tool prints before its lines, as nanoseconds since the first of them, never going back: times of the day, times
 * since its start or since 1970, or none at all.
 */
export class PrintedClock {
  /** ns since the first line with a time. */
  now = 0;
  /** The finest tick seen, ns; null: no line had a time. */
  tick: number | null = null;
  #first: number | null = null;
  #last: number | null = null;
  #base = 0;
  #days = 0;

  /** A time of the day in ns, printed to `tick` ns. Past midnight it is the next day's. */
  ofDay(time: number, tick: number): void {
    if (this.#last !== null && this.#last - time > HALF_DAY) this.#days++;
    this.#last = time;
    this.since(time + this.#days * DAY, tick);
  }

  /** A time since some beginning, ns. */
  since(time: number, tick: number): void {
    if (this.tick === null || tick < this.tick) this.tick = tick;
    if (this.#first === null) {
      this.#first = time;
      return;
    }
    const at = this.#base + time - this.#first;
    if (at > this.now) this.now = at;
    else this.now += this.now - at < tick - 2 * STEP ? STEP : 0;
  }

  /** A line without a time, in a log that has none: it comes after the one before. */
  order(): void {
    if (this.tick === null) this.now += STEP;
  }

  /** The tool was started anew, and its times begin again. */
  restart(): void {
    this.#base = this.now;
    this.#first = null;
    this.#last = null;
    this.#days = 0;
  }
}
