import type { EventSink, ForkEvent, ProcessEvent } from "../../model/events.ts";
import type { Untrusted } from "../../model/text.ts";

const MOST_NAMES = 65_536;
/** A child that says nothing of itself for so many events is what its line says. */
const PATIENCE = 512;

interface Held {
  event: ProcessEvent;
  /** Of a fork in doubt: the process that forked it if the child turns out not to have executed anything. */
  forker: number | null;
}

/**
 * Finds who forked a process. forkstat asks /proc for the parent and for both names when it prints a fork: of a parent that has ended
 * by then it prints the one that inherited the child, whose name is another. A child that has executed another program by then bears
 * another name, too, but its exec is printed next. Where it is not, and the process with the number before bears the child's name,
 * that one forked it.
 */
export class Parents {
  /** Forks whose parent was found so. */
  found = 0;
  readonly #sink: EventSink;
  readonly #names = new Map<number, Untrusted>();
  /** Events in order, from the first fork in doubt on. */
  #waiting: Held[] = [];
  /** Child → its fork in doubt. */
  readonly #doubtful = new Map<number, Held>();

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  /** `childName`: as the child's own line gives it. */
  fork(event: ForkEvent, childName: Untrusted): void {
    const child = event.child as number;
    const before = this.#names.get(child - 1);
    const doubtful =
      !event.thread && childName !== "" && event.comm !== "" && childName !== event.comm && before === childName && event.pid !== child - 1; // prettier-ignore
    const held: Held = { event, forker: doubtful ? child - 1 : null };
    this.#name(child, childName);
    this.#settle(event.pid, false);
    if (doubtful) this.#doubtful.set(child, held);
    this.#add(held);
  }

  exec(event: ProcessEvent & { type: "exec" }): void {
    this.#settle(event.pid, true);
    this.#name(event.pid, event.comm);
    this.#add({ event, forker: null });
  }

  exit(event: ProcessEvent & { type: "exit" }): void {
    this.#settle(event.pid, false);
    this.#add({ event, forker: null });
  }

  end(): void {
    for (const child of this.#doubtful.keys()) this.#settle(child, true);
    this.#pass();
  }

  /** What a process does next tells whether it has executed something (`executed`): then its line is right. */
  #settle(pid: number, executed: boolean): void {
    const held = this.#doubtful.get(pid);
    if (held === undefined) return;
    this.#doubtful.delete(pid);
    if (!executed) {
      this.found++;
      const fork = held.event as ForkEvent;
      Object.assign(fork, { pid: held.forker, comm: this.#names.get(pid) ?? "", inferred: true });
    }
    held.forker = null;
  }

  #add(held: Held): void {
    this.#waiting.push(held);
    const [first] = this.#waiting;
    if (this.#waiting.length > PATIENCE && first !== undefined && first.forker !== null)
      this.#settle((first.event as ForkEvent).child as number, true);
    this.#pass();
  }

  #pass(): void {
    let passed = 0;
    for (const { event, forker } of this.#waiting) {
      if (forker !== null) break;
      this.#sink(event);
      passed++;
    }
    if (passed > 0) this.#waiting = this.#waiting.slice(passed);
  }

  #name(pid: number, name: Untrusted): void {
    this.#names.delete(pid);
    if (this.#names.size >= MOST_NAMES) this.#names.delete(this.#names.keys().next().value as number);
    this.#names.set(pid, name);
  }
}
