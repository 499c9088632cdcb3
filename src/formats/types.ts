import type { EventSink } from "../model/events.ts";
import type { SourceLedger } from "../model/ledger.ts";
import type { Untrusted } from "../model/text.ts";

/**
 * Gives the sink for the events of one host, `null` for records that name none. Asked once for each host, when its first event
 * comes. Each host has its own PIDs and its own time: 0 is its first record.
 */
export type SinkOf = (host: Untrusted | null) => EventSink;

/** What a format can and cannot tell; the diagnosis says "could not look" from it. */
export interface Tells {
  argv: boolean;
  exitStatus: boolean;
  /** Parent and child of a fork. */
  lineage: boolean;
  /** Every end of a process, so that lifetimes are known. */
  lifetimes: boolean;
  cpu: boolean;
}

/** One format of file. A reader knows its format and nothing of storms. */
export interface Format {
  readonly id: string;
  /** How sure this is its format, 0 (no) to 1, from the first bytes (up to 64 KiB, decompressed). */
  sniff(head: Uint8Array): number;
  /** A reader of one stream: all files of a rotated set, oldest first, form one stream. */
  open(sinkOf: SinkOf): FormatReader;
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
  /** Notable facts about the stream, for the diagnosis to word: code + numbers, e.g. `audit.fork-by-32-bit`. */
  remarks: { code: string; args: Record<string, unknown> }[];
}
