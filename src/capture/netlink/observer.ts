import { emptyLedger, skip, type SourceLedger } from "../../model/ledger.ts";
import type { EventSink } from "../../model/events.ts";
import { fromBytes, type Untrusted } from "../../model/text.ts";
import { monotonicNs } from "../../platform/clock.ts";
import { reasonOf } from "../../platform/errno.ts";
import type { LibC } from "../../platform/ffi.ts";
import { threadsOfAll } from "../procfs/threads-of-all.ts";
import type { CouldNotLook, Observer } from "../types.ts";
import { Assembler } from "./assembler.ts";
import { onEachCpu } from "./each-cpu.ts";
import { controlMessage, Operation, parseDatagram, What, type ProcEvent } from "./messages.ts";
import { SequenceGaps } from "./sequence.ts";
import type { NetlinkSocket } from "./socket.ts";

/** How often the socket is emptied: what is executed must be looked up while it lives. */
const DRAIN_MS = 2;
/** Datagrams in one go, about 2 µs each, so that a storm does not keep the process from everything else. */
const AT_ONCE = 20_000;
/** First of the numbers that mark our own messages. */
const MARK = 0x7700_0000;
/** CPU number in answers of kernels before 4.10, which are not counted among that CPU's events. */
const NO_CPU = 0xffff_ffff;
const ATTEMPTS = 5;

/** The answer to a control message: errno, or null when none came. */
type Answer = number | null;

/** Reads the proc connector. */
export class NetlinkObserver implements Observer {
  readonly kind = "netlink";
  readonly originNs: number = monotonicNs();
  readonly limits: readonly CouldNotLook[];
  readonly #c: LibC;
  readonly #socket: NetlinkSocket;
  readonly #ledger: SourceLedger = emptyLedger("netlink", 0);
  readonly #notes: string[] = [];
  readonly #gaps = new SequenceGaps();
  readonly #assembler: Assembler;
  readonly #answers = new Map<number, number>();
  readonly #lastResort = (): void => {
    this.stop();
  };
  #timer: NodeJS.Timeout | null = null;
  #received = 0;
  #listens = 0;
  #mark = MARK;
  #broken = false;
  #stopped = false;

  constructor(c: LibC, socket: NetlinkSocket, sink: EventSink, limits: readonly CouldNotLook[]) {
    this.#c = c;
    this.#socket = socket;
    this.limits = limits;
    this.#assembler = new Assembler(sink, this.originNs);
  }

  /**
   * Asks for the events, once on each CPU so that the first event of each is known. Returns the kernel's answer: 0, an
   * errno, or null when it kept silent, as it does towards other namespaces. Throws SocketError.
   */
  begin(drainMs: number = DRAIN_MS): Answer {
    process.on("exit", this.#lastResort);
    let begun = false;
    try {
      const answer = this.#askAgain();
      if (answer !== 0) return answer;
      onEachCpu(this.#c, () => this.#askAgain());
      threadsOfAll((thread, process) => this.#assembler.threads.add(thread, process));
      if (drainMs > 0) {
        this.#timer = setInterval(() => this.#drain(), drainMs);
        this.#timer.unref();
      }
      begun = true;
      return answer;
    } finally {
      if (!begun) this.#release();
    }
  }

  poll(): number {
    if (this.#stopped) return 0;
    const before = this.#assembler.events;
    this.#drain();
    this.#assembler.deliver(monotonicNs());
    return this.#assembler.events - before;
  }

  /** Exit events bear the status of 32-bit programs as well: nothing to do. */
  watch32Bit(_comms: readonly Untrusted[]): void {}

  losses(): number | null {
    return this.#broken ? null : this.#gaps.lost;
  }

  /** Arguments are not recorded here. */
  met(_pid: number, _program: string): void {}

  stop(): SourceLedger {
    if (this.#stopped) return this.#ledger;
    const ledger = this.#ledger;
    try {
      this.#end();
    } finally {
      // Also when the sink throws: the kernel must not go on sending.
      this.#release();
      const { told, inferred, unknown } = this.#assembler.names;
      const { lost } = this.#gaps;
      ledger.events = this.#assembler.events;
      ledger.lost = this.#broken ? null : lost;
      if (lost > 0) {
        this.#notes.push(
          `${lost} of ${lost + this.#received} kernel events were lost, because the socket's buffer was full (${this.#socket.overflows} times)`,
        );
      }
      if (told + inferred + unknown > 0) {
        this.#notes.push(
          `programs of ${told} execs were read in /proc, ${inferred} taken from other children of the same parent, ${unknown} unknown`,
        );
      }
      if (this.#notes.length > 0) ledger.note = this.#notes.join("; ");
    }
    return ledger;
  }

  /** The last events, then one more on each CPU: what is missing before those is lost, too. */
  #end(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    if (this.#broken) return this.#assembler.deliver(Number.POSITIVE_INFINITY);
    this.#drain();
    let silent = 0;
    const visited = onEachCpu(this.#c, () => {
      if (this.#askAgain() === null) silent++;
    });
    if (visited === null || silent > 0) {
      this.#notes.push("losses just before the end are not counted on every CPU");
    }
    this.#drain();
    this.#assembler.deliver(Number.POSITIVE_INFINITY);
  }

  /** Asks to listen until there is an answer: one may be lost where the buffer is full just then. */
  #askAgain(): Answer {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const answer = this.#ask(Operation.listen);
      if (answer !== null) return answer;
    }
    return null;
  }

  /** Sends a control message and reads up to its answer, which the kernel gives before send(2) returns. */
  #ask(operation: number): Answer {
    const mark = this.#mark++;
    this.#socket.send(controlMessage(operation, mark));
    if (operation === Operation.listen) this.#listens++;
    this.#drain(mark + 1);
    const answer = this.#answers.get(mark + 1) ?? null;
    this.#answers.clear();
    return answer;
  }

  #drain(untilAnswer: number | null = null): void {
    if (this.#broken || this.#stopped) return;
    const { buffer } = this.#socket;
    try {
      const atOnce = untilAnswer === null ? AT_ONCE : Number.POSITIVE_INFINITY;
      for (let n = 0; n < atOnce; n++) {
        const length = this.#socket.receive();
        if (length === 0) {
          // Only now everything has been read that happened before the look.
          this.#assembler.lookUp();
          return;
        }
        const event = parseDatagram(buffer, length);
        if ("why" in event) this.#skip(event.why, length);
        else this.#take(event);
        if (untilAnswer !== null && this.#answers.has(untilAnswer)) return;
      }
    } catch (error) {
      this.#broken = true;
      this.#notes.push(`reading the proc connector failed (${reasonOf(error)}): later events are missing`);
    }
  }

  #take(event: ProcEvent): void {
    if (event.cpu !== NO_CPU) this.#gaps.arrived(event.cpu, event.seq);
    // Answers to other listeners come here as well; the numbers tell them apart.
    if (event.what === What.none) this.#answers.set(event.ack, event.fields[0]);
    else {
      this.#received++;
      this.#assembler.take(event);
    }
  }

  #skip(why: string, length: number): void {
    const quote = fromBytes(this.#socket.buffer.subarray(0, Math.min(length, 120)));
    skip(this.#ledger, `datagram ${this.#received + this.#ledger.skipped + 1}`, why, quote);
  }

  /** As many IGNOREs as LISTENs: kernels before 6.6 count them for all sockets together and send while the count is not 0. */
  #release(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    process.removeListener("exit", this.#lastResort);
    if (this.#timer !== null) clearInterval(this.#timer);
    try {
      for (; this.#listens > 0; this.#listens--) this.#socket.send(controlMessage(Operation.ignore, this.#mark++));
    } catch (error) {
      this.#notes.push(`the kernel was not told that nobody listens any more (${reasonOf(error)})`);
    }
    this.#socket.close();
  }
}
