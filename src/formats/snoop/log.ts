import type { EventSink, ProcessEvent } from "../../model/events.ts";
import { emptyLedger, type SourceLedger } from "../../model/ledger.ts";
import { Lines } from "../text/lines.ts";
import { PrintedClock } from "../text/printed-clock.ts";
import type { SinkOf, StreamReading, Tells } from "../types.ts";
import { lossIn } from "./losses.ts";
import type { Stamp } from "./stamp.ts";

/** What the format of such a log knows. */
export interface SnoopDialect {
  /** `Format.id`. */
  id: string;
  /** Whether the line names the columns; lines before the first such line cannot be read. */
  header(line: string): boolean;
  /** Takes a line of the table. @returns whether it is one */
  row(bytes: Uint8Array, from: number, to: number): boolean;
  /** Takes what goes on with the row before, where an argument holds a line feed. @returns whether it does */
  rest(bytes: Uint8Array, from: number, to: number): boolean;
  /** A file ends: nothing goes on. */
  ends(): void;
}

const LONGEST_HEADER = 256;

/** What readers of tables by bcc, libbpf-tools and bpftrace do with a stream: headers, rows, losses, the account. */
export class SnoopLog {
  readonly clock = new PrintedClock();
  readonly lines: Lines;
  readonly ledger: SourceLedger;
  readonly #dialect: SnoopDialect;
  readonly #sinkOf: SinkOf;
  #sink: EventSink | null = null;
  #events = 0;
  #lost = 0;
  #hasHeader = false;

  constructor(sinkOf: SinkOf, dialect: SnoopDialect) {
    this.#sinkOf = sinkOf;
    this.#dialect = dialect;
    this.ledger = emptyLedger(dialect.id, null);
    this.lines = new Lines(
      this.ledger,
      (bytes, from, to) => this.#line(bytes, from, to),
      () => dialect.ends(),
    );
  }

  /** Takes the time of the next line; undefined where it has none. */
  advance(stamp: Pick<Stamp, "ns" | "tick" | "isOfDay"> | undefined): void {
    const { clock } = this;
    if (stamp === undefined) clock.order();
    else if (stamp.isOfDay) clock.ofDay(stamp.ns, stamp.tick);
    else clock.since(stamp.ns, stamp.tick);
  }

  handOn(event: ProcessEvent): void {
    this.#events++;
    this.#sink ??= this.#sinkOf(null);
    this.#sink(event);
  }

  /** The account; `more` is what the format has to say beside it. */
  end(tells: () => Tells, more: () => Partial<StreamReading> & { note: string }): StreamReading {
    this.lines.end();
    const { ledger, clock, lines } = this;
    const { note, ...rest } = more();
    ledger.events = this.#events;
    ledger.lost = this.#lost > 0 ? this.#lost : null;
    ledger.note = this.#lost > 0 ? `lines tell of lost events; ${note}` : note;
    const { tick } = clock;
    return {
      ledger,
      tells: tells(),
      originEpochMs: null,
      seconds: tick === null || this.#events === 0 ? 0 : Math.max(tick, clock.now) / 1e9,
      hosts: [],
      stampNs: tick,
      remarks: [{ code: `${this.#dialect.id}.lines`, args: { ...lines.counts() } }],
      ...rest,
    };
  }

  #line(bytes: Uint8Array, from: number, to: number): void {
    const { lines } = this;
    if (to === from) {
      lines.blank++;
      return;
    }
    if (this.#hasHeader && this.#dialect.row(bytes, from, to)) {
      lines.parsed++;
      return;
    }
    const text = Buffer.from(bytes.subarray(from, Math.min(to, from + LONGEST_HEADER))).toString("latin1");
    if (text.trim() === "") lines.blank++;
    else if (this.#dialect.header(text)) {
      this.#hasHeader = true;
      this.clock.restart();
      this.#dialect.ends();
      lines.parsed++;
    } else if (this.#isMessage(text) || (this.#hasHeader && this.#dialect.rest(bytes, from, to))) lines.parsed++;
    else
      lines.skip(
        this.#hasHeader ? `no line of ${this.#dialect.id}` : "no header has named the columns",
        bytes,
        from,
        to,
      );
  }

  /** What the tool says beside its table; `^C` is the terminal's echo. */
  #isMessage(text: string): boolean {
    const lost = lossIn(text);
    if (lost !== null) this.#lost += lost;
    return lost !== null || /^(?:\^C *|Attach(?:ed|ing) (?:to )?\d+ probes?\.*)$/.test(text);
  }
}

/** Lines of the beginning of a file, as far as a header is looked for. */
const LINES = 400;

/** The columns that a header line names. */
interface Cutter {
  cut(bytes: Uint8Array, from: number, to: number): boolean;
}

/** How sure the beginning of a file is a table: its header is there, and a third of the lines behind it are rows. */
export function sniffTable(head: Uint8Array, columnsOf: (line: string) => Cutter | null): number {
  const bytes = Buffer.from(head);
  let columns = null as Cutter | null;
  let rows = 0;
  let others = 0;
  let at = 0;
  for (let line = 0; line < LINES && at < bytes.length; line++) {
    const next = bytes.indexOf(10, at);
    const end = next === -1 ? bytes.length : next;
    // Rows are cut by code that looks at the byte behind them.
    const text = Buffer.concat([bytes.subarray(at, Math.min(end, at + 4096)), Buffer.from("\n")]);
    const to = text.length > 1 && text[text.length - 2] === 13 ? text.length - 2 : text.length - 1;
    const beginning = text.subarray(0, Math.min(to, LONGEST_HEADER)).toString("latin1");
    const found = columnsOf(beginning);
    if (found !== null) columns = found;
    else if (columns?.cut(text, 0, to) === true) rows++;
    else if (columns !== null && beginning.trim() !== "") others++;
    at = end + 1;
  }
  return rows > 0 && rows * 2 >= others ? 0.9 : 0;
}
