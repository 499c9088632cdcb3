import type { EventSink, ForkEvent, ProcessEvent } from "../../model/events.ts";

/** Events held at most while something about one of them is not known yet. */
const MOST = 2048;
/** Stands for a parent, in a held fork, that is not known yet. */
export const NOT_KNOWN_YET = -1;
/** Stands for the number of a process that the log has not told yet. */
export const NO_NUMBER = 0;

/**
 * Hands events on at once, but for a while after a process turned up whose parent, or number, only a later line can tell. Then
 * all events wait, so that their order stays. What is not told in time is given up by `giveUp`.
 */
export class HeldEvents {
  readonly #sink: EventSink;
  readonly #giveUp: () => void;
  #held: ProcessEvent[] = [];
  #reasons = 0;
  /** Events handed on. */
  count = 0;

  /** @param giveUp must release every reason to wait */
  constructor(sink: EventSink, giveUp: () => void) {
    this.#sink = sink;
    this.#giveUp = giveUp;
  }

  add(event: ProcessEvent): void {
    if (this.#reasons === 0) return this.#handOn(event);
    this.#held.push(event);
    if (this.#held.length > MOST) this.#giveUp();
  }

  /** One more reason to wait. */
  wait(): void {
    this.#reasons++;
  }

  /** A reason to wait is gone. */
  release(): void {
    if (--this.#reasons > 0) return;
    this.#reasons = 0;
    const held = this.#held;
    this.#held = [];
    for (const event of held) this.#handOn(event);
  }

  /** The number of the process without one is told: held events get it. */
  number(pid: number): void {
    for (const event of this.#held) {
      if (event.type === "service") continue;
      if (event.pid === NO_NUMBER) event.pid = pid;
      if (event.type === "child-signal" && event.reaper === NO_NUMBER) event.reaper = pid;
    }
  }

  #handOn(event: ProcessEvent): void {
    if (event.type === "fork" && event.pid === NOT_KNOWN_YET) return;
    this.count++;
    this.#sink(event);
  }
}

/** A fork of which only the child is known. */
export function birthOf(child: number, ts: number, line: number): ForkEvent {
  return { type: "fork", ts, pid: NOT_KNOWN_YET, comm: "", child, childClaim: null, thread: false, line };
}
