import type { Abi, EventSink, ForkEvent } from "../../model/events.ts";
import type { Untrusted } from "../../model/text.ts";
import type { CallSequences } from "./call-trail.ts";
import { EndsTold, TOLD, type ChildEnd } from "./ends.ts";
import { ForksUnderWay } from "./forks-under-way.ts";
import { birthOf, HeldEvents, NO_NUMBER } from "./held-events.ts";
import { CALL } from "./call-names.ts";
import { Tracee, type ExecTarget, type OpenCall } from "./tracee.ts";

const MOST_TRACEES = 131_072;
const FORGOTTEN_AT_ONCE = 4096;
const MOST_LOOKED_AT = 256;

/** What a line can be about when its process has ended already. */
export const LINE = { call: 0, resumed: 1, other: 2 } as const;

/** Where the reader is: time and line of what it tells next. */
export interface Place {
  ts: number;
  line: number;
}

/**
 * The processes that a log of strace or ltrace speaks of, and what it says about them as events of the model. Such a log names the
 * writer of a line by number, if at all; a child's first lines often stand before the result of the call that made it.
 */
export class ProcessTree {
  readonly #tracees = new Map<number, Tracee>();
  readonly #held: HeldEvents;
  readonly #ends = new EndsTold();
  readonly #sequences: CallSequences;
  readonly #place: Place;
  /** Tasks whose parent is not known yet, by number; some have ended meanwhile. */
  readonly #orphans = new Map<number, Tracee>();
  /** The tracee whose number the log has not told. */
  #nameless: Tracee | null = null;
  #waitsForNumber = false;
  /** Whom lines without number speak of. */
  #current: Tracee | null = null;
  /** Children told by a result that have not spoken, oldest first. */
  #silent: Tracee[] = [];
  /** Tasks inside a call that makes tasks. */
  readonly #forking = new ForksUnderWay();

  constructor(sink: EventSink, sequences: CallSequences, place: Place) {
    this.#held = new HeldEvents(sink, () => this.#giveUp());
    this.#sequences = sequences;
    this.#place = place;
  }

  /** Events handed on so far. */
  get events(): number {
    return this.#held.count;
  }

  /** Tasks known and not ended, for tests of bounded memory. */
  get size(): number {
    return this.#tracees.size;
  }

  /** The writer of a line with this number; `kind` is one of LINE. `comm`: its name if the line tells it. */
  writer(pid: number, kind: number, comm: Untrusted | null): Tracee {
    let tracee = this.#tracees.get(pid);
    // After its end only the rest of its last call, a signal or the tool's last word can come: this is another process.
    if (tracee === undefined || (tracee.ended && kind === LINE.call)) tracee = this.#newcomer(pid, kind);
    if (!tracee.spoke) this.#speaks(tracee);
    if (comm !== null && comm !== tracee.comm) tracee.comm = comm;
    return (this.#current = tracee);
  }

  /** The writer of a line without number: the one that is there alone. `kind` is one of LINE. */
  unnamed(kind: number): Tracee {
    const current = this.#current;
    if (current !== null && (!current.ended || kind !== LINE.call)) return current;
    const found = this.#alone(kind) ?? current;
    if (found !== null) {
      found.spoke = true;
      const place = this.#silent.indexOf(found);
      if (place !== -1) this.#silent.splice(place, 1);
      return (this.#current = found);
    }
    const first = new Tracee(NO_NUMBER, "", this.#place.line);
    first.spoke = true;
    this.#nameless = first;
    this.#waitsForNumber = true;
    this.#held.wait();
    this.#tracees.set(NO_NUMBER, first);
    return (this.#current = first);
  }

  /** Who is there: for the rest of a call or a last word somebody whom that fits, else somebody who lives and has spoken. */
  #alone(kind: number): Tracee | null {
    let spoke: Tracee | null = null;
    let silent: Tracee | null = null;
    let ended: Tracee | null = null;
    let looked = 0;
    for (const tracee of this.#tracees.values()) {
      if (kind === LINE.resumed && tracee.open !== null) return tracee;
      if (tracee.ended) ended ??= tracee;
      else if (tracee.spoke) spoke ??= tracee;
      else silent ??= tracee;
      if (++looked === MOST_LOOKED_AT) break;
    }
    return kind === LINE.call ? (spoke ?? silent ?? ended) : (ended ?? spoke ?? silent);
  }

  /** A call begins and its end does not stand in the same line. */
  opens(tracee: Tracee, open: OpenCall): void {
    tracee.open = open;
    if (open.action === CALL.fork || open.action === CALL.spawn) this.#forking.add(tracee);
  }

  /** The call that a task was in is over. @returns what its first line told, or null */
  closes(tracee: Tracee): OpenCall | null {
    const { open } = tracee;
    tracee.open = null;
    this.#forking.delete(tracee);
    if (open?.action === CALL.spawn)
      for (const orphan of this.#orphans.values()) if (orphan.since > open.line) this.#resolve(orphan, tracee, false);
    return open;
  }

  /** The log tells the number of this tracee in passing (`set_tid_address`, `getpid`). */
  isNumbered(tracee: Tracee, pid: number): void {
    if (tracee === this.#nameless && pid > 0 && !this.#tracees.has(pid)) this.#number(pid);
  }

  /** The task of this number, if the log has spoken of it. */
  known(pid: number): Tracee | undefined {
    return this.#tracees.get(pid);
  }

  /** The tool says that it traces this task from now on. */
  attached(pid: number): void {
    const known = this.#tracees.get(pid);
    if (known !== undefined && !known.ended) return;
    if (this.#tracees.size === 0) {
      this.#current = this.#add(new Tracee(pid, "", this.#place.line));
      this.#current.spoke = true;
    } else this.#orphan(pid);
  }

  /** A call that makes a task came back with its number. */
  forked(parent: Tracee, child: number, thread: boolean, line: number): void {
    const orphan = this.#orphans.get(child);
    if (orphan !== undefined) return this.#resolve(orphan, parent, thread);
    const known = this.#tracees.get(child);
    if (known !== undefined && known === parent.lastChild && !known.ended) return;
    const early = known === undefined ? this.#speakerSince(parent, line, child) : null;
    if (early !== null) {
      // Numbered otherwise inside its PID namespace: signals and waits will name it so.
      this.#tracees.set(child, early);
      return this.#resolve(early, parent, thread);
    }
    const { ts } = this.#place;
    const pid = parent.process.pid;
    const { comm } = parent;
    this.#ends.set(child, TOLD.not);
    this.#held.add({ type: "fork", ts, pid, comm, child, childClaim: null, thread, line } satisfies ForkEvent);
    const tracee = this.#add(new Tracee(child, comm, line));
    tracee.otherNumber = child < parent.shown;
    this.#join(tracee, parent, thread);
    this.#silent.push(tracee);
    if (this.#silent.length > 64) this.#silent.shift();
  }

  executed(tracee: Tracee, target: ExecTarget, error: number): void {
    const { ts } = this.#place;
    const { process } = tracee;
    if (error === 0) {
      process.comm = target.exe.slice(target.exe.lastIndexOf("/") + 1).slice(0, 15);
      process.threads = 0;
    }
    const { pid, comm } = process;
    this.#held.add({ type: "exec", ts, pid, ppid: null, comm, exe: target.exe, argv: target.argv, error });
  }

  /** A thread's exec takes the number of its process: the thread goes, the process stays. */
  takesOver(thread: Tracee, pid: number): void {
    const leader = this.#tracees.get(pid);
    if (leader === undefined || leader === thread) return;
    // It may execute before the call that made it is back, and then that call never is.
    if (this.#orphans.get(thread.pid) === thread) this.#resolve(thread, leader, true);
    leader.open = thread.open;
    thread.open = null;
    this.ended(thread, 0, null);
    this.#tracees.delete(thread.pid);
  }

  /** A task ended by its own words: exit status or signal; both null when not told. */
  ended(tracee: Tracee, code: number | null, signal: number | null): void {
    if (tracee.ended) return;
    tracee.ended = true;
    // Or a long line of the dead would hang together.
    tracee.lastChild = null;
    const { ts } = this.#place;
    const { pid, comm, leader } = tracee;
    if (leader !== null) {
      leader.threads--;
      if (!leader.ended) this.#held.add({ type: "exit", ts, pid, comm, code, signal, thread: true });
      return;
    }
    this.#ends.set(pid, TOLD.byItself);
    const calls = this.#sequences.of(tracee.trail);
    if (calls === null) this.#held.add({ type: "exit", ts, pid, comm, code, signal, thread: false });
    else this.#held.add({ type: "exit", ts, pid, comm, code, signal, thread: false, calls });
  }

  /** The tool's last word about a task. */
  gone(tracee: Tracee): void {
    this.closes(tracee);
    if (this.#tracees.get(tracee.pid) === tracee) this.#tracees.delete(tracee.pid);
    if (this.#tracees.get(tracee.shown) === tracee) this.#tracees.delete(tracee.shown);
    if (tracee === this.#current && this.#tracees.size > 0) this.#current = null;
  }

  /** SIGCHLD: a child of the receiver ended. `child` 0: not told which one. `how`: `ChildSignalEvent.code`. */
  childSignal(receiver: Tracee, child: number, how: number, end: ChildEnd): void {
    const { ts } = this.#place;
    if (child > 0) {
      const told = this.#ends.of(child);
      if (told !== TOLD.byItself) this.#childEnded(child, end);
      this.#ends.set(child, TOLD.bySignal);
    }
    const { pid, comm } = receiver.process;
    const dead = this.#tracees.get(child)?.pid ?? child;
    this.#held.add({ type: "child-signal", ts, pid: dead, reaper: pid, reaperComm: comm, code: how });
  }

  /** A wait call returned a dead child. */
  waited(waiter: Tracee, child: number, how: number, end: ChildEnd): void {
    if (this.#ends.of(child) === TOLD.not) {
      this.#childEnded(child, end);
      const { pid, comm } = waiter.process;
      const { ts } = this.#place;
      this.#held.add({ type: "child-signal", ts, pid: child, reaper: pid, reaperComm: comm, code: how });
    }
    this.#ends.set(child, TOLD.not);
  }

  /** The kernel runs this task's code in another mode than the tool's. */
  runsAs(pid: number, abi: Abi): void {
    const { ts } = this.#place;
    const comm = this.#tracees.get(pid)?.comm ?? "";
    this.#held.add({ type: "seen", ts, pid, ppid: null, comm, exe: null, abi });
  }

  /** No more lines. */
  finish(): void {
    this.#giveUp();
  }

  #childEnded(child: number, { code, signal, comm }: ChildEnd): void {
    const known = this.#tracees.get(child);
    if (known !== undefined && known.leader === null) {
      this.ended(known, code, signal);
      // Nothing of its own ever came: it is not traced.
      if (!known.spoke) this.#tracees.delete(child);
      return;
    }
    const { ts } = this.#place;
    this.#held.add({ type: "exit", ts, pid: child, comm, code, signal, thread: false });
  }

  #newcomer(pid: number, kind: number): Tracee {
    const nameless = this.#nameless;
    if (nameless !== null && !nameless.ended) {
      // Inside a call it can only go on with that call; whatever else comes then is the child's.
      const isChild = nameless.open !== null && kind === LINE.call;
      if (!isChild) {
        this.#number(pid);
        return nameless;
      }
    }
    if (this.#tracees.size === 0) return this.#add(new Tracee(pid, "", this.#place.line));
    const silent = this.#silentUnderOtherNumber(pid);
    if (silent === null) return this.#orphan(pid);
    this.#tracees.set(pid, silent);
    return silent;
  }

  /** A child known by its number in its own PID namespace, as the tracer numbers it. */
  #silentUnderOtherNumber(pid: number): Tracee | null {
    if (this.#forking.first !== null) return null;
    const place = this.#silent.findIndex((child) => child.otherNumber && !child.ended && child.pid < pid);
    const [child] = place === -1 ? [] : this.#silent.splice(place, 1);
    if (child === undefined) return null;
    child.spoke = true;
    child.shown = pid;
    return child;
  }

  /** A task that spoke since this fork call began, when it is the only one and the number told is of another namespace. */
  #speakerSince(parent: Tracee, line: number, child: number): Tracee | null {
    if (parent.open === null || child >= parent.shown || this.#orphans.size !== 1) return null;
    const [orphan] = this.#orphans.values();
    return orphan !== undefined && orphan.since > line && child < orphan.pid ? orphan : null;
  }

  #speaks(tracee: Tracee): void {
    tracee.spoke = true;
    const place = this.#silent.indexOf(tracee);
    if (place !== -1) this.#silent.splice(place, 1);
  }

  #orphan(pid: number): Tracee {
    const { ts, line } = this.#place;
    const tracee = this.#add(new Tracee(pid, "", line));
    tracee.birth = birthOf(pid, ts, line);
    this.#ends.set(pid, TOLD.not);
    const before = this.#orphans.get(pid);
    this.#orphans.set(pid, tracee);
    // The number returned before anybody told who made the one before.
    if (before !== undefined) this.#held.release();
    this.#held.wait();
    this.#held.add(tracee.birth);
    return tracee;
  }

  #resolve(tracee: Tracee, parent: Tracee, thread: boolean): void {
    const { birth } = tracee;
    this.#orphans.delete(tracee.pid);
    tracee.birth = null;
    this.#join(tracee, parent, thread);
    if (tracee.comm === "") tracee.comm = parent.comm;
    if (birth !== null) {
      birth.pid = parent.process.pid;
      birth.comm = parent.comm;
      birth.thread = thread;
      if (parent.open !== null) birth.line = parent.open.line;
    }
    this.#held.release();
  }

  #join(tracee: Tracee, parent: Tracee, thread: boolean): void {
    parent.lastChild = tracee;
    if (!thread) return;
    tracee.leader = parent.process;
    parent.process.threads++;
  }

  #number(pid: number): void {
    const nameless = this.#nameless;
    if (nameless === null) return;
    this.#tracees.delete(NO_NUMBER);
    this.#tracees.set(pid, nameless);
    this.#nameless = null;
    // Told too late: events went out without it, so the process goes on without.
    if (!this.#waitsForNumber) return;
    nameless.pid = nameless.shown = pid;
    this.#waitsForNumber = false;
    this.#held.number(pid);
    this.#held.release();
  }

  /** Nothing will be told any more, or it takes too long: the oldest fork under way made the orphan, or it was there before. */
  #giveUp(): void {
    let next = this.#forking.first;
    for (const [pid, orphan] of this.#orphans) {
      this.#orphans.delete(pid);
      const parent = next;
      next = parent?.forkingAfter ?? null;
      if (parent !== null && parent !== orphan) {
        this.#forking.delete(parent);
        this.#resolve(orphan, parent, parent.open?.thread === true);
      } else {
        orphan.birth = null;
        this.#held.release();
      }
    }
    if (this.#waitsForNumber) {
      this.#waitsForNumber = false;
      this.#held.release();
    }
  }

  #add(tracee: Tracee): Tracee {
    if (this.#tracees.size >= MOST_TRACEES) this.#forgetOldest();
    // A number that returns stands behind the others again.
    this.#tracees.delete(tracee.pid);
    this.#tracees.set(tracee.pid, tracee);
    return tracee;
  }

  /**
   * Many at a time: a map skips what was deleted at its beginning again and again, and an iterator that is kept instead keeps
   * every table that the map ever had, with the dead in it.
   */
  #forgetOldest(): void {
    let left = FORGOTTEN_AT_ONCE;
    for (const [pid, tracee] of this.#tracees) {
      this.#tracees.delete(pid);
      this.#forking.delete(tracee);
      if (--left === 0) return;
    }
  }
}
