import type { EventSink } from "../../model/events.ts";
import { emptyLedger } from "../../model/ledger.ts";
import type { Untrusted } from "../../model/text.ts";
import { nameOfArgumentZero } from "../text/argument-zero.ts";
import { fromLatin1 } from "../text/latin1.ts";
import { Lines } from "../text/lines.ts";
import { PrintedClock } from "../text/printed-clock.ts";
import type { FormatReader, SinkOf, StreamReading } from "../types.ts";
import { columnsOf, hostOf, readTask, type Columns, type TaskLine } from "./line.ts";
import { noteOf, tellsOf, type Tally } from "./tells.ts";

const TICK = 1e9;
const LONGEST = 16_384;
const MOST_NAMES = 65_536;
/** TASK_COMM_LEN less its zero; with -l and in wider kernel threads there is more. */
const NAME = 15;

/** Reads what pidstat(1) of sysstat prints, with any of its options: which processes lived at its samples. */
export class PidstatReader implements FormatReader {
  readonly #sinkOf: SinkOf;
  readonly #ledger = emptyLedger("pidstat", null);
  readonly #tally: Tally = { tasks: 0, busiest: null };
  readonly #clock = new PrintedClock();
  readonly #names = new Map<number, Untrusted>();
  readonly #lines: Lines;
  #columns: Columns | null = null;
  #sink: EventSink | null = null;
  #events = 0;
  #originEpochMs: number | null = null;

  constructor(sinkOf: SinkOf) {
    this.#sinkOf = sinkOf;
    this.#lines = new Lines(this.#ledger, (bytes, from, to) => this.#line(bytes, from, to));
  }

  push(chunk: Uint8Array, file: string): void {
    this.#lines.push(chunk, file);
  }

  end(): StreamReading {
    this.#lines.end();
    this.#ledger.events = this.#events;
    this.#ledger.note = noteOf(this.#tally);
    return {
      ledger: this.#ledger,
      tells: tellsOf(),
      originEpochMs: this.#originEpochMs,
      seconds: this.#events === 0 ? 0 : Math.max(1, this.#clock.now / 1e9),
      hosts: [],
      stampNs: TICK,
      remarks: [{ code: "pidstat.lines", args: { ...this.#lines.counts() } }],
    };
  }

  #line(bytes: Uint8Array, from: number, to: number): void {
    const text = Buffer.from(bytes.subarray(from, Math.min(to, from + LONGEST))).toString("latin1");
    if (text.trim() === "") {
      this.#lines.blank++;
      return;
    }
    if (hostOf(text) !== null) {
      // Another run, perhaps of another host.
      this.#names.clear();
      this.#clock.restart();
      this.#lines.parsed++;
      return;
    }
    const columns = columnsOf(text);
    if (columns !== null) {
      this.#columns = columns;
      this.#lines.parsed++;
      return;
    }
    const task = this.#columns === null ? null : readTask(text, this.#columns);
    if (task === null)
      return this.#lines.skip(
        this.#columns === null ? "no header has named the columns" : "no line of pidstat",
        bytes,
        from,
        to,
      );
    this.#lines.parsed++;
    if (task.time !== null && task.pid > 0) this.#take(task, task.time);
  }

  #take({ isOfDay, pid, command, cpu }: TaskLine, time: number): void {
    if (isOfDay) this.#clock.ofDay(time, TICK);
    else {
      if (this.#originEpochMs === null && this.#events === 0) this.#originEpochMs = time / 1e6;
      this.#clock.since(time, TICK);
    }
    // With -l a file mostly stands first; task names may hold blanks and slashes, as kworker/0:1 does.
    const comm = /^\.{0,2}\//.test(command)
      ? nameOfArgumentZero(command.split(" ", 1)[0] ?? "")
      : fromLatin1(command.slice(0, NAME));
    const { busiest } = this.#tally;
    if (cpu !== null && cpu > (busiest?.percent ?? 0)) this.#tally.busiest = { comm, pid, percent: cpu };
    if (this.#names.get(pid) === comm) return;
    this.#tally.tasks++;
    this.#names.delete(pid);
    if (this.#names.size >= MOST_NAMES) this.#names.delete(this.#names.keys().next().value as number);
    this.#names.set(pid, comm);
    this.#events++;
    this.#sink ??= this.#sinkOf(null);
    this.#sink({ type: "seen", ts: this.#clock.now, pid, ppid: null, comm, exe: null, abi: null });
  }
}
