import type { EventSink } from "../../model/events.ts";
import type { SourceLedger } from "../../model/ledger.ts";

/** Reads the text of audit records; capture brings it and knows nothing of what it says. */
export interface RecordReader {
  /** Takes the next bytes, cut anywhere. `file` names them for evidence. */
  push(bytes: Uint8Array, file: string): void;
  /** Gives the sink what is older than this wall-clock time, ms since 1970; the rest waits for records that belong before it. */
  handOn(untilMs: number): void;
  /** Wall clock of time 0 of its events, ms since 1970; null before the first record. */
  readonly originEpochMs: number | null;
  /** No more records: gives the sink the rest, and the account. */
  end(): { ledger: SourceLedger };
}

/** Opens a reader whose events go to the sink. */
export type OpenRecordReader = (sink: EventSink) => RecordReader;
