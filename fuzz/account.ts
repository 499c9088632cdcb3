import type { StreamReading } from "../src/formats/types.ts";
import { must } from "./must.ts";

/** The account of a reader: what it passed on, what it could not use, with examples. */
export function accountHolds({ ledger, seconds }: StreamReading, events: number): void {
  must(ledger.events === events, `${events} events were passed on, the account says ${ledger.events}`);
  must(ledger.skipped >= 0 && Number.isSafeInteger(ledger.skipped), "skipped is no count");
  must(ledger.examples.length <= 3, "more than three examples");
  must(ledger.skipped > 0 || ledger.examples.length === 0, "examples of nothing");
  must(ledger.lost === null || ledger.lost >= 0, "a loss below zero");
  must(seconds >= 0 && Number.isFinite(seconds), "a length that is no time");
}
