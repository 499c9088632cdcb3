import { PARTS } from "../casefolder/names.ts";
import type { ProcessEvent } from "../model/events.ts";
import { safe } from "../report/text/sanitise.ts";
import { processLine } from "./event-json.ts";
import { Failure } from "./failure.ts";
import { openCaseOr } from "./open-case.ts";

export interface CaseReading {
  wanted: (event: ProcessEvent) => boolean;
  print: (line: string) => void;
  aborted: () => boolean;
}

/** What a case gave: the account of it for standard error, and whether its events could all be read. */
export interface CaseRead {
  account: string;
  whole: boolean;
}

/**
 * Prints the process events that a case keeps: what the live run saw, with what it looked up meanwhile.
 * @param folder where the case lies; @param name as the user named it
 */
export async function printCase(folder: string, name: string, reading: CaseReading): Promise<CaseRead> {
  const kept = openCaseOr(folder);
  const { manifest, damaged } = kept;
  const stream = { format: "case", name, files: [name] };
  const read = await kept.events((event) => {
    if (reading.wanted(event)) reading.print(processLine(event, stream, null));
  }, reading.aborted);
  if (read === null) {
    const why = damaged.find((part) => part.name === PARTS.events)?.why ?? "it keeps none";
    throw new Failure(`the events of the case ${safe(name)} cannot be used: ${safe(why)}`, "copy the case again");
  }
  const { dropped } = manifest.events;
  const from = new Date(manifest.window.startEpochMs).toISOString();
  const completeness =
    read.damage !== null
      ? `its file of events is damaged: ${read.damage}`
      : dropped > 0
        ? `${dropped} events were dropped while it was recorded`
        : manifest.complete
          ? "everything that was seen was kept"
          : manifest.problems.join("; ");
  return {
    account: `${safe(name)}: ${read.events} events from ${from}, in ${manifest.window.seconds} s\n  completeness: ${safe(completeness)}\n`,
    whole: read.damage === null,
  };
}
