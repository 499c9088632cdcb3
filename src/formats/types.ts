import type { EventSink } from "../model/events.ts";
import type { CouldNotLook } from "../model/could-not-look.ts";
import type { SourceLedger } from "../model/ledger.ts";
import type { RandomBytes } from "../model/random-bytes.ts";
import type { Untrusted } from "../model/text.ts";

/**
 * Gives the sink for the events of one host, `null` for records that name none. Asked once for each host, when its first event
 * comes. Each host has its own PIDs and its own time: 0 is its first record.
 */
export type SinkOf = (host: Untrusted | null) => EventSink;

/**
 * What a diagnosis asks of every stream:
 * - `programs`: which files are executed           - `argv`: with which arguments
 * - `lineage`: parent and child of a fork          - `reaper`: who is handed the dead
 * - `exitStatus`: how processes end                - `lifetimes`: every end of a process, with its time
 * - `cpu`: CPU time of the processes
 */
export type Question = "programs" | "argv" | "lineage" | "reaper" | "exitStatus" | "lifetimes" | "cpu";

/**
 * What a stream tells: for each question true, or why its records do not answer it. The diagnosis says "could not look" with
 * these words; only the reader knows them, since the remedy is a rule, an option or an event of its own tool (see untold.ts).
 */
export type Tells = Readonly<Record<Question, true | CouldNotLook>>;

/** One format of file. A reader knows its format and nothing of storms. */
export type Format = StreamFormat | ContainerFormat;

interface AnyFormat {
  readonly id: string;
  /** How sure this is its format, 0 (no) to 1, from the first bytes (up to 64 KiB, decompressed). */
  sniff(head: Uint8Array): number;
}

/** A format that is read from its beginning to its end: a log. */
export interface StreamFormat extends AnyFormat {
  /** A reader of one stream: all files of a rotated set, oldest first, form one stream. */
  open(sinkOf: SinkOf): FormatReader;
}

/** A format whose parts point at each other: a file is a stream of its own, and can be read at any place. */
export interface ContainerFormat extends AnyFormat {
  /** Reads it all. Never rejects for content; `aborted` is asked now and then, and true ends the reading. */
  read(bytes: RandomBytes, file: string, sinkOf: SinkOf, aborted: () => boolean): Promise<StreamReading>;
}

export interface FormatReader {
  /** Takes the next bytes; any cut is allowed. The reader copies what it keeps. `file` names the bytes' file for evidence. */
  push(chunk: Uint8Array, file: string): void;
  /** No more bytes: flushes what is pending and returns the account. Never throws for content. */
  end(): StreamReading;
}

export interface StreamReading {
  ledger: SourceLedger;
  tells: Tells;
  /** Wall clock of the first host's event time 0, ms since 1970 (null: the stream has no records). */
  originEpochMs: number | null;
  /** Seconds from the first to the last record of a host; the longest when there are several. */
  seconds: number;
  /** Hosts named in the records (`node=`), empty when none is named. */
  hosts: string[];
  /** Nanoseconds a tick of its time stamps; null: its records have no times, and event times only keep their order. Absent: 1 ms. */
  stampNs?: number | null;
  /** What else it cannot tell, beyond the questions of `tells`. */
  gaps?: CouldNotLook[];
  /** Of the host, as far as the file names it (`hosts` has its name). Untrusted. */
  host?: { kernel: Untrusted | null; machine: Untrusted | null; cpus: number | null };
  /** Notable facts about the stream, for the diagnosis to word: code + numbers, e.g. `audit.fork-by-32-bit`. */
  remarks: { code: string; args: Record<string, unknown> }[];
}
