import type { Leader } from "./leader.ts";
import { TIME } from "./leader.ts";

const DAY = 86_400;
/** A clock of the day that goes back this far has passed midnight. */
const HALF_DAY = DAY / 2;
/** Lines of several processes are written in nearly the order of their times; more than this is a clock set back. */
const SET_BACK = 10;
/** Order of lines that have no time, or the same second. */
const STEP = 1000;

/**
 * Turns the times of lines into nanoseconds since the first line, never going back. Lines without time are one microsecond apart:
 * that keeps their order and means nothing. So are lines within one tick of a clock of whole seconds.
 */
export class TraceClock {
  /** ms since 1970 of the first line; null where only the time of day, or none, is told. */
  originEpochMs: number | null = null;
  /** Nanoseconds a tick of the stamps: 1e9 for -t, 1000 for -tt; null: the lines have no times. */
  tick: number | null = null;
  /** Seconds by which the clock was set back, all steps together. */
  setBack = 0;
  /** Now, ns since the first line. */
  now = 0;
  #origin = 0;
  #originNanos = 0;
  #kind = 0;
  #days = 0;
  #lastSeconds = 0;
  #relative = 0;

  /** Takes the leader of the next line. @returns `now` */
  advance(leader: Leader): number {
    if (leader.time === TIME.none) {
      if (this.tick === null) this.now = this.now === Number.NEGATIVE_INFINITY ? 0 : this.now + STEP;
      return this.now === Number.NEGATIVE_INFINITY ? 0 : this.now;
    }
    if (this.#kind === 0) this.#begin(leader);
    let time: number;
    if (leader.time === TIME.relative) {
      this.#relative += leader.seconds * 1e9 + leader.nanos;
      time = this.#relative;
    } else {
      let seconds = leader.seconds + this.#days;
      const back = this.#lastSeconds - seconds;
      if (back > SET_BACK) {
        const step = leader.time === TIME.clock && back > HALF_DAY ? DAY : back;
        if (step !== DAY) this.setBack += step;
        this.#days += step;
        seconds += step;
      }
      this.#lastSeconds = seconds;
      time = (seconds - this.#origin) * 1e9 + leader.nanos - this.#originNanos;
    }
    if (this.tick === 1e9) time = Math.max(time, Math.min(this.now + STEP, time + 1e9 - STEP));
    if (time > this.now) this.now = time;
    return this.now;
  }

  /** Another file of the same set begins: its times may lie before those of the file before, even before the first line. */
  restart(): void {
    this.#days = 0;
    this.#lastSeconds = Number.NEGATIVE_INFINITY;
    this.#relative = 0;
    this.now = Number.NEGATIVE_INFINITY;
  }

  #begin(leader: Leader): void {
    this.#kind = leader.time;
    this.tick = leader.digits === 0 ? 1e9 : 10 ** Math.max(0, 9 - leader.digits);
    if (leader.time === TIME.relative) return;
    this.#origin = leader.seconds;
    this.#originNanos = leader.nanos;
    this.#lastSeconds = leader.seconds;
    if (leader.time === TIME.epoch) this.originEpochMs = leader.seconds * 1000 + Math.floor(leader.nanos / 1e6);
  }
}
