import type { EventSink, ProcessEvent } from "../../model/events.ts";
import { emptyLedger, skip } from "../../model/ledger.ts";
import { fromBytes } from "../../model/text.ts";
import { diagnosticAtEnd, mayEndInDiagnostic } from "../strace/diagnostics.ts";
import { SPACE } from "../text/bytes.ts";
import { LineCutter } from "../text/line-cutter.ts";
import type { FormatReader, SinkOf, StreamReading } from "../types.ts";
import { CallNames } from "./call-names.ts";
import { remarksOf } from "./remarks.ts";
import { Session, type Dialect } from "./session.ts";
import { joinParts, type SplitPart } from "./split-log.ts";
import { isSummaryHeader, SummaryTable } from "./summary-table.ts";
import { gapsOf, tellsOf } from "./tells.ts";

const PERCENT = 0x25;
const ESCAPE = 0x1b;
const LONGEST_TAIL = 160;
const LONGEST_PARTIAL = 1 << 16;
const FILE_OF_TASK = /\.(\d{1,7})$/;

/** Reads one log of strace or ltrace (or a set NAME.PID of `strace -ff`), line by line; the dialect reads what stands behind the leader. */
export class LogReader implements FormatReader {
  readonly #dialect: Dialect;
  readonly #session: Session;
  readonly #cutter: LineCutter;
  readonly #ledger;
  readonly #sinkOf: SinkOf;
  #sink: EventSink | null = null;
  #events = 0;
  /** Whether lines of the current file were looked at for their numbers. */
  #judged = false;
  #parts: SplitPart[] | null = null;
  #partsOrigin = 0;
  #table: SummaryTable | null = null;
  /** Beginning of a line that a message of the tool interrupted. */
  #partial: Uint8Array | null = null;
  #lastTs = 0;

  /** @param prefix of names, as `CallNames` wants it */
  constructor(sinkOf: SinkOf, create: (session: Session) => Dialect, prefix = "") {
    this.#sinkOf = sinkOf;
    this.#session = new Session(new CallNames(prefix), (event) => this.#handOn(event));
    this.#dialect = create(this.#session);
    this.#ledger = emptyLedger(this.#dialect.id, null);
    this.#cutter = new LineCutter(
      (bytes, from, to) => this.#line(bytes, from, to),
      (bytes) => this.#skip("a line of more than 1 MiB", bytes, 0, bytes.length),
    );
  }

  push(chunk: Uint8Array, file: string): void {
    if (file !== this.#session.file) {
      this.#endFile();
      this.#session.file = file;
      this.#session.filePid = null;
      this.#judged = false;
      this.#ledger.path ??= file;
      if (this.#parts !== null) this.#session.clock.restart();
    }
    this.#cutter.push(chunk);
  }

  end(): StreamReading {
    this.#endFile();
    const session = this.#session;
    const { tally, clock } = session;
    session.tree.finish();
    if (this.#parts !== null) {
      const joined = joinParts(this.#parts, (event) => this.#handOn(event));
      this.#partsOrigin = joined.origin;
    }
    tally.lines.read = tally.lines.parsed + tally.lines.skipped;
    this.#ledger.events = this.#events;
    this.#ledger.skipped = tally.lines.skipped;
    this.#ledger.note = "strace and ltrace write every line they see; what their filters hide is not counted";
    const origin = clock.originEpochMs;
    return {
      ledger: this.#ledger,
      tells: tellsOf(this.#dialect.id, tally),
      originEpochMs: origin === null ? null : origin + Math.floor(this.#partsOrigin / 1e6),
      seconds: clock.tick === null ? 0 : Math.max(0, this.#lastTs) / 1e9,
      hosts: [],
      remarks: remarksOf(this.#dialect.id, session),
      stampNs: clock.tick,
      gaps: this.#events === 0 ? [] : gapsOf(this.#dialect.id, clock.tick !== null),
    };
  }

  #handOn(event: ProcessEvent): void {
    this.#events++;
    this.#sink ??= this.#sinkOf(null);
    this.#sink(event);
  }

  #endFile(): void {
    this.#cutter.endFile();
    if (this.#partial !== null) {
      const rest = this.#partial;
      this.#partial = null;
      this.#skip("the rest of the line is missing", rest, 0, rest.length);
    }
    this.#table = null;
  }

  #skip(why: string, bytes: Uint8Array, from: number, to: number): void {
    this.#session.tally.lines.skipped++;
    if (this.#ledger.examples.length < 3)
      skip(this.#ledger, this.#where(), why, fromBytes(bytes.subarray(from, Math.min(to, from + 120))));
  }

  #where(): string {
    return `${this.#session.file ?? "input"} line ${this.#cutter.line}`;
  }

  #line(bytes: Uint8Array, from: number, to: number): void {
    const session = this.#session;
    session.place.line = this.#cutter.line;
    if (to === from) {
      session.tally.lines.blank++;
      this.#table = null;
      return;
    }
    const first = bytes[from];
    if (this.#table !== null || first === PERCENT || first === SPACE || first === ESCAPE || isNameColumn(bytes, from))
      return this.#unusual(bytes, from, to);
    if (mayEndInDiagnostic(bytes, to) && this.#message(bytes, from, to)) return;
    if (this.#partial !== null) return this.#joined(bytes, from, to);
    this.#body(bytes, from, to);
  }

  /** Lines of tables, of colour, and those that begin with a blank. */
  #unusual(bytes: Uint8Array, from: number, to: number): void {
    const { lines } = this.#session.tally;
    const text = Buffer.from(bytes.subarray(from, Math.min(to, from + 4096))).toString("latin1");
    if (text.trim() === "") {
      lines.blank++;
      return;
    }
    if (isSummaryHeader(text)) {
      this.#table = new SummaryTable(text);
      lines.parsed++;
      return;
    }
    const row = this.#table?.row(text) ?? null;
    if (row !== null) {
      lines.parsed++;
      if (row !== "line") this.#count(row.name, row.calls, row.errors);
      return;
    }
    this.#table = null;
    if (mayEndInDiagnostic(bytes, to) && this.#message(bytes, from, to)) return;
    if (this.#partial !== null) return this.#joined(bytes, from, to);
    this.#body(bytes, from, to);
  }

  #count(name: string, calls: number, errors: number): void {
    const { summary } = this.#session.tally;
    const known = summary.get(name);
    if (known !== undefined) {
      known.calls += calls;
      known.errors += errors;
    } else if (summary.size < 4096) summary.set(name, { calls, errors });
  }

  /** A message of the tool at the end of the line; what stands before it goes on in the next line. @returns whether there was one */
  #message(bytes: Uint8Array, from: number, to: number): boolean {
    const start = Math.max(from, to - LONGEST_TAIL);
    const found = diagnosticAtEnd(Buffer.from(bytes.subarray(start, to)).toString("latin1"));
    if (found === null) return false;
    const session = this.#session;
    const cut = start + found.at;
    if (cut > from) {
      session.tally.note(session.tally.spliced, session.where);
      this.#keep(bytes, from, cut);
    } else session.tally.lines.parsed++;
    if (found.what === "attached") session.tree.attached(found.pid);
    else if (found.what === "mode" && found.bits === 32) {
      session.tally.note(session.tally.mode32, session.where);
      session.tree.runsAs(found.pid, { machine: "32-bit", bits: 32 });
    }
    return true;
  }

  #keep(bytes: Uint8Array, from: number, to: number): void {
    const before = this.#partial ?? new Uint8Array();
    if (before.length + to - from > LONGEST_PARTIAL) {
      this.#partial = null;
      return this.#skip("a line that messages interrupt again and again", bytes, from, to);
    }
    this.#partial = Buffer.concat([before, bytes.subarray(from, to)]);
    // What will be one line stood in two.
    if (before.length > 0) this.#session.tally.lines.parsed++;
  }

  /** The rest of an interrupted line. */
  #joined(bytes: Uint8Array, from: number, to: number): void {
    const whole = Buffer.concat([this.#partial as Uint8Array, bytes.subarray(from, to), Buffer.of(0x0a)]);
    this.#partial = null;
    this.#session.tally.lines.parsed++;
    this.#body(whole, 0, whole.length - 1);
  }

  #body(bytes: Uint8Array, from: number, to: number): void {
    if (
      bytes[from] === ESCAPE ||
      (bytes[to - 1] === 0x6d && bytes.subarray(Math.max(from, to - 8), to).includes(ESCAPE))
    ) {
      const plain = withoutColour(bytes, from, to);
      return this.#plain(plain, 0, plain.length - 1);
    }
    this.#plain(bytes, from, to);
  }

  #plain(bytes: Uint8Array, from: number, to: number): void {
    const session = this.#session;
    let at = session.begin(bytes, from, to);
    if (bytes[at] === ESCAPE) {
      const plain = withoutColour(bytes, from, to);
      if (plain.length - 1 < to - from) return this.#plain(plain, 0, plain.length - 1);
      at = to;
    }
    if (!this.#judged) this.#judge();
    const why = this.#dialect.body(bytes, at, to);
    if (session.place.ts > this.#lastTs) this.#lastTs = session.place.ts;
    if (why === null) session.tally.lines.parsed++;
    else this.#skip(why, bytes, from, to);
  }

  /** The first line with a leader tells whether the file is one of `strace -ff`: then only its name has the number. */
  #judge(): void {
    this.#judged = true;
    const session = this.#session;
    const number = session.leader.pid === 0 ? FILE_OF_TASK.exec(session.file ?? "") : null;
    if (number === null) return;
    session.tree.finish();
    session.filePid = Number(number[1]);
    const part: SplitPart = { pid: session.filePid, events: [] };
    (this.#parts ??= []).push(part);
    session.tree = session.newTree((event) => part.events.push(event));
  }
}

/** `syscall ` or `function `: the head of a table whose first column is the name (-U). */
function isNameColumn(bytes: Uint8Array, from: number): boolean {
  return (
    (bytes[from] === 0x73 && bytes[from + 1] === 0x79 && bytes[from + 7] === SPACE) ||
    (bytes[from] === 0x66 && bytes[from + 1] === 0x75 && bytes[from + 8] === SPACE)
  );
}

/** Takes the colours out of a line (strace --color, 7.0 and newer), and ends it as lines are ended. */
function withoutColour(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const text = Buffer.from(bytes.subarray(from, to)).toString("latin1");
  // oxlint-disable-next-line no-control-regex
  return Buffer.from(`${text.replace(/\u001b\[[0-9;]*m/g, "")}\n`, "latin1");
}
