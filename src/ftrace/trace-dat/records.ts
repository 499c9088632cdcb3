import type { RandomBytes } from "../../model/random-bytes.ts";
import { skip, type SourceLedger } from "../../model/ledger.ts";
import type { SplitTime } from "../../platform/clock.ts";
import type { Decoder } from "../decoder.ts";
import type { PageLayout } from "../header-page.ts";
import { takeInOrder, type RecordTaker } from "../merge.ts";
import { readPage, type RecordVisitor } from "../page.ts";
import { RecordQueue } from "../record-queue.ts";
import type { Unpack } from "./compression.ts";
import { cpuPages } from "./cpu-pages.ts";
import { DamagedTrace, view } from "./cursor.ts";
import type { TraceBuffer } from "./description.ts";

/** What the pages told besides their records. */
export interface PagesRead {
  pages: number;
  records: number;
  /** Lost according to the pages that say how many. */
  lost: number;
  /** Pages that say that something was lost and not how much. */
  lostUnknown: number;
}

interface CpuStream {
  cpu: number;
  pages: Iterator<Uint8Array>;
  queue: RecordQueue;
  done: boolean;
}

/** Pages of a CPU that are read before the others get their turn. */
const TURN = 16;

/**
 * The records of all CPUs of a buffer in time order: each time the CPU that is furthest behind is read on, so no more waits
 * in memory than the CPUs are apart.
 */
export class BufferReader {
  readonly read: PagesRead = { pages: 0, records: 0, lost: 0, lostUnknown: 0 };
  readonly #layout: PageLayout;
  readonly #origin: SplitTime;
  readonly #decoder: Decoder;
  readonly #visitor: RecordVisitor;
  readonly #ledger: SourceLedger;
  readonly #streams: CpuStream[];

  /** Times become nanoseconds since `origin` by multiplying with `scale` (1 for clocks that count them). */
  constructor(
    source: RandomBytes,
    buffer: TraceBuffer,
    how: { layout: PageLayout; unpack: Unpack | null; origin: SplitTime; scale: number },
    decoder: Decoder,
    ledger: SourceLedger,
  ) {
    this.#layout = how.layout;
    this.#origin = how.origin;
    this.#decoder = decoder;
    this.#visitor =
      how.scale === 1
        ? decoder
        : { record: (page, at, length, ts) => decoder.record(page, at, length, ts * how.scale) };
    this.#ledger = ledger;
    this.#streams = buffer.cpus.map((data) => ({
      cpu: data.cpu,
      pages: cpuPages(source, data, how.layout.pageSize, how.unpack),
      queue: new RecordQueue(),
      done: false,
    }));
  }

  /** Reads on and hands over what can be handed over in order. @returns false when everything has been */
  step(take: RecordTaker): boolean {
    let behind: CpuStream | null = null;
    for (const stream of this.#streams)
      if (!stream.done && (behind === null || stream.queue.newest < behind.queue.newest)) behind = stream;
    if (behind !== null) this.#readOn(behind);
    let limit = Number.POSITIVE_INFINITY;
    for (const { done, queue } of this.#streams) if (!done && queue.newest < limit) limit = queue.newest;
    takeInOrder(
      this.#streams.map((stream) => stream.queue),
      limit,
      take,
    );
    return behind !== null;
  }

  #readOn(stream: CpuStream): void {
    this.#decoder.queue = stream.queue;
    try {
      for (let turn = 0; turn < TURN; turn++) {
        const { value, done } = stream.pages.next();
        if (done === true) {
          stream.done = true;
          return;
        }
        this.#page(stream.cpu, value);
      }
    } catch (error) {
      if (!(error instanceof DamagedTrace)) throw error;
      stream.done = true;
      skip(this.#ledger, `cpu ${stream.cpu}, byte ${error.at}`, error.message, "");
    }
  }

  #page(cpu: number, page: Uint8Array): void {
    const { read } = this;
    read.pages++;
    const before = this.#decoder.unknown;
    const reading = readPage(page, this.#layout, this.#origin, this.#visitor);
    read.records += reading.records;
    read.lost += reading.lost;
    if (reading.lostUnknown) read.lostUnknown++;
    const unknown = this.#decoder.unknown - before;
    // The decoder counts them; here is where they stand.
    if (unknown > 0 && this.#ledger.examples.length < 3)
      this.#ledger.examples.push({
        locator: `cpu ${cpu}, page ${read.pages}`,
        why: `${unknown} records of events that the file does not describe, or too short for theirs`,
        quote: "",
      });
    if (reading.problem === null) return;
    const { at, why } = reading.problem;
    const quote = Buffer.from(page.subarray(at, at + 16)).toString("hex");
    skip(this.#ledger, `cpu ${cpu}, page ${read.pages}, byte ${at}`, why, quote);
  }
}

/** The earliest time stamp of a buffer's pages, to be time 0; null when no CPU has a page. Raw: in units of its clock. */
export function earliest(
  source: RandomBytes,
  buffer: TraceBuffer,
  layout: PageLayout,
  unpack: Unpack | null,
): SplitTime | null {
  let first: SplitTime | null = null;
  for (const data of buffer.cpus) {
    let page: Uint8Array | undefined;
    try {
      const next = cpuPages(source, data, layout.pageSize, unpack).next();
      page = next.done === true ? undefined : next.value;
    } catch (error) {
      if (!(error instanceof DamagedTrace)) throw error;
    }
    if (page === undefined || page.length < layout.timestamp + 8) continue;
    const at = view(page);
    const high = at.getUint32(layout.timestamp + 4, true);
    const low = at.getUint32(layout.timestamp, true);
    if (first === null || high < first.high || (high === first.high && low < first.low)) first = { high, low };
  }
  return first;
}
