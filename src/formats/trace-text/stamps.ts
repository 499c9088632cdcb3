import type { Leader } from "./leader.ts";

/** Lines of several CPUs come in nearly the order of their times; more than this is another recording, or a clock set back. */
const SET_BACK_NS = 10e9;
/** Order of lines without time, ns. */
const STEP = 1000;
/** A boot clock does not get this far (2001-09-09); trace-cmd's --date option gives seconds since 1970. */
const SINCE_1970 = 1e9;

/** Turns times of lines into nanoseconds since the first one. */
export class Stamps {
  /** ms since 1970 of time 0; null when the clock counts from somewhere else. */
  originEpochMs: number | null = null;
  /** The coarsest tick, ns; null: some line has no time in units that are known. */
  tick: number | null = 0;
  setBack = 0;
  last = 0;
  #origin: Leader | null = null;
  #shift = 0;

  next(leader: Leader): number {
    const { seconds, nanos, tick } = leader;
    if (seconds === null || tick === null) {
      this.tick = null;
      return (this.last += STEP);
    }
    if (this.tick !== null) this.tick = Math.max(this.tick, tick);
    if (this.#origin === null) {
      this.#origin = leader;
      if (seconds >= SINCE_1970) this.originEpochMs = seconds * 1000 + Math.floor(nanos / 1e6);
    }
    let ts = (seconds - (this.#origin.seconds as number)) * 1e9 + nanos - this.#origin.nanos + this.#shift;
    const back = this.last - ts;
    if (back > SET_BACK_NS) {
      this.#shift += back;
      this.setBack += back;
      ts = this.last;
    }
    this.last = Math.max(this.last, ts);
    return Math.max(0, ts);
  }
}
