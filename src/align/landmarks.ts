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
  /** Of so many processes one is in the sample; a power of two. */
  oneIn = 1;
  firstTs: number | null = null;
  lastTs = 0;
  /**
   * The sample in columns, in the order in which it came: the child or the one that ended, who forked it (`ENDS` for an end),
   * and when. Facts are put into words only where another stream is there to be compared.
   */
  readonly #subjects: number[] = [];
  readonly #forkers: number[] = [];
  readonly #times: number[] = [];
  #facts: Map<string, number[]> | null = null;

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
        this.#keep(event.child, event.pid, event.ts);
    } else if (event.type === "exit" && !event.thread && this.#wants(event.pid)) this.#keep(event.pid, ENDS, event.ts);
  }

  /** Fact → its times (ns of the stream), in order: numbers of processes return. */
  get facts(): ReadonlyMap<string, number[]> {
    if (this.#facts !== null) return this.#facts;
    const facts = (this.#facts = new Map<string, number[]>());
    for (const [at, subject] of this.#subjects.entries()) {
      const forker = this.#forkers[at] as number;
      const fact = forker === ENDS ? `${subject} ends` : `${forker} forks ${subject}`;
      const times = facts.get(fact);
      if (times === undefined) facts.set(fact, [this.#times[at] as number]);
      else times.push(this.#times[at] as number);
    }
    return facts;
  }

  /** The facts of a sample that is thinner still. */
  thinned(oneIn: number): ReadonlyMap<string, number[]> {
    if (oneIn <= this.oneIn) return this.facts;
    return new Map([...this.facts].filter(([fact]) => isSampled(subjectOf(fact), oneIn)));
  }

  /** Asked before a fact is kept: nearly all are left out. */
  #wants(pid: number): boolean {
    if (!isSampled(pid, this.oneIn)) return false;
    if (this.#times.length < MOST) return true;
    if (this.oneIn >= THINNEST) return false;
    this.#thinOut();
    return isSampled(pid, this.oneIn);
  }

  #keep(subject: number, forker: number, ts: number): void {
    this.#facts = null;
    this.#subjects.push(subject);
    this.#forkers.push(forker);
    this.#times.push(ts);
  }

  #thinOut(): void {
    this.oneIn *= 2;
    let kept = 0;
    // By number: an iterator would be a quarter of what landmarks cost.
    for (let at = 0; at < this.#times.length; at++) {
      const subject = this.#subjects[at] as number;
      if (!isSampled(subject, this.oneIn)) continue;
      this.#subjects[kept] = subject;
      this.#forkers[kept] = this.#forkers[at] as number;
      this.#times[kept++] = this.#times[at] as number;
    }
    this.#subjects.length = this.#forkers.length = this.#times.length = kept;
  }
}

/** Stands for whoever forked it, where a fact is an end. */
const ENDS = -1;

/** The number of the process that a fact is about: the child, or the one that ends. */
function subjectOf(fact: string): number {
  return Number(fact.endsWith("ends") ? fact.slice(0, fact.indexOf(" ")) : fact.slice(fact.lastIndexOf(" ") + 1));
}

/** By the upper bits of a multiplicative hash (Knuth): numbers that follow each other are spread evenly. */
function isSampled(pid: number, oneIn: number): boolean {
  return oneIn === 1 || Math.imul(pid, 0x9e37_79b1) >>> 0 < 0x1_0000_0000 / oneIn;
}
