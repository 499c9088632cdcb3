import type { EventSink, ProcessEvent } from "../model/events.ts";

/**
 * Weaves events that are known at once (looked up in /proc) into a stream that comes in order but late (kernel records
 * that wait for the other CPUs), so that the sink gets all in time order.
 */
export class InOrder {
  /** Events added by `add` that have reached the sink. */
  woven = 0;
  readonly #sink: EventSink;
  #waiting: ProcessEvent[] = [];
  #next = Number.POSITIVE_INFINITY;

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  /** The next event of the late stream. */
  pass(event: ProcessEvent): void {
    if (event.ts >= this.#next) this.flush(event.ts);
    this.#sink(event);
  }

  /** An event that is known at once; its time must not be before that of the one added last. */
  add(event: ProcessEvent): void {
    this.#waiting.push(event);
    if (event.ts < this.#next) this.#next = event.ts;
  }

  /** Passes on what waits up to time `until`. */
  flush(until: number): void {
    const keep = this.#waiting.findIndex((event) => event.ts > until);
    const due = keep < 0 ? this.#waiting : this.#waiting.slice(0, keep);
    this.#waiting = keep < 0 ? [] : this.#waiting.slice(keep);
    this.#next = this.#waiting[0]?.ts ?? Number.POSITIVE_INFINITY;
    this.woven += due.length;
    for (const event of due) this.#sink(event);
  }
}
