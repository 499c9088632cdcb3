/** What a source saw, lost and could not read. Loss is data: the report prints it and confidence falls with it. */
export interface SourceLedger {
  /** `tracefs`, `proc`, `audit`, … */
  kind: string;
  /** The file, for sources that are files. Untrusted. */
  path?: string;
  /** Model events given to the derivers. */
  events: number;
  /** Events that the source itself says are gone; null when it cannot tell. */
  lost: number | null;
  /** Records that were there and could not be understood. */
  skipped: number;
  /** The first three records that could not be understood, and why. */
  examples: SkippedExample[];
  /** One plain sentence about completeness, in English. */
  note?: string;
}

export interface SkippedExample {
  /** Where it stands: `line 17`, `byte 4096`. */
  locator: string;
  /** Why it could not be used, in a few English words. */
  why: string;
  /** Its beginning, at most 120 bytes. Untrusted. */
  quote: string;
}

/** Counts one unreadable record and keeps it as an example while there are fewer than three. */
export function skip(ledger: SourceLedger, locator: string, why: string, quote: string): void {
  ledger.skipped++;
  if (ledger.examples.length < 3) ledger.examples.push({ locator, why, quote: quote.slice(0, 120) });
}

/** A ledger with nothing in it yet. `lost` starts at 0 for sources that can count their losses, else null. */
export function emptyLedger(kind: string, lost: number | null, path?: string): SourceLedger {
  return { kind, events: 0, lost, skipped: 0, examples: [], ...(path === undefined ? {} : { path }) };
}
