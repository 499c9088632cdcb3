import type { EventSink, ProcessEvent } from "../../model/events.ts";

/** Within one moment beginnings come before ends. */
export const RANK = { begins: 0, ends: 1 } as const;

interface Entry {
  ts: number;
  rank: number;
  order: number;
  events: readonly ProcessEvent[];
}

/** Puts events that are found in the order of ends into the order of time: a binary heap. */
export class EventQueue {
  readonly #heap: Entry[] = [];
  readonly #sink: EventSink;
  #order = 0;
  #now = 0;
  /** Events handed on. */
  count = 0;

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  /** Events of one moment, in their order; `ts` of each is filled in when it is handed on. */
  add(ts: number, rank: number, events: readonly ProcessEvent[]): void {
    const entry = { ts, rank, order: this.#order++, events };
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const above = heap[up] as Entry;
      if (before(above, entry)) break;
      heap[at] = above;
      at = up;
    }
    heap[at] = entry;
  }

  /** Hands on all events up to a time. */
  handOn(until: number): void {
    for (let first = this.#heap[0]; first !== undefined && first.ts <= until; first = this.#heap[0]) {
      this.#takeFirst();
      this.#now = Math.max(this.#now, first.ts);
      for (const event of first.events) {
        event.ts = this.#now;
        this.count++;
        this.#sink(event);
      }
    }
  }

  #takeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      const right = child + 1;
      if (right < heap.length && before(heap[right] as Entry, heap[child] as Entry)) child = right;
      if (before(last, heap[child] as Entry)) break;
      heap[at] = heap[child] as Entry;
      at = child;
    }
    heap[at] = last;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.ts !== b.ts ? a.ts < b.ts : a.rank !== b.rank ? a.rank < b.rank : a.order < b.order;
}
