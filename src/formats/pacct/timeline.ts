import type { AcctRecord } from "./record.ts";

/** A record and its times, ns since the second in which the first one was written. `start` may lie before that. */
export interface Timed {
  record: AcctRecord;
  start: number;
  end: number;
}

/** More ends than that within one second are spread in parts. */
const MOST_AT_ONCE = 65_536;
const MOST_PARENTS = 262_144;
/** Records are written in the order of their ends but for a moment; more than this is a clock set back, s. */
const SET_BACK = 2;
const SECOND = 1e9;
/** No process lives longer, s. */
const LONGEST = 2 ** 31;
/** One child in twenty may have a number lower than the one before it: numbers start again at their limit. */
const DISORDER = 20;

/** Ends within one second (or a part of it): seconds since the first record's. */
interface Group {
  records: AcctRecord[];
  from: number;
  to: number;
}

/** Children of one parent that have ended so far. */
interface Children {
  firstStart: number;
  firstEnd: number;
  lastEnd: number;
  lastPid: number;
  lived: number;
  count: number;
  disorder: number;
}

/**
 * Gives each record its times. It says in which second its process began and how many ticks it lived, and both are worked out
 * from its end: so the second of the end is exact, and within it only the order of the records is known. The ends of one
 * second are spread evenly over it. A process that others name as their parent began before them; children that end in the order of
 * their numbers, and did not live longer than the time allows, lived one after the other.
 */
export class Timeline {
  /** Second of time 0, since 1970; null before the first record. */
  origin: number | null = null;
  /** Seconds by which the clock was set back, all steps together. */
  setBack = 0;
  /** Times of the first and the last end, ns. */
  first = 0;
  last = 0;
  #shift = 0;
  #second = 0;
  readonly #children = new Map<number, Children>();

  *of(records: Iterable<AcctRecord>): Generator<Timed> {
    let before: Group | null = null;
    let held: Group | null = null;
    for (const group of this.#groups(records)) {
      if (held !== null) {
        if (before === null) startsLate(held, group);
        yield* this.#spread(held);
      }
      before = held;
      held = group;
    }
    if (held === null) return;
    if (before !== null) endsEarly(held, before);
    yield* this.#spread(held);
  }

  *#groups(records: Iterable<AcctRecord>): Generator<Group> {
    let group: Group = { records: [], from: 0, to: 1 };
    for (const record of records) {
      const second = this.#secondOf(record);
      const isFull = group.records.length >= MOST_AT_ONCE;
      if (second !== this.#second || isFull) {
        const { from } = group;
        // What is left of the second is for those that are still to come.
        if (second === this.#second) group.to = (from + this.#second + 1) / 2;
        if (group.records.length > 0) yield group;
        group = { records: [], from: second === this.#second ? group.to : second, to: second + 1 };
        this.#second = second;
      }
      group.records.push(record);
    }
    if (group.records.length > 0) yield group;
  }

  /** The second, since that of the first record, in which a process ended; it never goes back. */
  #secondOf({ beganAt, lived }: AcctRecord): number {
    const told = beganAt + Math.floor(Math.min(lived, LONGEST));
    this.origin ??= told;
    const second = told - this.origin + this.#shift;
    const behind = this.#second - second;
    if (behind <= 0) return second;
    if (behind > SET_BACK) {
      this.#shift += behind;
      this.setBack += behind;
    }
    return this.#second;
  }

  *#spread({ records, from, to }: Group): Generator<Timed> {
    const step = ((to - from) * SECOND) / (records.length + 1);
    for (const [index, record] of records.entries()) {
      const end = Math.round(from * SECOND + step * (index + 1));
      if (this.last === 0) this.first = end;
      this.last = end;
      yield { record, start: this.#startOf(record, end, step), end };
    }
  }

  #startOf(record: AcctRecord, end: number, step: number): number {
    const lived = Math.min(record.lived, LONGEST) * SECOND;
    const { pid, ppid } = record;
    const firstChild = this.#children.get(pid)?.firstStart ?? Number.POSITIVE_INFINITY;
    this.#children.delete(pid);
    let start = Math.round(end - Math.max(lived, step));
    if (ppid === 0) return Math.min(start, firstChild - 1);
    let children = this.#children.get(ppid);
    if (children === undefined) {
      if (this.#children.size >= MOST_PARENTS) this.#children.clear();
      children = { firstStart: start, firstEnd: end, lastEnd: start, lastPid: pid, lived: 0, count: 0, disorder: 0 };
      this.#children.set(ppid, children);
    }
    if (pid < children.lastPid) children.disorder++;
    children.lived += lived;
    children.count++;
    const fits = children.lived <= end - children.firstEnd + SECOND;
    if (fits && children.disorder * DISORDER <= children.count && end - lived - children.lastEnd > -SECOND)
      start = Math.max(start, Math.min(children.lastEnd + 1, end - 1));
    start = Math.min(start, firstChild - 1);
    children.firstStart = Math.min(children.firstStart, start);
    children.lastEnd = end;
    children.lastPid = pid;
    return start;
  }
}

/** Accounting began within this second: at the pace of the next one, if that is faster. */
function startsLate(group: Group, next: Group): void {
  if (next.from !== group.to || next.records.length <= group.records.length) return;
  group.from = group.to - ((group.to - group.from) * group.records.length) / next.records.length;
}

/** Accounting ended within this second: at the pace of the one before. */
function endsEarly(group: Group, before: Group): void {
  if (group.from !== before.to || before.records.length <= group.records.length) return;
  group.to = group.from + ((group.to - group.from) * group.records.length) / before.records.length;
}
