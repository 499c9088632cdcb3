import type { EventSink, ProcessEvent } from "../../model/events.ts";
import type { Untrusted } from "../../model/text.ts";
import { endOf } from "../../model/wait-status.ts";
import { EventQueue, RANK } from "./event-queue.ts";
import { Forkers } from "./forkers.ts";
import { LONG, type LongLived } from "./living.ts";
import { FLAG } from "./record.ts";
import type { Timed } from "./timeline.ts";
import { nothingTold } from "./told.ts";

/** So long after its end the record of a parent may come that names it, ns; ends within a second have no exact time. */
const WAIT = LONG + 2e9;
const MOST_WAITING = 65_536;
/** Who inherits orphans, if its own name is not known. */
const INIT = 1;
/** What init itself is called, and systemd's children before their exec (src/core/exec-invoke.c rename_process_from_path). */
const OWN_CHILD_OF_INIT = /^(?:init|systemd|\(.*\))$/s;

interface Waiting {
  timed: Timed;
  /** Name of the parent, from its own record. */
  parent: Untrusted | null;
  /** The next that names the same parent. */
  next: Waiting | null;
}

/** Those that name one parent and wait, in the order in which they are settled. */
interface Siblings {
  first: Waiting;
  last: Waiting;
}

/** Makes events of timed records of version 3. Who forked a process is decided once its parent's record may have come. */
export class Teller {
  readonly told = nothingTold();
  readonly #queue: EventQueue;
  readonly #long: LongLived;
  readonly #forkers = new Forkers();
  #waiting: Waiting[] = [];
  #head = 0;
  readonly #ofParent = new Map<number, Siblings>();

  constructor(sink: EventSink, long: LongLived) {
    this.#queue = new EventQueue(sink);
    this.#long = long;
  }

  /** Events handed on. */
  get events(): number {
    return this.#queue.count;
  }

  /** The next record, in the order of the file. */
  take(timed: Timed): void {
    const { pid, ppid, comm } = timed.record;
    let child = this.#ofParent.get(pid)?.first ?? null;
    for (; child !== null; child = child.next) child.parent = comm;
    this.#ofParent.delete(pid);
    const waiting: Waiting = { timed, parent: null, next: null };
    this.#waiting.push(waiting);
    const siblings = this.#ofParent.get(ppid);
    if (siblings === undefined) this.#ofParent.set(ppid, { first: waiting, last: waiting });
    else siblings.last = siblings.last.next = waiting;
    while (this.#isDue(timed.end)) this.#settleFirst();
  }

  /** No more records. */
  end(): void {
    while (this.#head < this.#waiting.length) this.#settleFirst();
    for (const timed of this.#long.begunUntil(Number.POSITIVE_INFINITY)) this.#begins(timed, null);
    this.#queue.handOn(Number.POSITIVE_INFINITY);
  }

  #isDue(now: number): boolean {
    const first = this.#waiting[this.#head];
    return first !== undefined && (now - first.timed.end > WAIT || this.#waiting.length - this.#head > MOST_WAITING);
  }

  #settleFirst(): void {
    const waiting = this.#waiting[this.#head++] as Waiting;
    if (this.#head > 1024 && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    const { timed } = waiting;
    const { ppid } = timed.record;
    const siblings = this.#ofParent.get(ppid);
    if (siblings?.first === waiting) {
      if (waiting.next === null) this.#ofParent.delete(ppid);
      else siblings.first = waiting.next;
    }
    for (const begun of this.#long.begunUntil(timed.end)) this.#begins(begun, null);
    if (timed.end - timed.start <= LONG) this.#begins(timed, waiting.parent);
    this.#ends(timed, waiting.parent);
    this.#queue.handOn(timed.end - WAIT);
  }

  #begins(timed: Timed, parent: Untrusted | null): void {
    const { record, start, end } = timed;
    const { pid, ppid, comm, flag } = record;
    if ((start < 0 && end - start > LONG) || ppid === 0) {
      // It lived before the first record was written, or its parent is not to be seen in this PID namespace.
      this.#queue.add(Math.max(0, start), RANK.begins, [seen(pid, comm)]);
      return;
    }
    const name = parent ?? this.#long.nameAt(ppid, end);
    if ((flag & FLAG.fork) === 0) {
      this.told.forks++;
      this.told.execs++;
      this.#queue.add(Math.max(0, start), RANK.begins, [
        { type: "fork", ts: 0, pid: ppid, comm: name ?? "", child: pid, childClaim: null, thread: false },
        { type: "exec", ts: 0, pid, ppid, comm, exe: "", argv: null, error: 0 },
      ]);
      return;
    }
    const isOrphan = name === null ? ppid === INIT && !OWN_CHILD_OF_INIT.test(comm) : name !== comm;
    if (!isOrphan) {
      if (name === null) this.told.parentsUnnamed++;
      return this.#forked(ppid, timed, start, false);
    }
    this.told.orphans++;
    const forker = end - start > LONG ? null : this.#forkers.of(timed);
    if (forker === null) {
      this.#queue.add(Math.max(0, start), RANK.begins, [seen(pid, comm)]);
      return;
    }
    this.told.inferred++;
    // It was forked while its parent lived.
    this.#forked(forker.record.pid, timed, Math.max(forker.start, Math.min(start, forker.end)), true);
  }

  /** It goes on with the program of its parent, so it bears the name of that. */
  #forked(parent: number, timed: Timed, at: number, inferred: boolean): void {
    const { pid, comm } = timed.record;
    timed.start = Math.min(at, timed.end);
    this.told.forks++;
    this.#queue.add(Math.max(0, timed.start), RANK.begins, [
      {
        type: "fork",
        ts: 0,
        pid: parent,
        comm,
        child: pid,
        childClaim: null,
        thread: false,
        ...(inferred ? { inferred } : {}),
      },
    ]);
  }

  #ends(timed: Timed, parent: Untrusted | null): void {
    const { record, end } = timed;
    const { pid, ppid, comm, status } = record;
    this.#forkers.ended(timed);
    const told = this.told;
    told.ends++;
    told.cpuSeconds += record.cpu;
    if (record.cpu === 0) told.withoutCpu++;
    const { code, signal } = endOf(status);
    const events: ProcessEvent[] = [{ type: "exit", ts: 0, pid, comm, code, signal, thread: false }];
    if (ppid > 0) {
      told.reaped++;
      const reaperComm = parent ?? this.#long.nameAt(ppid, end) ?? "";
      const how = signal === null ? 1 : (record.flag & FLAG.core) === 0 ? 2 : 3;
      events.push({ type: "child-signal", ts: 0, pid, reaper: ppid, reaperComm, code: how });
    }
    this.#queue.add(end, RANK.ends, events);
  }
}

function seen(pid: number, comm: Untrusted): ProcessEvent {
  return { type: "seen", ts: 0, pid, ppid: null, comm, exe: null, abi: null };
}
