import { JournalError } from "../journal/errors.ts";
import { Journal } from "../journal/journal.ts";
import type { Run } from "../journal/run.ts";
import { relocate } from "../quarantine/restore.ts";
import { render } from "../report/text/catalogue/index.ts";
import { safe } from "../report/text/sanitise.ts";
import { shellQuote } from "../report/text/shell-quote.ts";
import type { ProveFlags } from "./commands/prove.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import { interruptSignal } from "./interrupt.ts";
import { writeAll, writeResult } from "./output.ts";
import { createProgress } from "./progress.ts";
import { resumeAcross, waitsForBoot } from "./prove-across.ts";
import { exitOf, inconclusive, rendered } from "./prove-told.ts";
import { rootFolder } from "./root-folder.ts";
import { ALL_STEPS } from "./step-kinds.ts";

/** `whoforks prove --resume ID`: measures after a boot that was waited for, or takes back what a run that died has left. */
export async function resumeProve(id: string, flags: ProveFlags, version: string): Promise<ExitCode> {
  const run = resumed(id);
  try {
    if (flags.root !== undefined) relocate(run, rootFolder(flags.root).dir);
    return waitsForBoot(run) ? await measured(run, flags, version) : await takenBack(run);
  } finally {
    run.close();
  }
}

async function measured(run: Run, flags: ProveFlags, version: string): Promise<ExitCode> {
  const signal = interruptSignal();
  const progress = createProgress(flags.quiet !== true);
  const across = await resumeAcross(run, signal, (text) => progress.show(text));
  progress.clear();
  const result = { ...inconclusive(version, "no-storm", "observe-longer"), ...across };
  writeResult(await rendered(result, flags), flags.output);
  if (signal.aborted) return EXIT.interrupted;
  return result.undone.ok ? exitOf(result) : EXIT.notUndone;
}

async function takenBack(run: Run): Promise<ExitCode> {
  const remaining = await run.undoAll();
  if (remaining.length === 0) {
    writeResult(`${run.id}: everything is as it was\n`, undefined);
    return EXIT.nothingWrong;
  }
  for (const { why, byHand } of remaining) {
    writeAll(2, `whoforks: ${render("en", why.code, why.args)}\n`);
    for (const command of byHand) writeAll(2, `  ${shellQuote(command)}\n`);
  }
  return EXIT.notUndone;
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
