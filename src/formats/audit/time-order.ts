import type { EventSink, ProcessEvent } from "../../model/events.ts";

const WINDOW = 256;
const RING = 512;
const OF = 4096;
const BATCH = 256;
/** Events this far behind what has been handed on, so many in a row, mean that the clock was set back. */
const STEP_MS = 10_000;
const STEP_EVENTS = 64;

/**
 * Hands events on in time order. Audit stamps a record with the time its call *began* and writes it when the call *ends*: the
 * vfork of a shell comes after the exec and even the exit of its child, with an earlier time. So the newest 256 events
 * are held and sorted; one that comes later still takes the time of the last event handed on.
 */
export class TimeOrder {
  readonly #open: () => EventSink;
  #sink: EventSink | null = null;
  readonly #events: (ProcessEvent | null)[] = Array.from({ length: RING }, () => null);
  /** Time in ms (after `#shift`) and serial of each held event: its place in the order. */
  readonly #times = new Float64Array(RING);
  readonly #serials = new Float64Array(RING);
  /** PID of each held event that a fork may have to precede, else -1. */
  readonly #pids = new Int32Array(RING);
  /** How many held events are of a process whose number ends in these bits: mostly none, and then a fork need not look for them. */
  readonly #heldOf = new Uint16Array(OF);
  #released: ProcessEvent[] = [];
  #head = 0;
  #tail = 0;
  #origin = Number.NaN;
  #handedOn = Number.NEGATIVE_INFINITY;
  #shift = 0;
  #behind = 0;
  /** Events handed on. */
  count = 0;
  /** Events that came too late for their time. */
  late = 0;
  /** Milliseconds by which the clock was set back, all steps together. */
  setBackMs = 0;

  /** @param open gives the sink when the first event is handed on */
  constructor(open: () => EventSink) {
    this.#open = open;
  }

  /** Sets time 0: ms since 1970 of the host's first record. */
  begin(ms: number): void {
    this.#origin = ms;
  }

  /**
   * Takes an event of this time and serial, after those already taken of the same time and serial. Fills in `event.ts`.
   * @param pid the process it tells of, or -1 when it is a fork or tells of none
   */
  add(event: ProcessEvent, pid: number, ms: number, serial: number): void {
    const time = this.#clamp(ms);
    let at = this.#tail;
    while (at > this.#head) {
      const before = (at - 1) & (RING - 1);
      const other = this.#times[before] as number;
      if (other < time || (other === time && (this.#serials[before] as number) <= serial)) break;
      this.#move(before, at & (RING - 1));
      at--;
    }
    this.#put(at, event, pid, time, serial);
  }

  /**
   * As `add` for a fork and the `seen` event before it, but before what the child did within the same tick (the kernel's clock
   * for audit moves in steps of 1 to 10 ms): with two CPUs the child's first records are often written before the parent's.
   */
  addFork(seen: ProcessEvent, fork: ProcessEvent, child: number, ms: number, serial: number): void {
    const time = this.#clamp(ms);
    let place = serial;
    const first = this.#heldOf[child & (OF - 1)] === 0 ? this.#tail : this.#head;
    for (let at = this.#tail - 1; at >= first; at--) {
      const slot = at & (RING - 1);
      if ((this.#times[slot] as number) < time) break;
      if (this.#pids[slot] === child && (this.#times[slot] as number) === time)
        place = (this.#serials[slot] as number) - 0.5;
    }
    if (place > serial) place = serial;
    this.add(seen, -1, ms, place);
    this.add(fork, -1, ms, place);
  }

  #clamp(ms: number): number {
    let time = ms + this.#shift;
    if (time >= this.#handedOn) {
      this.#behind = 0;
      return time;
    }
    this.late++;
    if (this.#handedOn - time > STEP_MS && ++this.#behind >= STEP_EVENTS) {
      this.flush();
      const step = this.#handedOn - time;
      this.setBackMs += step;
      this.#shift += step;
      this.#behind = 0;
    }
    time = this.#handedOn;
    return time;
  }

  #move(from: number, to: number): void {
    this.#events[to] = this.#events[from] as ProcessEvent;
    this.#times[to] = this.#times[from] as number;
    this.#serials[to] = this.#serials[from] as number;
    this.#pids[to] = this.#pids[from] as number;
  }

  #put(at: number, event: ProcessEvent, pid: number, time: number, serial: number): void {
    const ts = (time - this.#origin) * 1e6;
    event.ts = ts > 0 ? ts : 0;
    const slot = at & (RING - 1);
    this.#events[slot] = event;
    this.#times[slot] = time;
    this.#serials[slot] = serial;
    this.#pids[slot] = pid;
    if (pid >= 0) this.#heldOf[pid & (OF - 1)] = (this.#heldOf[pid & (OF - 1)] as number) + 1;
    if (++this.#tail - this.#head > WINDOW) this.#handOn();
  }

  #handOn(): void {
    const slot = this.#head++ & (RING - 1);
    const event = this.#events[slot] as ProcessEvent;
    const pid = this.#pids[slot] as number;
    if (pid >= 0) this.#heldOf[pid & (OF - 1)] = (this.#heldOf[pid & (OF - 1)] as number) - 1;
    this.#events[slot] = null;
    this.#handedOn = this.#times[slot] as number;
    this.count++;
    this.#released.push(event);
    if (this.#released.length === BATCH) this.#deliver();
  }

  #deliver(): void {
    const sink = (this.#sink ??= this.#open());
    for (let at = 0; at < this.#released.length; at++) sink(this.#released[at] as ProcessEvent);
    this.#released = [];
  }

  /** Hands on what is older than `untilMs` (ms since 1970, before any step of the clock). */
  handOn(untilMs: number): void {
    const until = untilMs + this.#shift;
    while (this.#tail > this.#head && (this.#times[this.#head & (RING - 1)] as number) < until) this.#handOn();
    if (this.#released.length > 0) this.#deliver();
  }

  /** Hands on all that is held. */
  flush(): void {
    while (this.#tail > this.#head) this.#handOn();
    if (this.#released.length > 0) this.#deliver();
  }
}
