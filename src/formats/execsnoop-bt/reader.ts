import type { Untrusted } from "../../model/text.ts";
import { SnoopLog } from "../snoop/log.ts";
import { nameOfArgumentZero } from "../text/argument-zero.ts";
import { ByteInterner } from "../text/byte-interner.ts";
import { SPACE } from "../text/bytes.ts";
import type { FormatReader, SinkOf, StreamReading } from "../types.ts";
import { Attempts } from "./attempts.ts";
import { BtColumns } from "./columns.ts";
import { noteOf, tellsOf, type Tally } from "./tells.ts";

/** `join` prints up to 16 arguments of up to 1,024 bytes (bpftrace, join_argnum and join_argsize). */
const LONGEST_ARGUMENTS = 16_384;
const TAB = 9;
/** Lines that are printed into one another: one of each CPU at most, and hardly more than two. */
const DEEPEST = 4;

/** Reads what execsnoop.bt prints, line by line. */
export class ExecsnoopBtReader implements FormatReader {
  readonly #log: SnoopLog;
  readonly #tally: Tally = { execs: 0, parents: 0, attempts: 0, torn: 0 };
  readonly #attempts = new Attempts();
  readonly #arguments = new ByteInterner<{ comm: Untrusted }>(named);
  #columns: BtColumns | null = null;
  /** Bytes by which the last line may go on. */
  #open = 0;

  constructor(sinkOf: SinkOf) {
    this.#log = new SnoopLog(sinkOf, {
      id: "execsnoop.bt",
      header: (line) => {
        const columns = BtColumns.of(line);
        this.#columns = columns ?? this.#columns;
        return columns !== null;
      },
      row: (bytes, from, to) => this.#row(bytes, from, to),
      rest: (bytes, from, to) => this.#rest(bytes, from, to),
      ends: () => (this.#open = 0),
    });
  }

  push(chunk: Uint8Array, file: string): void {
    this.#log.lines.push(chunk, file);
  }

  end(): StreamReading {
    return this.#log.end(
      () => tellsOf(this.#tally),
      () => ({ note: noteOf(this.#tally) }),
    );
  }

  #row(bytes: Uint8Array, from: number, to: number, depth = 0): boolean {
    const columns = this.#columns;
    if (columns?.cut(bytes, from, to) !== true) return false;
    this.#log.advance(columns);
    this.#open = LONGEST_ARGUMENTS;
    const { pid, argsFrom } = columns;
    const ppid = columns.ppid === 0 ? null : columns.ppid;
    if (depth < DEEPEST && this.#isTorn(bytes, argsFrom, to)) {
      this.#exec(pid, ppid, "");
      return this.#row(bytes, argsFrom, to, depth + 1);
    }
    const told = this.#arguments.get(bytes, argsFrom, to);
    if (this.#attempts.isAgain(pid, told, this.#log.clock.now)) {
      this.#tally.attempts++;
      return true;
    }
    this.#exec(pid, ppid, told.comm);
    return true;
  }

  #exec(pid: number, ppid: number | null, comm: Untrusted): void {
    this.#tally.execs++;
    if (ppid !== null) this.#tally.parents++;
    // Argument 0 is the process's own choice: no file is named.
    this.#log.handOn({ type: "exec", ts: this.#log.clock.now, pid, ppid, comm, exe: "", argv: null, error: 0 });
  }

  /** Number and arguments are printed one after the other: between them what another CPU saw may be printed, on the same line. */
  #isTorn(bytes: Uint8Array, argsFrom: number, to: number): boolean {
    const first = bytes[argsFrom] as number;
    if (first !== SPACE && (first < 0x30 || first > 0x39)) return false;
    const isTorn = this.#columns?.cut(bytes, argsFrom, to) === true;
    if (isTorn) this.#tally.torn++;
    return isTorn;
  }

  /** A line feed in an argument is printed as it is; what goes on is text. */
  #rest(bytes: Uint8Array, from: number, to: number): boolean {
    if (this.#open < to - from) return false;
    for (let at = from; at < to; at++) if ((bytes[at] as number) < SPACE && bytes[at] !== TAB) return false;
    this.#open -= to - from;
    return true;
  }
}

function named(bytes: Uint8Array, from: number, to: number): { comm: Untrusted } {
  const text = Buffer.from(bytes.subarray(from, Math.min(to, from + 4096))).toString("latin1");
  const blank = text.indexOf(" ");
  return { comm: nameOfArgumentZero(blank === -1 ? text : text.slice(0, blank)) };
}
