import type { EventCounts } from "../formats/audit/events/reader.ts";
import type { InputReading } from "../formats/input.ts";
import type { StreamReading } from "../formats/types.ts";
import { whyUnusable } from "./unusable.ts";
import { safe } from "../report/text/sanitise.ts";

/** What standard error says at the end: lines read and not understood, events, and how complete they are. */
export function account(
  { streams, unusable }: InputReading,
  counts: ReadonlyMap<StreamReading["ledger"], EventCounts>,
  printed: number,
): string {
  const lines: string[] = [];
  for (const { stream, reading } of streams) {
    const { ledger } = reading;
    const audit = counts.get(ledger);
    const read =
      audit === undefined ? "" : `${audit.read} lines read, ${audit.parsed} understood, ${audit.skipped} not; `;
    lines.push(`${safe(stream.name)}: ${read}${ledger.events} events${rangeOf(reading)}`);
    lines.push(
      `  completeness: ${audit === undefined ? (ledger.note ?? "the log does not tell") : completeness(audit)}`,
    );
    for (const example of ledger.examples)
      lines.push(`  not understood, ${safe(example.locator)}: ${example.why}: ${safe(example.quote)}`);
  }
  for (const input of unusable) lines.push(`${safe(input.path)}: ${whyUnusable(input)}; ${input.remedy}`);
  lines.push(`${printed} events printed`);
  return lines.map((line) => `${line}\n`).join("");
}

function rangeOf({ originEpochMs, seconds }: StreamReading): string {
  if (originEpochMs === null) return "";
  const end = originEpochMs + seconds * 1000;
  return ` from ${new Date(originEpochMs).toISOString()} to ${new Date(end).toISOString()}`;
}

/** Always says something: what is certain first, then what is only a hint. */
function completeness(counts: EventCounts): string {
  const certain =
    counts.lost !== null
      ? `the kernel says that ${counts.lost} records were lost`
      : counts.lossLines > 0
        ? "the kernel says that records were lost, not how many"
        : "the log does not say whether records were lost";
  const parts = [certain];
  if (counts.switchedOff > 0) parts.push(`auditing was switched off ${counts.switchedOff} times within it`);
  if (counts.incomplete > 0) parts.push(`${counts.incomplete} events lack records`);
  if (counts.late > 0) parts.push(`${counts.late} parts of events came too late to be put together`);
  parts.push(
    counts.serialGaps > 0
      ? `${counts.serialGaps} serial numbers never came (a hint only: excluded records use numbers too)`
      : "no serial number is missing between the first and the last",
  );
  return parts.join("; ");
}
