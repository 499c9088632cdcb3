import type { Abi, EventSink, ExecEvent, ExitEvent, ProcessEvent } from "../../model/events.ts";

/** Events wait this long for their audit record: it is written when the call ends, and comes through a thread of the kernel. */
const HOLD_NS = 300e6;
/** Audit stamps with a clock that moves in steps of up to 10 ms, and an exec may take a while. */
const TOLERANCE_NS = 100e6;
const MOST_WAITING = 262_144;
const MOST_TOLD = 65_536;

/** What audit told of one process and still waits for its event. */
interface Told {
  execs: Pick<ExecEvent, "ts" | "exe" | "comm" | "argv">[];
  abi: Abi | null;
  ts: number;
}

/**
 * Puts the arguments and the instruction set that audit records tell into the events of another source, by process and
 * time. Audit's own forks, execs and exits go no further: each process is counted once, by the other source.
 */
export class AuditJoin {
  /** Records are made from here on: an exec before it has none, and is not counted. */
  sinceNs = 0;
  /** Execs that passed and those that got their arguments here; processes that got their instruction set. */
  execs = 0;
  joined = 0;
  abis = 0;
  readonly #sink: EventSink;
  readonly #told = new Map<number, Told>();
  #waiting: ProcessEvent[] = [];
  #head = 0;

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  /** An event of the other source, in time order. */
  pass(event: ProcessEvent): void {
    this.#waiting.push(event);
    if (this.#waiting.length - this.#head > MOST_WAITING) this.deliver(Number.POSITIVE_INFINITY);
  }

  /** What an audit record says, in the same time as the other source's events. */
  tell(event: ProcessEvent): void {
    if (event.type === "exec") {
      if (event.error !== 0) return;
      const told = this.#of(event.pid, event.ts);
      told.execs.push({ ts: event.ts, exe: event.exe, comm: event.comm, argv: event.argv });
      // What was told before is the instruction set of the program before.
      told.abi = null;
    } else if (event.type === "seen" && event.abi !== null) {
      const told = this.#of(event.pid, event.ts);
      told.abi = event.abi;
      told.ts = event.ts;
    }
  }

  /** Passes on what has its record or has waited long enough at `nowNs`; all of it with Infinity. */
  deliver(nowNs: number): void {
    const until = nowNs - HOLD_NS;
    for (; this.#head < this.#waiting.length; this.#head++) {
      const event = this.#waiting[this.#head] as ProcessEvent;
      const due = event.ts <= until;
      if (event.type === "fork") this.#born(event.child, event.ts);
      const whole = event.type === "exec" ? this.#exec(event) : event.type === "exit" ? this.#exit(event, due) : true;
      if (!whole && !due) break;
      if (event.type === "exec" && event.error === 0 && event.ts >= this.sinceNs) this.execs++;
      this.#sink(event);
    }
    if (this.#head > 1024 || this.#head === this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    if (this.#told.size > MOST_TOLD / 2) this.#forget(until);
  }

  /** @returns whether nothing is to be waited for. */
  #exec(event: ExecEvent): boolean {
    if (event.error !== 0) return true;
    const complete = event.argv !== null && event.exe !== "";
    const told = this.#told.get(event.pid);
    if (told === undefined) return complete;
    // Those too old belong to an exec that went by without its event, or to another life of the number.
    while (told.execs.length > 0 && (told.execs[0] as { ts: number }).ts < event.ts - TOLERANCE_NS) told.execs.shift();
    const first = told.execs[0];
    if (first === undefined || first.ts > event.ts + TOLERANCE_NS) return complete;
    told.execs.shift();
    if (event.exe === "") Object.assign(event, { exe: first.exe, comm: first.comm });
    if (first.argv !== null) {
      if (event.ts >= this.sinceNs) this.joined++;
      // Probes tell them too, but only so many and so much of each.
      if (event.argv === null || event.argvCut === true) {
        event.argv = first.argv;
        delete event.argvCut;
      }
    }
    return true;
  }

  /** Some record of the process, at the latest that of its exit call, tells the instruction set of the program that ends. */
  #exit(event: ExitEvent, due: boolean): boolean {
    if (event.thread) return true;
    const told = this.#told.get(event.pid);
    const abi = told === undefined || told.ts > event.ts + TOLERANCE_NS ? null : told.abi;
    if (abi === null && !due) return false;
    if (abi === null) return true;
    const { pid, ts, comm } = event;
    this.#told.delete(pid);
    this.abis++;
    this.#sink({ type: "seen", ts, pid, ppid: null, comm, exe: null, abi });
    return true;
  }

  /** A number that returns: what was told of it before is about a life that ended unseen. */
  #born(child: number | null, ts: number): void {
    const told = child === null ? undefined : this.#told.get(child);
    if (told !== undefined && Math.max(told.ts, told.execs.at(-1)?.ts ?? 0) < ts - TOLERANCE_NS)
      this.#told.delete(child as number);
  }

  #of(pid: number, ts: number): Told {
    let told = this.#told.get(pid);
    if (told === undefined) {
      if (this.#told.size >= MOST_TOLD) this.#told.delete(this.#told.keys().next().value as number);
      this.#told.set(pid, (told = { execs: [], abi: null, ts }));
    }
    return told;
  }

  #forget(until: number): void {
    for (const [pid, { ts, execs }] of this.#told)
      if (Math.max(ts, execs.at(-1)?.ts ?? 0) < until - TOLERANCE_NS) this.#told.delete(pid);
  }
}
