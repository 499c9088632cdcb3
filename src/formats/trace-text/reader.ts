import { Assembler } from "../../ftrace/assembler.ts";
import { RecordQueue } from "../../ftrace/record-queue.ts";
import type { EventSink } from "../../model/events.ts";
import { emptyLedger } from "../../model/ledger.ts";
import { Lines } from "../text/lines.ts";
import { counting, noCounts } from "../trace-dat/counts.ts";
import { Doubles } from "../trace-dat/doubles.ts";
import { tellsOf, type Recorder } from "../trace-dat/tells.ts";
import type { FormatReader, SinkOf, StreamReading } from "../types.ts";
import type { Leader, ReadLeader } from "./leader.ts";
import { Losses } from "./lost.ts";
import { eventOf, queueRecord } from "./records.ts";
import { Stamps } from "./stamps.ts";

/** Lines over which one record may go, since a task name can hold line feeds. */
const MOST_LINES = 5;
const LONGEST = 16_384;

/** One sort of text that tells of the kernel's trace events. */
export interface Dialect {
  /** `Format.id`. */
  id: string;
  leader: ReadLeader;
  recorder: Recorder;
  /** Lines without a leader that belong to it: headers, stacks. */
  isOther(line: string): boolean;
}

/** Reads such text line by line; what an event means, the assembler of raw pages knows. */
export class TraceTextReader implements FormatReader {
  readonly #dialect: Dialect;
  readonly #sinkOf: SinkOf;
  readonly #ledger;
  readonly #lines: Lines;
  readonly #stamps = new Stamps();
  readonly #losses = new Losses();
  readonly #counts = noCounts();
  readonly #doubles = new Doubles();
  readonly #queue = new RecordQueue();
  readonly #assembler: Assembler;
  readonly #seen = new Set<string>();
  #sink: EventSink | null = null;
  #others = 0;
  /** A record whose fields go on in the next line, with the lines it has had. */
  #open: { leader: Leader; lines: { at: string; bytes: Buffer }[] } | null = null;

  constructor(sinkOf: SinkOf, dialect: Dialect) {
    this.#dialect = dialect;
    this.#sinkOf = sinkOf;
    this.#ledger = emptyLedger(dialect.id, null);
    this.#assembler = new Assembler(
      counting((event) => {
        this.#sink ??= this.#sinkOf(null);
        this.#sink(event);
      }, this.#counts),
    );
    this.#lines = new Lines(
      this.#ledger,
      (bytes, from, to) => this.#line(Buffer.from(bytes.subarray(from, to))),
      () => this.#giveUp(),
    );
  }

  push(chunk: Uint8Array, file: string): void {
    this.#lines.push(chunk, file);
  }

  end(): StreamReading {
    this.#lines.end();
    const { tick, setBack, originEpochMs, last } = this.#stamps;
    this.#ledger.events = this.#assembler.events;
    this.#ledger.lost = this.#losses.lost;
    const notes = [this.#losses.lost === 0 ? "no line tells of lost events" : "lines tell of lost events"];
    if (this.#others > 0) notes.push(`${this.#others} records of other events`);
    if (tick === null) notes.push("the clock does not tell seconds: only the order counts");
    if (setBack > 0) notes.push(`times go back by ${(setBack / 1e9).toFixed(0)} s`);
    this.#ledger.note = notes.join("; ");
    return {
      ledger: this.#ledger,
      tells: tellsOf(this.#counts, (event) => this.#seen.has(event), this.#dialect.recorder),
      originEpochMs,
      seconds: tick === null ? 0 : last / 1e9,
      hosts: [],
      stampNs: tick,
      remarks: [{ code: `${this.#dialect.id}.lines`, args: { ...this.#lines.counts() } }],
    };
  }

  #line(bytes: Buffer): void {
    const line = bytes.subarray(0, LONGEST).toString("latin1");
    if (this.#open !== null) {
      const { leader, lines } = this.#open;
      const whole = { ...leader, fields: `${leader.fields}\n${line}` };
      if (this.#take(whole)) {
        this.#lines.parsed += lines.length + 1;
        this.#open = null;
        return;
      }
      if (this.#dialect.leader(line) === null && lines.length < MOST_LINES - 1) {
        this.#open = { leader: whole, lines: [...lines, { at: this.#lines.where(), bytes }] };
        return;
      }
      this.#giveUp();
    }
    if (line.trim() === "") {
      this.#lines.blank++;
      return;
    }
    const leader = this.#dialect.leader(line);
    if (leader === null) {
      if (this.#losses.line(line) || this.#dialect.isOther(line)) this.#lines.parsed++;
      else this.#lines.skip("no record of a trace", bytes);
    } else if (this.#losses.record(leader.event, leader.fields)) this.#lines.parsed++;
    else if (this.#take(leader)) this.#lines.parsed++;
    else this.#open = { leader, lines: [{ at: this.#lines.where(), bytes }] };
  }

  /** @returns false when the fields are not (all) there */
  #take(leader: Leader): boolean {
    const queue = this.#queue;
    const outcome = queueRecord(leader, 0, queue);
    if (outcome === "unfit") return false;
    const ts = this.#isTimed(leader) ? this.#stamps.next(leader) : this.#stamps.last;
    if (outcome === "unknown") this.#others++;
    else this.#seen.add(eventOf(leader));
    for (; queue.head < queue.tail; queue.head++) {
      queue.ts[queue.head] = ts;
      if (this.#doubles.isNew(queue, queue.head)) this.#assembler.take(queue, queue.head);
    }
    queue.settle();
    return true;
  }

  /** perf puts what happened before its recording at time 0. */
  #isTimed({ event }: Leader): boolean {
    return !event.startsWith("PERF_RECORD_");
  }

  /** The record that waited for its rest is none. */
  #giveUp(): void {
    const open = this.#open;
    this.#open = null;
    for (const { at, bytes } of open?.lines ?? [])
      this.#lines.skip("fields that are not those of its event", bytes, 0, bytes.length, at);
  }
}
