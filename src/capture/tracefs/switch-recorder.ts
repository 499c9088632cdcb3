import { constants } from "node:os";
import type { CpuSlices } from "../../model/cpu.ts";
import { emptyLedger } from "../../model/ledger.ts";
import { joined, monotonicNs, monotonicSplit } from "../../platform/clock.ts";
import { reasonOf } from "../../platform/errno.ts";
import type { CouldNotLook } from "../types.ts";
import { SliceSums, type Resolve } from "./cpu-slices.ts";
import { CpuBuffers, onlineCpus } from "./cpu-buffers.ts";
import { Decoder } from "../../ftrace/decoder.ts";
import type { EventFormat } from "../../ftrace/event-format.ts";
import { parseHeaderPage } from "../../ftrace/header-page.ts";
import { Instance } from "./instance.ts";
import { locateTracefs, releaseTracefs } from "./locate.ts";
import { takeInOrder } from "../../ftrace/merge.ts";
import { IdleGaps } from "./idle-gaps.ts";
import { NEW_TASK, PROBES, PROCESS_FORK, RUNTIME, SWITCH } from "./probes.ts";
import { RecordQueue } from "../../ftrace/record-queue.ts";
import { readHeader } from "./start.ts";

const WHAT = "the CPU time of processes that are dead, by their context switches";
/** More than this of an enormous machine is not worth its memory: the recording ends early. */
const MOST_RECORDS = 1_500_000;
/** Records after which run times, many as they are, are recorded no longer where no switch was found to be missing. */
const MOST_WITH_RUN_TIMES = 200_000;
const EXEC = PROBES.find((probe) => probe.name === "sched_process_exec");

/**
 * Starts to record every context switch of the host in a trace instance of its own, so that the flood cannot push events
 * out of the other one. Returns why not where that cannot be. Never throws for the host's state.
 */
export function recordSwitches(): SwitchRecorder | CouldNotLook {
  const found = locateTracefs();
  if ("code" in found) return cannot(found.why);
  let instance: Instance | null = null;
  let recorder: SwitchRecorder | null = null;
  try {
    instance = new Instance(found.dir);
    recorder = new SwitchRecorder(found.dir, instance);
    recorder.begin();
    return recorder;
  } catch (error) {
    if (recorder !== null) recorder.release();
    else {
      instance?.remove();
      releaseTracefs(found.dir);
    }
    return cannot(reasonOf(error));
  }
}

function cannot(why: string): CouldNotLook {
  return { code: "tracefs.no-switches", what: WHAT, why, remedy: null };
}

/** Whether this kernel leaves out switches from the idle task, as earlier recordings of this run have found. */
let hasIdleGaps: boolean | null = null;

/** A recording of context switches under way. To be ended within a second: this is the costliest of all events. */
export class SwitchRecorder {
  readonly #tracefs: string;
  readonly #instance: Instance;
  readonly #decoder: Decoder;
  readonly #buffers: CpuBuffers;
  readonly #originNs: number;
  readonly #probes: (typeof SWITCH)[];
  readonly #gaps = new IdleGaps();
  readonly #lastResort = (): void => this.release();
  #startNs = 0;
  #runTimes: boolean;
  #released = false;

  /** Opens the buffers; nothing is switched on yet. Throws what the file operations throw. */
  constructor(tracefs: string, instance: Instance) {
    this.#tracefs = tracefs;
    this.#instance = instance;
    instance.write("trace_clock", "mono");
    instance.write("buffer_size_kb", String(bufferKb((onlineCpus() ?? instance.cpus()).length)));
    instance.write("trace_options", "norecord-cmd");
    const layout = parseHeaderPage(readHeader(tracefs, instance, "header_page"));
    if (layout === null) throw new Error("events/header_page of this kernel is not understood");
    // Switches last but for run times, so that no task runs whose birth was not seen.
    const births = instance.has(NEW_TASK) ? NEW_TASK : PROCESS_FORK;
    this.#probes = [births, ...(EXEC !== undefined && instance.has(EXEC) ? [EXEC] : []), SWITCH];
    this.#runTimes = hasIdleGaps !== false && instance.has(RUNTIME);
    if (this.#runTimes) this.#probes.push(RUNTIME);
    const formats = new Map<string, EventFormat>();
    for (const probe of this.#probes) {
      const format = instance.format(probe);
      if (format === null) throw new Error(`the format of ${probe.system}/${probe.name} is not understood`);
      formats.set(probe.name, format);
    }
    this.#decoder = new Decoder(formats, constants.signals.SIGCHLD, new RecordQueue());
    const origin = monotonicSplit();
    this.#originNs = joined(origin);
    this.#buffers = new CpuBuffers(instance, layout, origin, emptyLedger("tracefs", 0));
  }

  /** Switches the events on. */
  begin(): void {
    process.on("exit", this.#lastResort);
    for (const probe of this.#probes) this.#instance.enable(probe);
    this.#startNs = monotonicNs() - this.#originNs;
  }

  /** Seconds recorded so far. */
  seconds(): number {
    return (monotonicNs() - this.#originNs - this.#startNs) / 1e9;
  }

  /** Empties the kernel's buffers. False when so much has come that the recording should end. */
  poll(): boolean {
    this.#buffers.read(this.#decoder, false);
    if (this.#runTimes && hasIdleGaps !== true) this.#judgeGaps();
    return this.#buffers.records < MOST_RECORDS;
  }

  /** Run times go on as long as they may be needed. */
  #judgeGaps(): void {
    hasIdleGaps = this.#gaps.found(this.#buffers.queues);
    if (hasIdleGaps === true || (hasIdleGaps === null && this.#buffers.records < MOST_WITH_RUN_TIMES)) return;
    this.#runTimes = false;
    this.#instance.disableOnly(RUNTIME);
  }

  /** Ends the recording, removes it from the host and adds it up; `CouldNotLook` when it was disturbed. Never throws. */
  finish(resolve: Resolve): CpuSlices | CouldNotLook {
    try {
      const endNs = monotonicNs() - this.#originNs;
      const disturbed = this.#instance.read("tracing_on").startsWith("0");
      const problem = this.#instance.disable();
      if (disturbed || problem !== null) return cannot(problem ?? "somebody switched this recording off");
      this.#buffers.read(this.#decoder, true);
      const { overrun, commitOverrun, dropped } = this.#buffers.kernelLosses();
      const lost = Math.max(overrun + commitOverrun + dropped, this.#buffers.lost);
      const { queues, lostUnknown } = this.#buffers;
      // Takers know a CPU by its queue, which the merge leaves as it is.
      const sums = new SliceSums(this.#startNs);
      takeInOrder(queues, Number.POSITIVE_INFINITY, (queue, at) => {
        if ((queue.ts[at] as number) <= endNs) sums.take(queue, at);
      });
      return sums.finish(endNs, queues.length, lostUnknown > 0 && lost === 0 ? null : lost, resolve);
    } catch (error) {
      return cannot(reasonOf(error));
    } finally {
      this.release();
    }
  }

  /** Removes everything from the host, whatever has happened. Idempotent, never throws. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    process.removeListener("exit", this.#lastResort);
    this.#instance.disable();
    this.#buffers.close();
    this.#instance.remove();
    releaseTracefs(this.#tracefs);
  }
}

/** 4 MiB for each CPU hold half a second of a hundred thousand switches; 128 MiB for all. */
function bufferKb(cpus: number): number {
  return Math.max(1024, Math.min(4096, Math.floor(131_072 / Math.max(cpus, 1))));
}
