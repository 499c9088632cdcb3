import type { RecordQueue } from "./record-queue.ts";

/** Takes record number `at` of a queue. */
export type RecordTaker = (queue: RecordQueue, at: number) => void;

/**
 * Hands over the records of all CPUs up to and including time `limit`, in time order (records of equal time: by CPU).
 * Works in runs: as long as one CPU is behind all others its records go without comparing again.
 */
export function takeInOrder(queues: readonly RecordQueue[], limit: number, take: RecordTaker): void {
  for (;;) {
    let first: RecordQueue | undefined;
    let firstTime = Number.POSITIVE_INFINITY;
    let next = Number.POSITIVE_INFINITY;
    for (const queue of queues) {
      const oldest = queue.oldest;
      if (oldest < firstTime) {
        next = firstTime;
        first = queue;
        firstTime = oldest;
      } else if (oldest < next) next = oldest;
    }
    if (first === undefined || firstTime > limit) return;
    const until = Math.min(next, limit);
    const { ts, tail } = first;
    let at = first.head;
    while (at < tail && (ts[at] as number) <= until) take(first, at++);
    first.head = at;
    first.settle();
  }
}

/**
 * Up to which time nothing older can still arrive. A CPU that was read to its end at `readAt` holds nothing older than
 * that but what is being written at this moment, for which `holdBack` allows; one with more to read is known up to its
 * newest record.
 */
export function releasable(queues: readonly RecordQueue[], readToEnd: readonly number[], holdBack: number): number {
  let limit = Number.POSITIVE_INFINITY;
  for (let cpu = 0; cpu < queues.length; cpu++) {
    const known = Math.max((queues[cpu] as RecordQueue).newest, (readToEnd[cpu] as number) - holdBack);
    if (known < limit) limit = known;
  }
  return limit;
}
