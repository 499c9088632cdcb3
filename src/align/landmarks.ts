import type { EventSink, ProcessEvent } from "../model/events.ts";

/** Times of facts kept of one stream; enough for an offset, and for shares to a percent. */
const MOST = 16_384;
/** Thinner than this a sample is not made: a log in which one number returns for ever is not worth it. */
const THINNEST = 1 << 16;

/**
 * A sample of what a stream tells, to be compared with that of another stream: which process was forked by whom, which one
 * ended, and when. Whether a process is in the sample depends on its number alone, so that two streams that tell of the
 * same processes keep the same ones, in bounded memory.
 */
export class Landmarks {
  /** Fact → its times (ns of the stream), in order: numbers of processes return. */
  readonly facts = new Map<string, number[]>();
  /** Of so many processes one is in the sample; a power of two. */
  oneIn = 1;
  #times = 0;
  firstTs: number | null = null;
  lastTs = 0;

  /** Passes events on and keeps some of them. */
  before(sink: EventSink): EventSink {
    return (event) => {
      this.note(event);
      sink(event);
    };
  }

  note(event: ProcessEvent): void {
    this.firstTs ??= event.ts;
    if (event.ts > this.lastTs) this.lastTs = event.ts;
    if (event.type === "fork") {
      if (event.child !== null && !event.thread && this.#wants(event.child))
        this.#keep(`${event.pid} forks ${event.child}`, event.ts);
    } else if (event.type === "exit" && !event.thread && this.#wants(event.pid))
      this.#keep(`${event.pid} ends`, event.ts);
  }

  /** The facts of a sample that is thinner still. */
  thinned(oneIn: number): Map<string, number[]> {
    if (oneIn <= this.oneIn) return this.facts;
    return new Map([...this.facts].filter(([fact]) => isSampled(subject(fact), oneIn)));
  }

  /** Asked before a fact is put into words: nearly all are left out. */
  #wants(pid: number): boolean {
    if (!isSampled(pid, this.oneIn)) return false;
    if (this.#times < MOST) return true;
    if (this.oneIn >= THINNEST) return false;
    this.#thinOut();
    return isSampled(pid, this.oneIn);
  }

  #keep(fact: string, ts: number): void {
    this.#times++;
    const times = this.facts.get(fact);
    if (times === undefined) this.facts.set(fact, [ts]);
    else times.push(ts);
  }

  #thinOut(): void {
    this.oneIn *= 2;
    for (const [fact, times] of this.facts) {
      if (isSampled(subject(fact), this.oneIn)) continue;
      this.facts.delete(fact);
      this.#times -= times.length;
    }
  }
}

/** The number of the process that a fact is about: the child, or the one that ends. */
function subject(fact: string): number {
  return Number(fact.endsWith("ends") ? fact.slice(0, fact.indexOf(" ")) : fact.slice(fact.lastIndexOf(" ") + 1));
}

/** By the upper bits of a multiplicative hash (Knuth): numbers that follow each other are spread evenly. */
function isSampled(pid: number, oneIn: number): boolean {
  return oneIn === 1 || Math.imul(pid, 0x9e37_79b1) >>> 0 < 0x1_0000_0000 / oneIn;
}
