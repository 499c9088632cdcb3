import type { EventSink } from "../../model/events.ts";
import { fromBytes, type Untrusted } from "../../model/text.ts";
import { ByteInterner } from "../text/byte-interner.ts";
import { CallNames } from "./call-names.ts";
import { CallSequences } from "./call-trail.ts";
import { TraceClock } from "./clock.ts";
import { Leader } from "./leader.ts";
import { ProcessTree } from "./process-tree.ts";
import { TracerTally } from "./tally.ts";
import type { Tracee } from "./tracee.ts";

/** What the readers of one log share: who speaks, when, and what was counted. */
export class Session {
  readonly leader = new Leader();
  readonly clock = new TraceClock();
  readonly tally = new TracerTally();
  readonly names: CallNames;
  readonly sequences: CallSequences;
  /** Time and line of what is told next. */
  readonly place = { ts: 0, line: 0 };
  tree: ProcessTree;
  file: string | null = null;
  /** Task that a file of `strace -ff` is about; null for other logs. */
  filePid: number | null = null;
  readonly #comms = new ByteInterner((bytes, from, to) => fromBytes(bytes.subarray(from, to)));
  #bytes: Uint8Array = new Uint8Array();

  constructor(names: CallNames, sink: EventSink) {
    this.names = names;
    this.sequences = new CallSequences(names.nameOf);
    this.tree = this.newTree(sink);
  }

  newTree(sink: EventSink): ProcessTree {
    return new ProcessTree(sink, this.sequences, this.place);
  }

  /** Reads the leader of a line and takes its time. @returns where the rest begins */
  begin(bytes: Uint8Array, from: number, to: number): number {
    this.#bytes = bytes;
    const at = this.leader.read(bytes, from, to);
    this.place.ts = this.clock.advance(this.leader);
    return at;
  }

  /** Who the line is about; `kind` is one of LINE. */
  writer(kind: number): Tracee {
    const { pid, commFrom, commTo } = this.leader;
    if (pid !== 0) {
      const comm: Untrusted | null = commTo > commFrom ? this.#comms.get(this.#bytes, commFrom, commTo) : null;
      return this.tree.writer(pid, kind, comm);
    }
    return this.filePid === null ? this.tree.unnamed(kind) : this.tree.writer(this.filePid, kind, null);
  }

  where = (): string => `${this.file ?? "input"} line ${this.place.line}`;
}

/** Reads what one tool writes behind the leader. */
export interface Dialect {
  /** `strace` or `ltrace`. */
  readonly id: string;
  /**
   * One line whose leader has been read; [at, to) is the rest, the byte at `to` is below 0x21.
   * @returns null when it was understood, else why not
   */
  body(bytes: Uint8Array, at: number, to: number): string | null;
}
