import { constants } from "node:os";
import { emptyLedger, type SourceLedger } from "../../model/ledger.ts";
import type { EventSink } from "../../model/events.ts";
import type { Untrusted } from "../../model/text.ts";
import { joined, monotonicNs, monotonicSplit, type SplitTime } from "../../platform/clock.ts";
import { reasonOf } from "../../platform/errno.ts";
import { threadsOfAll } from "../procfs/threads-of-all.ts";
import type { CouldNotLook, Observer } from "../types.ts";
import { Assembler } from "../../ftrace/assembler.ts";
import { CallRecorder, type ArgvMode } from "./call-recorder.ts";
import { CpuBuffers } from "./cpu-buffers.ts";
import { Decoder, type Formats } from "../../ftrace/decoder.ts";
import type { PageLayout } from "../../ftrace/header-page.ts";
import type { Instance } from "./instance.ts";
import { releaseTracefs } from "./locate.ts";
import { releasable, takeInOrder } from "../../ftrace/merge.ts";
import type { TraceDescription } from "../../ftrace/trace-dat/head.ts";
import type { PageTee } from "../../ftrace/trace-dat/tee.ts";
import { cannotSee, canFilterBy, filter32, has32BitExits, RAW_ENTER, type Probe } from "./probes.ts";
import { RecordQueue } from "../../ftrace/record-queue.ts";

/**
 * A record reaches its CPU's buffer a little after its time was taken; where the machine is virtual, its CPU may be taken
 * away in between. Records are passed on when they are this much older than the last look at the other CPUs.
 */
const HOLD_BACK_NS = 50e6;
/** How often it is checked that recording is still on and which CPUs are there. */
const CHECK_NS = 1e9;
/** More 32-bit names than this do not fit one filter (a page of text). */
const NAMES_32 = 24;
const ARGUMENTS = "with which arguments programs are executed, and which calls fail";

/** What `startTracefs` has set up. */
export interface Session {
  tracefs: string;
  instance: Instance;
  layout: PageLayout;
  formats: Formats;
  /** Probes that are switched on by `begin`, in this order. */
  probes: Probe[];
  limits: CouldNotLook[];
  /** Gets the raw pages, and what is needed to read them elsewhere. */
  tee: PageTee | null;
  description: TraceDescription;
  argv: ArgvMode;
  argvLimit: number;
}

/** The observer that reads an instance. */
export class TracefsObserver implements Observer {
  readonly kind = "tracefs";
  readonly originNs: number;
  readonly #session: Session;
  readonly #origin: SplitTime = monotonicSplit();
  readonly #ledger: SourceLedger = emptyLedger("tracefs", 0);
  readonly #notes: string[] = [];
  readonly #assembler: Assembler;
  readonly #decoder: Decoder;
  readonly #buffers: CpuBuffers;
  readonly #names32: Untrusted[] = [];
  readonly #refused32 = new Set<Untrusted>();
  readonly #lastResort = (): void => {
    this.stop();
  };
  #calls: CallRecorder | null = null;
  #take: (queue: RecordQueue, at: number) => void;
  #checked = 0;
  #disturbed = false;
  #stopped = false;

  /** Opens the buffers. Throws what that throws; then nothing is switched on yet and the caller removes the instance. */
  constructor(session: Session, sink: EventSink) {
    this.#session = session;
    this.originNs = joined(this.#origin);
    this.#assembler = new Assembler(sink);
    this.#take = (queue, at) => this.#assembler.take(queue, at);
    this.#decoder = new Decoder(session.formats, constants.signals.SIGCHLD, new RecordQueue());
    this.#buffers = new CpuBuffers(session.instance, session.layout, this.#origin, this.#ledger, session.tee);
  }

  get limits(): readonly CouldNotLook[] {
    return [...this.#session.limits, ...(this.#calls?.limits ?? [])];
  }

  /** Switches the events on. On an error everything is undone and the error thrown on. */
  begin(): void {
    process.on("exit", this.#lastResort);
    this.#session.tee?.begin(this.#session.description, this.#session.layout);
    try {
      for (const probe of this.#session.probes) this.#enable(probe);
      // Before, nothing is recorded: a fork without the end that came before exits were switched on would live for ever.
      this.#session.instance.write("tracing_on", "1");
      // Listed after the switch: threads born since are in the trace as well.
      threadsOfAll((thread, process) => this.#assembler.threads.add(thread, process));
      this.#beginCalls();
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /** Arguments and failed calls are an extra: without them the rest is as good. */
  #beginCalls(): void {
    const { tracefs, layout, argv, argvLimit, limits } = this.#session;
    try {
      this.#calls = new CallRecorder(tracefs, layout, this.#origin, argv, argvLimit);
      this.#calls.begin();
    } catch (error) {
      limits.push({ code: "tracefs.no-argv", what: ARGUMENTS, why: reasonOf(error), remedy: null });
    }
  }

  #enable(probe: Probe): void {
    try {
      this.#session.instance.enable(probe);
    } catch (error) {
      if (probe.needed) throw error;
      this.#session.limits.push(cannotSee(probe, `it cannot be switched on (${reasonOf(error)})`));
    }
  }

  poll(): number {
    if (this.#stopped) return 0;
    const before = this.#assembler.events;
    const now = monotonicNs();
    if (now - this.#checked > CHECK_NS) this.#check(now);
    this.#buffers.read(this.#decoder, false);
    this.#calls?.poll(this.#assembler.execs);
    const queues = [...this.#buffers.queues, ...(this.#calls?.queues ?? [])];
    const readToEnd = [...this.#buffers.readToEnd, ...(this.#calls?.readToEnd ?? [])];
    takeInOrder(queues, releasable(queues, readToEnd, HOLD_BACK_NS), this.#take);
    return this.#assembler.events - before;
  }

  met(pid: number, program: string): void {
    this.#calls?.met(pid, program);
  }

  watch32Bit(comms: readonly Untrusted[]): void {
    const { instance, formats } = this.#session;
    if (this.#stopped || !has32BitExits() || !formats.has(RAW_ENTER.name)) return;
    const fresh = comms.filter((comm) => !this.#names32.includes(comm) && !this.#refused32.has(comm));
    if (fresh.length === 0) return;
    for (const comm of fresh) {
      if (canFilterBy(comm) && this.#names32.length < NAMES_32) this.#names32.push(comm);
      else this.#refused32.add(comm);
    }
    try {
      if (this.#names32.length > 0) instance.enable({ ...RAW_ENTER, filter: filter32(this.#names32) });
    } catch (error) {
      this.#note(`the kernel refused the filter for exits of 32-bit programs (${reasonOf(error)})`);
      this.#names32.length = 0;
    }
  }

  losses(): number | null {
    if (this.#stopped) return this.#ledger.lost;
    if (this.#disturbed) return null;
    try {
      return this.#lost();
    } catch {
      // The instance is gone: `poll` notices that too, and `stop` says so.
      return null;
    }
  }

  stop(): SourceLedger {
    if (this.#stopped) return this.#ledger;
    this.#stopped = true;
    process.removeListener("exit", this.#lastResort);
    const { instance } = this.#session;
    const ledger = this.#ledger;
    this.#guard("looking at the trace instance at the end", () => this.#check(monotonicNs()));
    const disabled = instance.disable();
    if (disabled !== null) this.#note(`the trace instance could not be switched off (${disabled})`);
    this.#guard("reading the last events", () => this.#buffers.read(this.#decoder, true));
    this.#calls?.end();
    for (const note of this.#calls?.notes ?? []) this.#note(note);
    const queues = [...this.#buffers.queues, ...(this.#calls?.queues ?? [])];
    try {
      takeInOrder(queues, Number.POSITIVE_INFINITY, this.#take);
    } finally {
      // Also when the sink throws: nothing may be left on the host.
      this.#tearDown();
    }
    ledger.events = this.#assembler.events;
    ledger.skipped += this.#decoder.unknown;
    if (this.#assembler.late > 0)
      this.#note(`${this.#assembler.late} kernel records came too late for their place in time`);
    if (this.#refused32.size > 0) {
      this.#note(
        `exit codes of ${this.#refused32.size} 32-bit programs are unknown: their names cannot be written in a kernel filter`,
      );
    }
    if (this.#notes.length > 0) ledger.note = this.#notes.join("; ");
    return ledger;
  }

  #tearDown(): void {
    const { instance, tracefs } = this.#session;
    this.#guard("counting losses", () => this.#countLosses());
    this.#guard("keeping the pages", () => this.#session.tee?.end(this.#buffers.stats()));
    this.#buffers.close();
    const left = instance.remove();
    if (left !== null) this.#note(`the trace instance ${instance.dir} could not be removed (${left})`);
    this.#guard("unmounting tracefs", () => {
      const mounted = releaseTracefs(tracefs);
      if (mounted !== null) this.#note(mounted);
    });
  }

  /** A reset by somebody else takes the kernel's counts back, but not those that the pages brought. */
  #lost(): number {
    const { overrun, commitOverrun, dropped } = this.#buffers.kernelLosses();
    return Math.max(overrun + commitOverrun + dropped, this.#buffers.lost);
  }

  #countLosses(): void {
    const lost = this.#lost();
    this.#ledger.lost = this.#disturbed ? null : lost;
    if (lost > 0) {
      this.#note(`${lost} of ${lost + this.#buffers.records} kernel records were lost, because the buffers were full`);
    }
  }

  /** Somebody else may switch tracing off (`trace-cmd reset` does so in all instances): then say so. */
  #check(now: number): void {
    this.#checked = now;
    const { instance } = this.#session;
    try {
      this.#buffers.openOnline();
      if (this.#disturbed) return;
      const on =
        instance.read("tracing_on").startsWith("1") &&
        instance.read("events/sched/sched_process_exit/enable").startsWith("1");
      if (on) return;
      this.#disturbed = true;
      this.#note(
        `somebody switched this recording off, noticed ${seconds(now - this.originNs)} s after its start: later events are missing`,
      );
    } catch (error) {
      if (this.#disturbed) return;
      this.#disturbed = true;
      this.#note(
        `the trace instance cannot be reached any more (${reasonOf(error)}), noticed ${seconds(now - this.originNs)} s after its start`,
      );
    }
  }

  #guard(doing: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#note(`${doing} failed (${reasonOf(error)})`);
      this.#ledger.lost = null;
    }
  }

  #note(text: string): void {
    this.#notes.push(text);
  }
}

function seconds(ns: number): string {
  return (ns / 1e9).toFixed(1);
}
