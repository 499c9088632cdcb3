import type { QuarantineResult } from "../quarantine/result.ts";
import { jsonReport } from "../report/json.ts";
import { askYes, canAsk } from "./ask.ts";
import type { RestoreFlags } from "./commands/quarantine.ts";
import { writeResult } from "./output.ts";
import { reportOptions } from "./terminal.ts";

/** Shows what would be done and asks, where somebody can answer and nothing else is to be printed. */
export async function isWanted(planned: QuarantineResult, flags: RestoreFlags): Promise<boolean> {
  if (!canAsk() || asJson(flags) || flags.output !== undefined) return false;
  const { quarantineReport, questionOf } = await import("../report/quarantine.ts");
  const options = reportOptions(flags);
  process.stderr.write(quarantineReport(planned, options));
  return askYes(questionOf(planned, options));
}

/** Prints what was done, or would be. */
export async function tellResult(result: QuarantineResult, flags: RestoreFlags): Promise<void> {
  if (asJson(flags)) return writeResult(jsonReport(result), flags.output);
  const { quarantineReport } = await import("../report/quarantine.ts");
  writeResult(quarantineReport(result, reportOptions(flags)), flags.output);
}

/** Whether the result is asked for as JSON. */
export function asJson({ json, format }: RestoreFlags): boolean {
  return json === true || format === "json";
}
