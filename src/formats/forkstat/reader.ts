import type { EventSink, ProcessEvent } from "../../model/events.ts";
import { emptyLedger } from "../../model/ledger.ts";
import type { Untrusted } from "../../model/text.ts";
import { endOf } from "../../model/wait-status.ts";
import { nameOfArgumentZero } from "../text/argument-zero.ts";
import { Lines } from "../text/lines.ts";
import { PrintedClock } from "../text/printed-clock.ts";
import type { FormatReader, SinkOf, StreamReading } from "../types.ts";
import { isTable, readLine, type ForkstatLine } from "./line.ts";
import { Parents } from "./parents.ts";
import { gapsOf, tellsOf, type Tally } from "./tells.ts";

/** Whole seconds are all that is told, ns. */
const TICK = 1e9;
const MOST_THREADS = 65_536;

/** Reads what forkstat(8) prints, with any of its options, line by line. */
export class ForkstatReader implements FormatReader {
  readonly #sinkOf: SinkOf;
  readonly #ledger = emptyLedger("forkstat", 0);
  readonly #tally: Tally = { forks: 0, execs: 0, exits: 0, unknown: 0, losses: 0 };
  readonly #threads = new Set<number>();
  readonly #lines: Lines;
  readonly #parents = new Parents((event) => this.#pass(event));
  #sink: EventSink | null = null;
  #events = 0;
  readonly #clock = new PrintedClock();
  /** A fork whose second line, that of the child, is to come. */
  #parent: ForkstatLine | null = null;

  constructor(sinkOf: SinkOf) {
    this.#sinkOf = sinkOf;
    this.#lines = new Lines(
      this.#ledger,
      (bytes, from, to) => this.#line(Buffer.from(bytes.subarray(from, to))),
      () => (this.#parent = null),
    );
  }

  push(chunk: Uint8Array, file: string): void {
    this.#lines.push(chunk, file);
  }

  end(): StreamReading {
    this.#lines.end();
    this.#parents.end();
    this.#ledger.events = this.#events;
    this.#ledger.lost = this.#tally.losses > 0 ? null : 0;
    this.#ledger.note =
      this.#tally.losses > 0
        ? `forkstat says ${this.#tally.losses} times that the kernel had no room for events`
        : "forkstat says of no lost events, but it does not check the kernel's sequence numbers";
    const { found } = this.#parents;
    if (found > 0)
      this.#ledger.note += `; of ${found} forks it printed the process that inherits instead of the one that forks: worked out from names and numbers`;
    return {
      ledger: this.#ledger,
      tells: tellsOf(this.#tally),
      originEpochMs: null,
      seconds: this.#events === 0 ? 0 : Math.max(1, this.#clock.now / 1e9),
      hosts: [],
      stampNs: TICK,
      gaps: gapsOf(this.#tally),
      remarks: [{ code: "forkstat.lines", args: { ...this.#lines.counts() } }],
    };
  }

  #line(bytes: Buffer): void {
    const text = bytes.subarray(0, 16_384).toString("latin1");
    if (text.trim() === "") {
      this.#lines.blank++;
      return;
    }
    const line = readLine(text);
    if (line === null && !isTable(text)) return this.#lines.skip("no line of forkstat", bytes);
    this.#lines.parsed++;
    if (line === null) return;
    if (line === "lost") {
      this.#tally.losses++;
      return;
    }
    if (line.second !== null) this.#clock.ofDay(line.second * 1e9, TICK);
    if (line.process === "<unknown>") this.#tally.unknown++;
    this.#tell(line);
  }

  #tell(line: ForkstatLine): void {
    const { event, pid, info } = line;
    const parent = this.#parent;
    this.#parent = null;
    if (event === "fork" || event === "clone") {
      if (info === "parent") this.#parent = line;
      else if (parent !== null && parent.event === event) this.#forked(parent, line);
    } else if (event === "exec") {
      this.#tally.execs++;
      // What it executes is told by the arguments, which the process chooses: no file is named.
      const ts = this.#clock.now;
      this.#parents.exec({ type: "exec", ts, pid, ppid: null, comm: nameOf(line), exe: "", argv: null, error: 0 });
    } else if (event === "exit") this.#exited(line);
  }

  #forked(parent: ForkstatLine, own: ForkstatLine): void {
    const { pid: child, event } = own;
    const thread = event === "clone";
    if (thread && this.#threads.size < MOST_THREADS) this.#threads.add(child);
    if (!thread) {
      this.#threads.delete(child);
      this.#tally.forks++;
    }
    const { pid } = parent;
    const line = this.#lines.line;
    const comm = nameOf(parent);
    this.#parents.fork(
      { type: "fork", ts: this.#clock.now, pid, comm, child, childClaim: null, thread, line },
      nameOf(own),
    );
  }

  #exited(line: ForkstatLine): void {
    const thread = this.#threads.delete(line.pid);
    if (!thread) this.#tally.exits++;
    const { code, signal } = endOf(Number(line.info));
    const comm = nameOf(line);
    this.#parents.exit({ type: "exit", ts: this.#clock.now, pid: line.pid, comm, code, signal, thread });
  }

  #pass(event: ProcessEvent): void {
    this.#events++;
    this.#sink ??= this.#sinkOf(null);
    this.#sink(event);
  }
}

/**
 * A name to know the process by: the last part of argument 0, or the task name with -c; "" when it was gone. Arguments cannot be told
 * apart (blanks part them), so they are not used.
 */
function nameOf({ process }: ForkstatLine): Untrusted {
  if (process === "<unknown>") return "";
  return nameOfArgumentZero(/^\[[^\]]*\]|^\S+/.exec(process)?.[0] ?? "");
}
