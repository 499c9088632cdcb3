import { constants } from "node:os";
import type { CallSink } from "../../model/calls.ts";
import { emptyLedger, type SourceLedger } from "../../model/ledger.ts";
import { joined, monotonicNs, monotonicSplit } from "../../platform/clock.ts";
import { reasonOf } from "../../platform/errno.ts";
import { CALL_ENTER, CALL_EXIT, Decoder, LIBRARY_CALL } from "../../ftrace/decoder.ts";
import type { EventFormat } from "../../ftrace/event-format.ts";
import { parseHeaderPage } from "../../ftrace/header-page.ts";
import { releasable, takeInOrder } from "../../ftrace/merge.ts";
import { RecordQueue } from "../../ftrace/record-queue.ts";
import { factsOf } from "../procfs/facts.ts";
import { CpuBuffers, onlineCpus } from "../tracefs/cpu-buffers.ts";
import { Instance, removeLeftovers } from "../tracefs/instance.ts";
import { locateTracefs, releaseTracefs } from "../tracefs/locate.ts";
import { NEW_TASK, PROBES, PROCESS_FORK, type Probe } from "../tracefs/probes.ts";
import { defaultBufferKb, readHeader } from "../tracefs/start.ts";
import { removeLeftoverProbes } from "../tracefs/probe-group.ts";
import type { CouldNotLook } from "../types.ts";
import type { Untrusted } from "../../model/text.ts";
import type { Abis } from "./abi.ts";
import { BusyProbes } from "./busy-probes.ts";
import { CallAssembler } from "./call-assembler.ts";
import type { ProbePlace } from "./imports.ts";
import { LibraryProbes } from "./library-probes.ts";
import { addPids, castNet, limitTo, withDescendants, type Scope } from "./scope.ts";

export const WHAT = "the system calls of a program, by the kernel's tracepoints";
/** Records of one CPU wait this long for older ones of another, as those of the other observer. */
const HOLD_BACK_NS = 50e6;
/** A net is cast again until a storm whose generations live that long is in it as well. */
const NETS_NS = [0.02e9, 0.06e9, 0.15e9, 0.4e9];
const CALLS: readonly Probe[] = ["sys_enter", "sys_exit"].map((name) => ({
  system: "raw_syscalls",
  name,
  filter: null,
  costs: "the system calls stay unknown",
  needed: true,
}));
/** Which calls to record. */
export interface Wanted {
  system: boolean;
  library: readonly ProbePlace[];
}

const ENDS = new Set(["sched_process_exec", "sched_process_exit", "signal_generate", "signal_deliver"]);

/**
 * Starts to record the system calls of a tree of processes in a trace instance of its own, without ptrace. Returns why
 * not where that cannot be. Never throws for the host's state.
 */
export function traceCalls(sink: CallSink, scope: Scope, abis: Abis, wanted: Wanted): CallTrace | CouldNotLook {
  const found = locateTracefs();
  if ("code" in found) return { ...found, what: WHAT };
  let instance: Instance | null = null;
  let library: LibraryProbes | null = null;
  let trace: CallTrace | null = null;
  try {
    removeLeftovers(found.dir);
    removeLeftoverProbes(found.dir);
    instance = new Instance(found.dir);
    library = new LibraryProbes(found.dir, instance, wanted.library, sink);
    trace = new CallTrace({ tracefs: found.dir, instance, library, sink, scope, abis, system: wanted.system });
    trace.begin();
    return trace;
  } catch (error) {
    if (trace !== null) trace.release();
    else {
      library?.release();
      instance?.remove();
      releaseTracefs(found.dir);
    }
    return { code: "tracefs.no-calls", what: WHAT, why: reasonOf(error), remedy: null };
  }
}

/** What a recording is made of. */
interface TraceParts {
  tracefs: string;
  instance: Instance;
  library: LibraryProbes;
  sink: CallSink;
  scope: Scope;
  abis: Abis;
  /** Record system calls. */
  system: boolean;
}

/** A recording of calls under way. */
export class CallTrace {
  readonly originNs: number;
  readonly #tracefs: string;
  readonly #instance: Instance;
  readonly #sink: CallSink;
  readonly #scope: Scope;
  readonly #abis: Abis;
  readonly #decoder: Decoder;
  readonly #buffers: CpuBuffers;
  readonly #assembler: CallAssembler;
  readonly #library: LibraryProbes;
  readonly #busy: BusyProbes;
  readonly #probes: readonly Probe[];
  readonly #ledger: SourceLedger = emptyLedger("tracefs", 0);
  readonly #lastResort = (): void => this.release();
  #nets = 0;
  #startNs = 0;
  #released = false;

  /** Opens the buffers; nothing is switched on yet. Throws what the file operations throw. */
  constructor(parts: TraceParts) {
    const { tracefs, instance, library, sink, scope, abis, system } = parts;
    this.#tracefs = tracefs;
    this.#instance = instance;
    this.#sink = sink;
    this.#scope = scope;
    this.#abis = abis;
    instance.write("trace_clock", "mono");
    instance.write("buffer_size_kb", String(defaultBufferKb((onlineCpus() ?? instance.cpus()).length)));
    instance.write("trace_options", "norecord-cmd");
    const layout = parseHeaderPage(readHeader(tracefs, instance, "header_page"));
    if (layout === null) throw new Error("events/header_page of this kernel is not understood");
    const births = instance.has(NEW_TASK) ? NEW_TASK : PROCESS_FORK;
    this.#library = library;
    this.#busy = new BusyProbes(library.probes.length, monotonicNs() / 1e9);
    this.#assembler = new CallAssembler(sink, abis, library.calls, this.#busy);
    const others = PROBES.filter((probe) => ENDS.has(probe.name) && instance.has(probe));
    // Births last, so that all that a process does is recorded once its birth is.
    this.#probes = [...(system ? CALLS : []), ...library.probes, ...others, births];
    const formats = new Map<string, EventFormat>();
    for (const probe of this.#probes) {
      const format = instance.format(probe);
      if (format === null) throw new Error(`the format of ${probe.system}/${probe.name} is not understood`);
      formats.set(this.#formatName(probe), format);
    }
    this.#decoder = new Decoder(formats, constants.signals.SIGCHLD, new RecordQueue());
    const origin = monotonicSplit();
    this.originNs = joined(origin);
    this.#buffers = new CpuBuffers(instance, layout, origin, this.#ledger);
  }

  /** Limits the instance to the scope and switches the events on. */
  begin(): void {
    process.on("exit", this.#lastResort);
    const first = withDescendants(this.#scope.seeds);
    for (const pid of first) this.#introduce(pid);
    limitTo(this.#instance, this.#scope, first);
    // Whoever was forked between the look at /proc and the kernel's taking the list.
    const late = withDescendants(this.#scope.seeds).filter((pid) => !first.includes(pid));
    for (const pid of late) this.#introduce(pid);
    addPids(this.#instance, late);
    for (const probe of this.#probes) this.#instance.enable(probe);
    this.#startNs = monotonicNs();
  }

  /** Reads what there is by now. Never blocks. */
  poll(): void {
    if (this.#released) return;
    const now = monotonicNs();
    const next = NETS_NS[this.#nets];
    if (this.#scope.net && next !== undefined && now - this.#startNs > next) {
      this.#nets++;
      castNet(this.#instance);
    }
    this.#buffers.read(this.#decoder, false);
    const { queues, readToEnd } = this.#buffers;
    takeInOrder(queues, releasable(queues, readToEnd, HOLD_BACK_NS), (queue, at) => this.#assembler.take(queue, at));
    for (const probe of this.#busy.tooBusy(now / 1e9)) this.#library.drop(probe);
  }

  /** Library functions that were called too often to go on recording them. */
  get dropped(): readonly Untrusted[] {
    return this.#library.dropped;
  }

  /** Ends the recording, passes the rest on, removes everything from the host, and gives the account. Never throws. */
  stop(): SourceLedger {
    const ledger = this.#ledger;
    try {
      const disturbed = this.#instance.read("tracing_on").startsWith("0");
      const problem = this.#instance.disable();
      this.#library.end(() => this.#buffers.read(this.#decoder, true));
      takeInOrder(this.#buffers.queues, Number.POSITIVE_INFINITY, (queue, at) => this.#assembler.take(queue, at));
      const { overrun, commitOverrun, dropped } = this.#buffers.kernelLosses();
      const lost = Math.max(overrun + commitOverrun + dropped, this.#buffers.lost);
      ledger.lost = disturbed || (lost === 0 && this.#buffers.lostUnknown > 0) ? null : lost;
      if (disturbed || problem !== null) ledger.note = problem ?? "somebody switched this recording off";
    } catch (error) {
      ledger.lost = null;
      ledger.note = `reading the last calls failed (${reasonOf(error)})`;
    } finally {
      this.release();
    }
    ledger.events = this.#assembler.calls;
    ledger.skipped += this.#decoder.unknown;
    return ledger;
  }

  /** Removes everything from the host, whatever has happened. Idempotent, never throws. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    process.removeListener("exit", this.#lastResort);
    this.#instance.disable();
    this.#buffers.close();
    this.#library.release();
    this.#instance.remove();
    releaseTracefs(this.#tracefs);
  }

  #formatName(probe: Probe): string {
    const index = this.#library.probes.indexOf(probe);
    if (index >= 0) return `${LIBRARY_CALL}${index}`;
    return probe === CALLS[0] ? CALL_ENTER : probe === CALLS[1] ? CALL_EXIT : probe.name;
  }

  #introduce(pid: number): void {
    const facts = factsOf(pid, null);
    if (facts === null) return;
    this.#abis.known(pid);
    for (const thread of facts.threads) this.#assembler.threads.add(thread, pid);
    this.#sink.known(pid, facts.exe, facts.comm);
  }
}
