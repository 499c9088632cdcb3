import { Journal } from "../journal/journal.ts";
import type { Run } from "../journal/run.ts";
import { aboutOf, relocate, restore } from "../quarantine/restore.ts";
import { SCHEMA, type QuarantineResult } from "../quarantine/result.ts";
import { storedOf, toldSteps } from "../quarantine/told.ts";
import type { RestoreFlags } from "./commands/quarantine.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { journalFailure, needRoot } from "./journal-failure.ts";
import { isWanted, tellResult } from "./quarantine-told.ts";
import { rootFolder } from "./root-folder.ts";
import { ALL_STEPS } from "./step-kinds.ts";

/** `whoforks restore`: undoes a run by its journal, prints what was done; gives the exit code. */
export async function restoreCommand(id: string, flags: RestoreFlags, version: string): Promise<ExitCode> {
  needRoot("restore");
  let run: Run;
  try {
    run = new Journal(ALL_STEPS).resume(id);
  } catch (error) {
    throw journalFailure(error);
  }
  try {
    return await carryOut(run, flags, version);
  } finally {
    run.close();
  }
}

async function carryOut(run: Run, flags: RestoreFlags, version: string): Promise<ExitCode> {
  if (flags.root !== undefined) relocate(run, rootFolder(flags.root).dir);
  const isOver = run.state.end === "undone";
  const tell = (state: QuarantineResult["state"], rest: Partial<QuarantineResult> = {}): QuarantineResult => ({
    schema: SCHEMA,
    tool: { name: "whoforks", version },
    action: "restore",
    id: run.id,
    path: run.state.head.subject,
    root: run.state.head.root,
    sha256: aboutOf(run)?.record.sha256 ?? null,
    state,
    stored: storedOf(run.state),
    steps: toldSteps(run.state, ALL_STEPS),
    why: null,
    concerns: [],
    processes: [],
    restarts: [],
    cameBack: null,
    remaining: [],
    notes: [
      ...(run.state.damaged.torn ? [{ code: "journal.torn", args: {} }] : []),
      ...(run.unwritten === null ? [] : [{ code: "journal.unwritten", args: { why: run.unwritten } }]),
    ],
    ...rest,
  });
  if (isOver) return finish(tell("undone", { why: { code: "quarantine.restored-before", args: {} } }), flags);
  if (flags.yes !== true && !(await isWanted(tell("planned"), flags))) return finish(tell("planned"), flags);
  const remaining = await restore(run);
  return finish(tell(remaining.length === 0 ? "undone" : "stuck", { remaining }), flags);
}

async function finish(result: QuarantineResult, flags: RestoreFlags): Promise<ExitCode> {
  await tellResult(result, flags);
  return result.state === "stuck" ? EXIT.notUndone : EXIT.nothingWrong;
}
