/**
 * Work cut into steps of a millisecond or a few, so that it can be done in the pauses of other work. A step that gives
 * "waiting" can go on only when the event loop has turned.
 */
export type Steps<T> = Generator<"waiting" | undefined, T, undefined>;

/** Does all of the work now. Not for work that waits. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (value === "waiting") throw new Error("work that waits cannot be done at once");
  }
}
