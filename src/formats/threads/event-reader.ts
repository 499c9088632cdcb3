import type { Abi, EventSink, ProcessEvent } from "../../model/events.ts";
import type { Untrusted } from "../../model/text.ts";
import { FLAG, KIND, KINDS, NOTHING } from "./event-writer.ts";
import type { Message } from "./messages.ts";
import { STRIDE } from "./ring.ts";

type Batch = Extract<Message, { type: "events" }>;

/** Makes events of what an `EventWriter` of another thread has written. */
export class EventReader {
  #values: unknown[] = [];
  readonly #kept: unknown[] = [];

  /** Hands the events of a batch to the sinks that they are for. */
  read(numbers: Float64Array, batch: Batch, sinks: readonly EventSink[]): void {
    if (batch.reset) this.#values = [];
    for (const value of batch.values) this.#values.push(value);
    for (const value of batch.kept) this.#kept.push(value);
    let other = 0;
    for (let event = 0; event < batch.count; event++) {
      const at = event * STRIDE;
      const head = numbers[at] as number;
      const kind = head % KINDS;
      const sink = sinks[(head - kind) / KINDS];
      sink?.(kind === KIND.other ? (batch.others[other++] as ProcessEvent) : this.#event(kind, numbers, at));
    }
  }

  #event(kind: number, from: Float64Array, at: number): ProcessEvent {
    const ts = from[at + 1] as number;
    const pid = from[at + 2] as number;
    switch (kind) {
      case KIND.fork: {
        const comm = this.#text(from[at + 3]);
        const child = orNull(from[at + 4]);
        const childClaim = orNull(from[at + 5]);
        const flags = from[at + 6] as number;
        const thread = (flags & FLAG.thread) !== 0;
        const line = orNull(from[at + 7]);
        if ((flags & FLAG.hasInferred) !== 0) {
          const inferred = (flags & FLAG.inferred) !== 0;
          const fork = { type: "fork", ts, pid, comm, child, childClaim, thread, inferred } as const;
          return line === null ? fork : { ...fork, line };
        }
        if (line === null) return { type: "fork", ts, pid, comm, child, childClaim, thread };
        return { type: "fork", ts, pid, comm, child, childClaim, thread, line };
      }
      case KIND.exec: {
        const ppid = orNull(from[at + 3]);
        const comm = this.#text(from[at + 4]);
        const exe = this.#text(from[at + 5]);
        const argv = from[at + 6] === NOTHING ? null : (this.#values[from[at + 6] as number] as Untrusted[]);
        const error = from[at + 7] as number;
        const flags = from[at + 8] as number;
        if ((flags & FLAG.hasArgvCut) === 0) return { type: "exec", ts, pid, ppid, comm, exe, argv, error };
        const argvCut = (flags & FLAG.argvCut) !== 0;
        return { type: "exec", ts, pid, ppid, comm, exe, argv, argvCut, error };
      }
      case KIND.exit: {
        const comm = this.#text(from[at + 3]);
        const code = orNull(from[at + 4]);
        const signal = orNull(from[at + 5]);
        const thread = from[at + 6] === FLAG.thread;
        if (from[at + 7] === NOTHING) return { type: "exit", ts, pid, comm, code, signal, thread };
        const calls = this.#kept[from[at + 7] as number] as readonly Untrusted[];
        return { type: "exit", ts, pid, comm, code, signal, thread, calls };
      }
      case KIND.childSignal: {
        const reaper = from[at + 3] as number;
        const reaperComm = this.#text(from[at + 4]);
        return { type: "child-signal", ts, pid, reaper, reaperComm, code: from[at + 5] as number };
      }
      default: {
        const ppid = orNull(from[at + 3]);
        const comm = this.#text(from[at + 4]);
        const exe = from[at + 5] === NOTHING ? null : this.#text(from[at + 5]);
        const abi = from[at + 6] === NOTHING ? null : (this.#kept[from[at + 6] as number] as Abi);
        return { type: "seen", ts, pid, ppid, comm, exe, abi };
      }
    }
  }

  #text(number: number | undefined): Untrusted {
    return this.#values[number as number] as Untrusted;
  }
}

function orNull(number: number | undefined): number | null {
  return number === undefined || Number.isNaN(number) ? null : number;
}
