import { emptyLedger } from "../../../model/ledger.ts";
import { fromBytes, type Untrusted } from "../../../model/text.ts";
import type { FormatReader, StreamReading } from "../../types.ts";
import { Lines, type LineCounts } from "../../text/lines.ts";
import { lossOf } from "../loss-lines.ts";
import { findRecord, newHeader } from "../record-header.ts";
import { typeName } from "../record-types.ts";
import { Tally } from "../tally.ts";
import { tellsOf } from "../tells.ts";
import { translated } from "../translated.ts";
import { whyNoRecord } from "../why-no-record.ts";
import { Assembler, type HeldEvent } from "./assembler.ts";
import type { AuditEventSink } from "./event.ts";
import type { Reading } from "./record.ts";
import { isIncomplete, readEvent } from "./whole-event.ts";

/** More names than this share one host. */
const MOST_HOSTS = 64;
/** A closed event of a log that is still written waits so long for stragglers, any other so long (ausearch waits 2 s). */
const CLOSED_MS = 200;
const OPEN_MS = 2000;

/** What is known about the completeness of a log of events. */
export interface EventCounts extends LineCounts {
  events: number;
  /** Events that came late or lack records. */
  late: number;
  incomplete: number;
  /** What the kernel says it lost: the number (null: it says that, not how many), and lines that say so. Hard evidence. */
  lost: number | null;
  lossLines: number;
  /** Serial numbers that never came. Only a hint: excluded records use numbers too. */
  serialGaps: number;
  /** Times that auditing was switched off within the log. */
  switchedOff: number;
}

/**
 * Reads audit records of every type into whole events with all their fields understood. Beside `AuditReader`, which only wants
 * what processes do and is much faster for it.
 */
export class AuditEventReader implements FormatReader {
  readonly #sink: AuditEventSink;
  readonly #reading: Reading;
  readonly #mayBeWanted: (held: HeldEvent) => boolean;
  readonly #header = newHeader();
  readonly #hosts = new Map<Untrusted | null, Assembler>();
  readonly ledger = emptyLedger("audit", null);
  readonly #lines: Lines;
  readonly #counts = {
    events: 0,
    late: 0,
    incomplete: 0,
    lost: null as number | null,
    lossLines: 0,
    switchedOff: 0,
  };
  #now = 0;
  #firstMs = Number.POSITIVE_INFINITY;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** @param mayBeWanted asked before an event is understood, which is the most of the work; false: it is counted and not told */
  constructor(sink: AuditEventSink, reading: Reading, mayBeWanted: (held: HeldEvent) => boolean = () => true) {
    this.#sink = sink;
    this.#reading = reading;
    this.#mayBeWanted = mayBeWanted;
    this.#lines = new Lines(this.ledger, (bytes, from, to) => this.#line(bytes, from, to));
  }

  push(chunk: Uint8Array, file: string): void {
    this.#now = performance.now();
    this.#lines.push(chunk, file);
  }

  /** For a log that is still being written: tells the events that no record has joined for a while. To be called now and then. */
  tellQuiet(): void {
    const now = performance.now();
    for (const host of this.#hosts.values()) host.tellQuiet(now - CLOSED_MS, now - OPEN_MS);
  }

  /** Counts so far. */
  counts(): EventCounts {
    const serialGaps = [...this.#hosts.values()].reduce((sum, host) => sum + host.serials.gaps, 0);
    return { ...this.#lines.counts(), ...this.#counts, serialGaps };
  }

  end(): StreamReading {
    this.#lines.end();
    for (const host of this.#hosts.values()) host.end();
    const counts = this.counts();
    this.ledger.events = counts.events;
    this.ledger.lost = counts.lost;
    const any = Number.isFinite(this.#firstMs);
    return {
      ledger: this.ledger,
      tells: tellsOf(new Tally()),
      originEpochMs: any ? this.#firstMs : null,
      seconds: any ? (this.#lastMs - this.#firstMs) / 1000 : 0,
      hosts: [...this.#hosts.keys()].filter((name) => name !== null),
      remarks: [],
    };
  }

  #where(): { file: string; line: number } {
    return { file: this.#lines.file ?? "input", line: this.#lines.line };
  }

  #line(bytes: Uint8Array, from: number, to: number): void {
    let start = from;
    while (start < to && (isBlank(bytes[start] as number) || isByteOrderMark(bytes, start)))
      start += isByteOrderMark(bytes, start) ? 3 : 1;
    if (start === to || bytes[start] === 0x23) {
      if (start === to && bytes.subarray(from, to).includes(0))
        return this.#lines.skip("only NUL bytes", bytes, from, to);
      this.#lines.blank++;
      return;
    }
    if (this.#record(bytes, start, to, false)) return;
    const loss = lossOf(bytes, start, to);
    if (loss !== null) {
      this.#lines.parsed++;
      this.#counts.lossLines++;
      if (loss.lost !== null) this.#counts.lost = Math.max(this.#counts.lost ?? 0, loss.lost);
      return;
    }
    const other = translated(bytes, start, to);
    if (other === "separator") {
      this.#lines.blank++;
      return;
    }
    if (other !== null) {
      const line = Buffer.from(`${other.line}\n`, "latin1");
      if (this.#record(line, 0, line.length - 1, other.local)) return;
    }
    this.#lines.skip(whyNoRecord(bytes, start, to), bytes, start, to);
  }

  #record(bytes: Uint8Array, from: number, to: number, local: boolean): boolean {
    const header = this.#header;
    const found = findRecord(bytes, from, to, header);
    if (found === null) return false;
    const name =
      found.node === null
        ? null
        : fromBytes(bytes.subarray(found.node.from, Math.min(found.node.to, found.node.from + 256)));
    const type = typeName(found.type);
    const body = Buffer.from(bytes.buffer, bytes.byteOffset + header.body, to - header.body).toString("latin1");
    this.#lines.parsed++;
    if (header.ms < this.#firstMs) this.#firstMs = header.ms;
    if (header.ms > this.#lastMs) this.#lastMs = header.ms;
    if (type === "CONFIG_CHANGE" && /\baudit_enabled=0\b/.test(body)) this.#counts.switchedOff++;
    this.#hostOf(name).add({ type, body }, header.ms, header.serial, local, this.#now, () => this.#where());
    return true;
  }

  #hostOf(name: Untrusted | null): Assembler {
    let host = this.#hosts.get(name);
    if (host !== undefined) return host;
    if (this.#hosts.size >= MOST_HOSTS) return this.#hosts.values().next().value as Assembler;
    host = new Assembler(name, (event) => this.#tell(event));
    this.#hosts.set(name, host);
    return host;
  }

  #tell(held: HeldEvent): void {
    this.#counts.events++;
    if (held.late) this.#counts.late++;
    if (!this.#mayBeWanted(held)) {
      if (isIncomplete(held, this.#reading)) this.#counts.incomplete++;
      return;
    }
    const event = readEvent(held, this.#reading);
    if (event.missing.length > 0) this.#counts.incomplete++;
    this.#sink(event);
  }
}

function isBlank(byte: number): boolean {
  return byte <= 0x20;
}

function isByteOrderMark(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf;
}
