import type { Abi, EventSink, ProcessEvent } from "../model/events.ts";
import type { Untrusted } from "../model/text.ts";
import { Code, EVENT_TYPES, EXEC_CUT, MAX_TEXT_UNITS, MAX_TEXTS, WHOLE_TIME, WITH_PLACE } from "./event-layout.ts";

/** The bytes are no events: the file is damaged, or somebody made it so. */
export class DamagedEvents extends Error {}

const PLACED: Record<number, "seen" | "image" | undefined> = { [WITH_PLACE.seen]: "seen", [WITH_PLACE.image]: "image" };

/** A day more than a capture can last, in ns: times beyond it are damage, and would make summaries by second grow without end. */
const MAX_TIME = 90_000e9;

/** Reads back what `EventEncoder` wrote, one block after another; a block holds whole events. */
export class EventDecoder {
  /** Events passed on so far. */
  events = 0;
  readonly #sink: EventSink;
  #block: Buffer = Buffer.alloc(0);
  #at = 0;
  #ts = 0;
  #units = 0;
  #texts: Untrusted[] = [];

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  /** Time of the last event, ns. */
  get lastTs(): number {
    return this.#ts;
  }

  /** Passes on the events of one block. Throws `DamagedEvents`; what came before the damage has been passed on. */
  block(bytes: Buffer): void {
    this.#block = bytes;
    this.#at = 0;
    while (this.#at < bytes.length) {
      const event = this.#event();
      this.events++;
      this.#sink(event);
    }
  }

  #event(): ProcessEvent {
    if (this.#texts.length >= MAX_TEXTS || this.#units >= MAX_TEXT_UNITS) {
      this.#texts = [];
      this.#units = 0;
    }
    const head = this.#byte();
    const number = head & ~WHOLE_TIME;
    const placed = PLACED[number];
    const type = placed ?? (number === EXEC_CUT ? "exec" : EVENT_TYPES[number]);
    const time = this.#number();
    if (time === null || time === undefined) throw new DamagedEvents("an event without a time");
    const ts = (head & WHOLE_TIME) === 0 ? this.#ts + time : time;
    if (!(Math.abs(ts) <= MAX_TIME)) throw new DamagedEvents("a time beyond every capture");
    this.#ts = ts;
    if (type === "service") {
      this.#integerOrNull();
      return { type, ts, unit: this.#text(), action: this.#flag() ? "start" : "stop", ok: this.#flag() };
    }
    const pid = this.#integer();
    switch (type) {
      case "fork": {
        const comm = this.#text();
        const child = this.#integerOrNull();
        return { type, ts, pid, comm, child, childClaim: this.#integerOrNull(), thread: this.#flag() };
      }
      case "exec": {
        const ppid = this.#integerOrNull();
        const comm = this.#text();
        const exe = this.#text();
        const cut = number === EXEC_CUT ? { argvCut: true } : {};
        return { type, ts, pid, ppid, comm, exe, argv: this.#argv(), ...cut, error: this.#integer() };
      }
      case "fork-failed":
        return { type, ts, pid, comm: this.#text(), error: this.#integer() };
      case "exit": {
        const comm = this.#text();
        const code = this.#integerOrNull();
        return { type, ts, pid, comm, code, signal: this.#integerOrNull(), thread: this.#flag() };
      }
      case "child-signal":
        return { type, ts, pid, reaper: this.#integer(), reaperComm: this.#text(), code: this.#integer() };
      case "seen": {
        const ppid = this.#integerOrNull();
        const comm = this.#text();
        const exe = this.#textOrNull();
        const abi = this.#abi();
        const threads = this.#integers();
        const event = { type, ts, pid, ppid, comm, exe, abi, ...(threads === undefined ? {} : { threads }) };
        if (placed === undefined) return event;
        const mountNamespace = this.#textOrAbsent();
        const root = this.#textOrAbsent();
        const rootMount = this.#textOrAbsent();
        return {
          ...event,
          ...(mountNamespace === undefined ? {} : { mountNamespace }),
          ...(root === undefined ? {} : { root }),
          ...(rootMount === undefined ? {} : { rootMount }),
        };
      }
      case "image": {
        const comm = this.#text();
        const exe = this.#text();
        const mountNamespace = this.#textOrNull();
        const event = { type, ts, pid, comm, exe, mountNamespace, bits: this.#bits() };
        if (placed === undefined) return event;
        const root = this.#textOrAbsent();
        const rootMount = this.#textOrAbsent();
        const cgroup = this.#textOrAbsent();
        if (root === null) throw new DamagedEvents("a text is missing");
        return {
          ...event,
          ...(root === undefined ? {} : { root }),
          ...(rootMount === undefined ? {} : { rootMount }),
          ...(cgroup === undefined ? {} : { cgroup }),
        };
      }
      default:
        throw new DamagedEvents(`no event has the number ${number}`);
    }
  }

  #abi(): Abi | null {
    const machine = this.#textOrNull();
    const bits = this.#bits();
    return machine === null || bits === null ? null : { machine, bits };
  }

  #bits(): 32 | 64 | null {
    const bits = this.#integerOrNull();
    if (bits !== null && bits !== 32 && bits !== 64) throw new DamagedEvents("neither 32 nor 64 bits");
    return bits;
  }

  #byte(): number {
    const byte = this.#block[this.#at++];
    if (byte === undefined) throw new DamagedEvents("an event that breaks off");
    return byte;
  }

  #flag(): boolean {
    return this.#byte() === 1;
  }

  #number(): number | null | undefined {
    const first = this.#byte();
    if (first < Code.two) return first;
    switch (first) {
      case Code.two:
        return this.#block.readUInt16LE(this.#skip(2));
      case Code.four:
        return this.#block.readUInt32LE(this.#skip(4));
      case Code.double:
        return this.#block.readDoubleLE(this.#skip(8));
      case Code.none:
        return null;
      case Code.absent:
        return undefined;
      default:
        throw new DamagedEvents(`no number begins with ${first}`);
    }
  }

  /** Where the next `bytes` begin. */
  #skip(bytes: number): number {
    const at = this.#at;
    if (at + bytes > this.#block.length) throw new DamagedEvents("an event that breaks off");
    this.#at = at + bytes;
    return at;
  }

  #integerOrNull(): number | null {
    const value = this.#number();
    if (value !== null && !Number.isSafeInteger(value)) throw new DamagedEvents("a number that is none");
    return value as number | null;
  }

  #integer(): number {
    const value = this.#integerOrNull();
    if (value === null) throw new DamagedEvents("a number is missing");
    return value;
  }

  /** A length of something of which each item takes at least `size` bytes: so it cannot promise more than there is. */
  #length(size: number): number | null | undefined {
    const value = this.#number();
    if (value === null || value === undefined) return value;
    if (!Number.isSafeInteger(value) || value < 0 || value * size > this.#block.length - this.#at)
      throw new DamagedEvents("a list or text longer than its file");
    return value;
  }

  #integers(): number[] | undefined {
    const length = this.#length(1);
    return length === null || length === undefined ? undefined : Array.from({ length }, () => this.#integer());
  }

  #argv(): Untrusted[] | null {
    const length = this.#length(1);
    return length === null || length === undefined ? null : Array.from({ length }, () => this.#text());
  }

  #text(): Untrusted {
    const text = this.#textOrNull();
    if (text === null) throw new DamagedEvents("a text is missing");
    return text;
  }

  #textOrAbsent(): Untrusted | null | undefined {
    if (this.#block[this.#at] !== Code.absent) return this.#textOrNull();
    this.#at++;
    return undefined;
  }

  #textOrNull(): Untrusted | null {
    const id = this.#integerOrNull();
    if (id === null) return null;
    const known = this.#texts[id];
    if (known !== undefined) return known;
    const length = id === this.#texts.length ? this.#length(2) : undefined;
    if (length === null || length === undefined) throw new DamagedEvents(`text ${id} was never written`);
    const at = this.#skip(length * 2);
    const text = this.#block.toString("utf16le", at, at + length * 2);
    this.#texts.push(text);
    this.#units += length;
    return text;
  }
}
