import type { ProcessEvent } from "../../model/events.ts";
import type { Message } from "./messages.ts";
import { BATCH, STRIDE, type Ring } from "./ring.ts";

/** Kinds of events as they stand in a batch; `other`: kinds that no log has many of go over as they are. */
export const KIND = { other: 0, fork: 1, exec: 2, exit: 3, childSignal: 4, seen: 5 } as const;
/** Kinds and sinks share a number. */
export const KINDS = 8;
export const NOTHING = -1;
export const FLAG = { thread: 1, inferred: 2, argvCut: 4, hasInferred: 8, hasArgvCut: 16 } as const;

const MOST_VALUES = 1 << 16;
const MOST_CHARACTERS = 16 << 20;

/**
 * Writes events as numbers into memory that another thread reads: sending objects would cost more than the reading. Texts are
 * sent once and then named by number; after 65,536 of them, or 16 million characters, all are forgotten.
 */
export class EventWriter {
  readonly #ring: Ring;
  readonly #send: (message: Message) => void;
  #slot = NOTHING;
  #numbers: Float64Array = new Float64Array();
  #count = 0;
  #others: ProcessEvent[] = [];
  #values: unknown[] = [];
  #kept: unknown[] = [];
  #reset = false;
  #characters = 0;
  readonly #valueNumbers = new Map<unknown, number>();
  readonly #keptNumbers = new Map<unknown, number>();

  constructor(ring: Ring, send: (message: Message) => void) {
    this.#ring = ring;
    this.#send = send;
  }

  /** Writes an event for the sink of this number. */
  write(sink: number, event: ProcessEvent): void {
    if (this.#count === BATCH) this.flush();
    if (this.#count === 0) this.#begin();
    const to = this.#numbers;
    const at = this.#count++ * STRIDE;
    const kind = this.#body(to, at, event);
    to[at] = sink * KINDS + kind;
  }

  /** Sends what has been written. */
  flush(): void {
    if (this.#count === 0) return;
    const [slot, count, others] = [this.#slot, this.#count, this.#others];
    const [values, kept, reset] = [this.#values, this.#kept, this.#reset];
    this.#ring.fill(slot);
    this.#send({ type: "events", slot, count, others, values, kept, reset });
    this.#count = 0;
    this.#others = [];
    this.#values = [];
    this.#kept = [];
    this.#reset = false;
  }

  #begin(): void {
    ({ slot: this.#slot, numbers: this.#numbers } = this.#ring.acquire());
    if (this.#valueNumbers.size < MOST_VALUES && this.#characters < MOST_CHARACTERS) return;
    this.#valueNumbers.clear();
    this.#characters = 0;
    this.#reset = true;
  }

  /** @returns its kind */
  #body(to: Float64Array, at: number, event: ProcessEvent): number {
    to[at + 1] = event.ts;
    switch (event.type) {
      case "fork":
        to[at + 2] = event.pid;
        to[at + 3] = this.#number(event.comm);
        to[at + 4] = event.child ?? NaN;
        to[at + 5] = event.childClaim ?? NaN;
        to[at + 6] =
          (event.thread ? FLAG.thread : 0) |
          (event.inferred === undefined ? 0 : FLAG.hasInferred) |
          (event.inferred === true ? FLAG.inferred : 0);
        to[at + 7] = event.line ?? NaN;
        return KIND.fork;
      case "exec":
        to[at + 2] = event.pid;
        to[at + 3] = event.ppid ?? NaN;
        to[at + 4] = this.#number(event.comm);
        to[at + 5] = this.#number(event.exe);
        to[at + 6] = this.#number(event.argv);
        to[at + 7] = event.error;
        to[at + 8] = (event.argvCut === undefined ? 0 : FLAG.hasArgvCut) | (event.argvCut === true ? FLAG.argvCut : 0);
        return KIND.exec;
      case "exit":
        to[at + 2] = event.pid;
        to[at + 3] = this.#number(event.comm);
        to[at + 4] = event.code ?? NaN;
        to[at + 5] = event.signal ?? NaN;
        to[at + 6] = event.thread ? FLAG.thread : 0;
        to[at + 7] = event.calls === undefined ? NOTHING : this.#keptNumber(event.calls);
        return KIND.exit;
      case "child-signal":
        to[at + 2] = event.pid;
        to[at + 3] = event.reaper;
        to[at + 4] = this.#number(event.reaperComm);
        to[at + 5] = event.code;
        return KIND.childSignal;
      case "seen":
        if ("threads" in event || "mountNamespace" in event || "root" in event || "rootMount" in event) break;
        to[at + 2] = event.pid;
        to[at + 3] = event.ppid ?? NaN;
        to[at + 4] = this.#number(event.comm);
        to[at + 5] = this.#number(event.exe);
        to[at + 6] = event.abi === null ? NOTHING : this.#keptNumber(event.abi);
        return KIND.seen;
      default:
    }
    this.#others.push(event);
    return KIND.other;
  }

  #number(value: string | string[] | null): number {
    if (value === null) return NOTHING;
    const known = this.#valueNumbers.get(value);
    if (known !== undefined) return known;
    const number = this.#valueNumbers.size;
    this.#valueNumbers.set(value, number);
    this.#values.push(value);
    this.#characters += typeof value === "string" ? value.length : value.reduce((sum, word) => sum + word.length, 64);
    return number;
  }

  #keptNumber(value: object): number {
    const known = this.#keptNumbers.get(value);
    if (known !== undefined) return known;
    const number = this.#keptNumbers.size;
    this.#keptNumbers.set(value, number);
    this.#kept.push(value);
    return number;
  }
}
