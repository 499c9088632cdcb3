import * as fs from "node:fs";
import { errnoOf } from "../../platform/errno.ts";
import { joined, monotonicNs, type SplitTime } from "../../platform/clock.ts";
import { skip, type SourceLedger } from "../../model/ledger.ts";
import { parseStats, type KernelLosses } from "../../ftrace/cpu-stats.ts";
import type { PageLayout } from "../../ftrace/header-page.ts";
import type { Instance } from "./instance.ts";
import { readPage, type RecordVisitor } from "../../ftrace/page.ts";
import type { PageTee } from "../../ftrace/trace-dat/tee.ts";
import { RecordQueue } from "../../ftrace/record-queue.ts";

/** Pages read from one CPU in one go, so that a poll stays short even if the buffers are full. */
const PAGES_A_TURN = 1024;
/** Nothing to read; the CPU is offline or its buffer is being changed (perfetto cpu_reader.cc meets the same). */
const NOTHING = new Set(["EAGAIN", "ENODEV", "ENOMEM", "EBUSY", "EINTR"]);

/** Takes the records of a page and queues them for its CPU. */
export interface QueueingVisitor extends RecordVisitor {
  queue: RecordQueue;
}

interface CpuBuffer {
  cpu: number;
  fd: number;
}

/** The raw ring buffers of all CPUs of an instance, read without ever blocking. */
export class CpuBuffers {
  readonly queues: RecordQueue[] = [];
  /** Per queue: time at which a read began that found its end; older records than that have all been read. */
  readonly readToEnd: number[] = [];
  /** Lost according to the pages themselves. */
  lost = 0;
  /** Pages that say that something was lost and not how much. */
  lostUnknown = 0;
  pages = 0;
  records = 0;
  readonly #instance: Instance;
  readonly #layout: PageLayout;
  readonly #origin: SplitTime;
  readonly #originNs: number;
  readonly #ledger: SourceLedger;
  readonly #page: Buffer;
  readonly #cpus: CpuBuffer[] = [];
  #online: string | null = null;
  readonly #tee: PageTee | null;

  /** `tee` gets a look at every page. */
  constructor(
    instance: Instance,
    layout: PageLayout,
    origin: SplitTime,
    ledger: SourceLedger,
    tee: PageTee | null = null,
  ) {
    this.#tee = tee;
    this.#instance = instance;
    this.#layout = layout;
    this.#origin = origin;
    this.#originNs = joined(origin);
    this.#ledger = ledger;
    this.#page = Buffer.alloc(layout.pageSize);
    this.openOnline();
  }

  /** Opens the buffers of CPUs that are online and not open yet. Returns how many there are now. */
  openOnline(): number {
    const text = onlineText();
    const online = text === null ? null : parseCpuList(text);
    for (const cpu of this.#instance.cpus()) {
      if ((online !== null && !online.includes(cpu)) || this.#cpus.some((open) => open.cpu === cpu)) continue;
      const path = `${this.#instance.dir}/per_cpu/cpu${cpu}/trace_pipe_raw`;
      this.#cpus.push({ cpu, fd: fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK) });
      this.queues.push(new RecordQueue());
      this.readToEnd.push(Number.NEGATIVE_INFINITY);
    }
    this.#online = text;
    return this.#cpus.length;
  }

  /**
   * Reads what is there. A page that is still being filled ends the turn of its CPU, since in a storm the next read would
   * find two or three records, and so on for ever; `toEnd` (after tracing was switched off) reads until nothing is left.
   */
  read(decoder: QueueingVisitor, toEnd: boolean): void {
    // readSync reports EAGAIN by throwing; a stack trace would make that ten times as costly.
    const depth = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    try {
      this.#openNew();
      for (let index = 0; index < this.#cpus.length; index++) this.#readCpu(index, decoder, toEnd);
    } finally {
      Error.stackTraceLimit = depth;
    }
  }

  /** CPUs that came online since the last look: until they are open their records wait, and those of others pass them. */
  #openNew(): void {
    if (onlineText() === this.#online) return;
    try {
      this.openOnline();
    } catch {
      // It is still coming up: the next read tries again.
    }
  }

  #readCpu(index: number, decoder: QueueingVisitor, toEnd: boolean): void {
    const { cpu, fd } = this.#cpus[index] as CpuBuffer;
    decoder.queue = this.queues[index] as RecordQueue;
    const began = monotonicNs() - this.#originNs;
    for (let turns = toEnd ? Number.POSITIVE_INFINITY : PAGES_A_TURN; turns > 0; turns--) {
      let length: number;
      try {
        length = fs.readSync(fd, this.#page, 0, this.#page.length, null);
      } catch (error) {
        if (!NOTHING.has(errnoOf(error))) throw error;
        length = 0;
      }
      if (length === 0) {
        this.readToEnd[index] = began;
        return;
      }
      const reading = readPage(this.#page.subarray(0, length), this.#layout, this.#origin, decoder);
      this.pages++;
      this.records += reading.records;
      this.lost += reading.lost;
      if (reading.lostUnknown) this.lostUnknown++;
      if (reading.problem !== null) {
        const { at, why } = reading.problem;
        skip(this.#ledger, `cpu ${cpu}, page ${this.pages}, byte ${at}`, why, this.#page.toString("hex", at, at + 16));
      }
      this.#tee?.page(cpu, this.#page.subarray(0, length), reading);
      if (!toEnd && reading.used < length >> 1) return;
    }
  }

  /** What the kernel counts for each CPU (per_cpu/cpuN/stats), CPUs that went offline included. */
  stats(): Map<number, string> {
    return new Map(this.#cpus.map(({ cpu }) => [cpu, this.#instance.read(`per_cpu/cpu${cpu}/stats`)]));
  }

  /** Losses of all CPUs as the kernel counts them. */
  kernelLosses(): KernelLosses {
    const sum: KernelLosses = { overrun: 0, commitOverrun: 0, dropped: 0 };
    for (const text of this.stats().values()) {
      const stats = parseStats(text);
      sum.overrun += stats.overrun;
      sum.commitOverrun += stats.commitOverrun;
      sum.dropped += stats.dropped;
    }
    return sum;
  }

  close(): void {
    for (const { fd } of this.#cpus.splice(0)) fs.closeSync(fd);
  }
}

/** CPUs online (`0-3,8`), or null when the kernel does not tell. */
export function onlineCpus(): number[] | null {
  const text = onlineText();
  return text === null ? null : parseCpuList(text);
}

function onlineText(): string | null {
  try {
    return fs.readFileSync("/sys/devices/system/cpu/online", "latin1");
  } catch {
    // Without sysfs all buffers are opened; those of absent CPUs just stay empty.
    return null;
  }
}

/** Reads the kernel's list notation: `0-3,8` (Documentation/core-api/cpu_hotplug, cpumask lists). */
export function parseCpuList(text: string): number[] {
  const cpus: number[] = [];
  for (const part of text.trim().split(",")) {
    const range = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (range === null) continue;
    const last = Math.min(Number(range[2] ?? range[1]), 65_535);
    for (let cpu = Number(range[1]); cpu <= last; cpu++) cpus.push(cpu);
  }
  return cpus;
}
