import type { Untrusted } from "../../model/text.ts";
import { fileOf, quoted, unquoted, type PrintedArguments } from "../snoop/arguments.ts";
import { Columns } from "../snoop/columns.ts";
import { SnoopLog } from "../snoop/log.ts";
import { ByteInterner } from "../text/byte-interner.ts";
import { SPACE } from "../text/bytes.ts";
import { fromLatin1 } from "../text/latin1.ts";
import type { FormatReader, SinkOf, StreamReading } from "../types.ts";
import { gapsOf, noteOf, tellsOf, type Tally } from "./tells.ts";

/** All arguments of one exec together have no more bytes (FULL_MAX_ARGS_ARR of libbpf-tools/execsnoop.h: 60 of 128). */
const LONGEST_ARGUMENTS = 7680;

const DOT = 0x2e;

/** The column ARGS, understood once for all lines that have the same. */
interface Told extends PrintedArguments {
  text: string;
  /** Task name → file, of the exec that succeeded last: nearly always the same. */
  comm: string;
  file: Untrusted;
}

/** Reads what execsnoop of bcc and of libbpf-tools prints, with any of its options, line by line. */
export class ExecsnoopReader implements FormatReader {
  readonly #log: SnoopLog;
  readonly #tally: Tally = { execs: 0, failed: 0, quoted: 0, parents: 0, continued: 0 };
  readonly #names = new ByteInterner<string>(latin1);
  readonly #arguments = new ByteInterner<Told>((bytes, from, to) => understood(latin1(bytes, from, to)));
  #columns: Columns | null = null;
  /** libbpf-tools puts a blank behind each argument, the last one too: a line without it goes on in the next. bcc does not. */
  #blanksBehind: boolean | null = null;
  /** Bytes by which the last line may go on; 0: it does not. */
  #open = 0;

  constructor(sinkOf: SinkOf) {
    this.#log = new SnoopLog(sinkOf, {
      id: "execsnoop",
      header: (line) => this.#header(line),
      row: (bytes, from, to) => this.#row(bytes, from, to),
      rest: (bytes, from, to) => this.#rest(bytes, from, to),
      ends: () => (this.#open = 0),
    });
  }

  push(chunk: Uint8Array, file: string): void {
    this.#log.lines.push(chunk, file);
  }

  end(): StreamReading {
    const tally = this.#tally;
    return this.#log.end(
      () => tellsOf(tally),
      () => ({ note: noteOf(tally), gaps: gapsOf(tally, this.#log.clock.tick !== null) }),
    );
  }

  #header(line: string): boolean {
    const columns = columnsOf(line);
    if (columns === null) return false;
    this.#columns = columns;
    this.#blanksBehind = null;
    return true;
  }

  #row(bytes: Uint8Array, from: number, to: number): boolean {
    const columns = this.#columns;
    if (columns?.cut(bytes, from, to) !== true) return false;
    const pid = columns.number("PID");
    if (pid === null || pid <= 0) return false;
    // Seconds since it was started have milliseconds, times of the day have not.
    this.#log.advance(columns.stamps.find(({ isOfDay }) => !isOfDay) ?? columns.stamps[0]);
    const ppid = columns.number("PPID");
    this.#exec(
      pid,
      ppid !== null && ppid > 0 ? ppid : null,
      columns.number("RET") ?? 0,
      this.#names.get(bytes, columns.nameFrom, columns.nameTo),
      this.#arguments.get(bytes, columns.tailFrom, to),
    );
    if (this.#open === LONGEST_ARGUMENTS) this.#blanksBehind = false;
    const endsInBlank = to > columns.tailFrom && bytes[to - 1] === SPACE;
    if (endsInBlank) this.#blanksBehind ??= true;
    this.#open =
      endsInBlank || endsInDots(bytes, columns.tailFrom, to) || this.#blanksBehind !== true ? 0 : LONGEST_ARGUMENTS;
    return true;
  }

  #exec(pid: number, ppid: number | null, returned: number, comm: string, told: Told): void {
    const tally = this.#tally;
    const error = Math.min(0, returned);
    if (ppid !== null) tally.parents++;
    if (told.argv !== null) tally.quoted++;
    if (error === 0) {
      tally.execs++;
      if (told.comm !== comm) {
        told.comm = comm;
        told.file = fromLatin1(told.argv === null ? fileOf(told.text, told.first, comm) : told.first);
      }
    } else tally.failed++;
    this.#log.handOn({
      type: "exec",
      ts: this.#log.clock.now,
      pid,
      ppid,
      comm: fromLatin1(comm),
      exe: error === 0 ? told.file : fromLatin1(told.first),
      argv: told.argv,
      ...(told.cut ? { argvCut: true } : {}),
      error,
    });
  }

  /** A line feed in an argument, which libbpf-tools prints as it is. */
  #rest(bytes: Uint8Array, from: number, to: number): boolean {
    if (this.#open < to - from) return false;
    this.#open = bytes[to - 1] === SPACE ? 0 : this.#open - (to - from);
    this.#tally.continued++;
    return true;
  }
}

/** The columns of execsnoop; versions before 2016-12 have no PPID. */
export function columnsOf(line: string): Columns | null {
  const columns = Columns.of(line, "ARGS");
  return columns?.has("RET") === true ? columns : null;
}

/** `...` stands where arguments are left out. */
function endsInDots(bytes: Uint8Array, from: number, to: number): boolean {
  return to - from > 3 && bytes[to - 1] === DOT && bytes[to - 2] === DOT && bytes[to - 3] === DOT;
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.subarray(from, to)).toString("latin1");
}

function understood(text: string): Told {
  const told = quoted(text) ?? unquoted(text);
  return { ...told, text, comm: "", file: fromLatin1(told.first) };
}
