import { JournalError } from "../journal/errors.ts";
import { Journal } from "../journal/journal.ts";
import { render } from "../report/text/catalogue/index.ts";
import { safe } from "../report/text/sanitise.ts";
import { shellQuote } from "../report/text/shell-quote.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import { writeAll, writeResult } from "./output.ts";
import { ALL_STEPS } from "./step-kinds.ts";

/** `whoforks prove --resume ID`: takes back what a run that died has left. */
export async function resumeProve(id: string): Promise<ExitCode> {
  const run = resumed(id);
  try {
    const remaining = await run.undoAll();
    if (remaining.length === 0) {
      writeResult(`${id}: everything is as it was\n`, undefined);
      return EXIT.nothingWrong;
    }
    for (const { why, byHand } of remaining) {
      writeAll(2, `whoforks: ${render("en", why.code, why.args)}\n`);
      for (const command of byHand) writeAll(2, `  ${shellQuote(command)}\n`);
    }
    return EXIT.notUndone;
  } finally {
    run.close();
  }
}

function resumed(id: string): ReturnType<Journal["resume"]> {
  try {
    return new Journal(ALL_STEPS).resume(id);
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    const told = Object.entries(error.args).map(([key, value]) => `${key} ${String(value)}`);
    throw new Failure(`${safe(id)} cannot be resumed: ${error.problem} (${safe(told.join(", "))})`);
  }
}
