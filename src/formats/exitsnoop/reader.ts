import type { Untrusted } from "../../model/text.ts";
import { fromBytes } from "../../model/text.ts";
import { Columns } from "../snoop/columns.ts";
import { SnoopLog } from "../snoop/log.ts";
import { ByteInterner } from "../text/byte-interner.ts";
import type { FormatReader, SinkOf, StreamReading } from "../types.ts";
import { exitCodeOf, type ExitCode } from "./exit-code.ts";
import { gapsOf, noteOf, tellsOf, type Tally } from "./tells.ts";

/** Reads what exitsnoop of bcc and of libbpf-tools prints, with any of its options, line by line. */
export class ExitsnoopReader implements FormatReader {
  readonly #log: SnoopLog;
  readonly #tally: Tally = { ends: 0, clean: 0, threads: 0, reaped: 0 };
  readonly #names = new ByteInterner<Untrusted>((bytes, from, to) => fromBytes(bytes.subarray(from, to)));
  readonly #codes = new ByteInterner<ExitCode | null>((bytes, from, to) =>
    exitCodeOf(Buffer.from(bytes.subarray(from, to)).toString("latin1")),
  );
  #columns: Columns | null = null;

  constructor(sinkOf: SinkOf) {
    this.#log = new SnoopLog(sinkOf, {
      id: "exitsnoop",
      header: (line) => {
        const columns = columnsOf(line);
        this.#columns = columns ?? this.#columns;
        return columns !== null;
      },
      row: (bytes, from, to) => this.#row(bytes, from, to),
      rest: () => false,
      ends: () => undefined,
    });
  }

  push(chunk: Uint8Array, file: string): void {
    this.#log.lines.push(chunk, file);
  }

  end(): StreamReading {
    const tally = this.#tally;
    return this.#log.end(
      () => tellsOf(tally, this.#log.clock.tick !== null),
      () => ({ note: noteOf(tally), gaps: gapsOf(tally) }),
    );
  }

  #row(bytes: Uint8Array, from: number, to: number): boolean {
    const columns = this.#columns;
    if (columns?.cut(bytes, from, to) !== true) return false;
    const how = this.#codes.get(bytes, columns.tailFrom, to);
    const pid = columns.number("PID");
    if (how === null || pid === null || pid <= 0) return false;
    this.#log.advance(columns.stamps[0]);
    const tid = columns.number("TID") ?? pid;
    const thread = tid !== pid;
    const { code, signal, core } = how;
    const comm = this.#names.get(bytes, columns.nameFrom, columns.nameTo);
    const ts = this.#log.clock.now;
    this.#log.handOn({ type: "exit", ts, pid: tid, comm, code, signal, thread });
    const tally = this.#tally;
    if (thread) {
      tally.threads++;
      return true;
    }
    tally.ends++;
    if (code === 0) tally.clean++;
    const reaper = columns.number("PPID");
    if (reaper === null || reaper <= 0) return true;
    tally.reaped++;
    const sent = signal === null ? 1 : core ? 3 : 2;
    this.#log.handOn({ type: "child-signal", ts, pid, reaper, reaperComm: "", code: sent });
    return true;
  }
}

export function columnsOf(line: string): Columns | null {
  return Columns.of(line, "EXIT_CODE");
}
