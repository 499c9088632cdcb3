import type { EventSink, ProcessEvent } from "../../model/events.ts";

/** Records by what they tell. */
export interface Counts {
  forks: number;
  execs: number;
  exits: number;
  /** Exit statuses and deaths by a signal. */
  ends: number;
  childSignals: number;
  /** Times of the first and the last event, ns; not finite before there is one. */
  first: number;
  last: number;
}

export function noCounts(): Counts {
  const [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  return { forks: 0, execs: 0, exits: 0, ends: 0, childSignals: 0, first, last };
}

/** Passes events on and notes what they are. */
export function counting(sink: EventSink, counts: Counts): EventSink {
  return (event: ProcessEvent) => {
    counts.first = Math.min(counts.first, event.ts);
    counts.last = Math.max(counts.last, event.ts);
    if (event.type === "fork") counts.forks++;
    else if (event.type === "exec") counts.execs++;
    else if (event.type === "child-signal") counts.childSignals++;
    else if (event.type === "exit") {
      counts.exits++;
      if (event.code !== null || event.signal !== null) counts.ends++;
    }
    sink(event);
  };
}
