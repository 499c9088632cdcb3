import * as path from "node:path";
import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { Journal } from "../journal/journal.ts";
import { StepRefused, type Step, type Words } from "../journal/types.ts";
import { planQuarantine, stepsOf, type Plan } from "../quarantine/plan.ts";
import { hostPath } from "../quarantine/place.ts";
import { quarantine } from "../quarantine/quarantine.ts";
import { SCHEMA, type QuarantineResult } from "../quarantine/result.ts";
import { listOf, plannedSteps, toldSteps } from "../quarantine/told.ts";
import { jsonReport } from "../report/json.ts";
import { why } from "../why/answer.ts";
import type { QuarantineFlags } from "./commands/quarantine.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import { startGuard } from "./guard.ts";
import { interruptSignal } from "./interrupt.ts";
import { journalFailure, needRoot } from "./journal-failure.ts";
import { writeResult } from "./output.ts";
import { disabling, type Disabling } from "./quarantine-supervisors.ts";
import { asJson, isWanted, tellResult } from "./quarantine-told.ts";
import { rawArguments, workingDirectory } from "./raw-arguments.ts";
import { rootFolder } from "./root-folder.ts";
import { ALL_STEPS } from "./step-kinds.ts";
import { reportOptions } from "./terminal.ts";

/** `whoforks quarantine`: plans, asks, takes the file out of the way, prints what was done; gives the exit code. */
export async function quarantineCommand(
  word: string | undefined,
  flags: QuarantineFlags,
  version: string,
): Promise<ExitCode> {
  needRoot("quarantine");
  if (flags.list === true) return list(flags, version);
  if (word === undefined || word === "") throw new Failure("name a file", "whoforks quarantine /usr/bin/atd");
  const root = rootFolder(flags.root ?? "/");
  const [given = word] = rawArguments([word]);
  const asked = given.startsWith("/") ? given : path.posix.join(root.dir === "/" ? workingDirectory() : "/", given);
  const nothing = blank(version, asked, root.dir);
  let plan: Plan;
  try {
    plan = planQuarantine(root, asked);
  } catch (error) {
    if (!(error instanceof StepRefused)) throw error;
    return finish({ ...nothing, state: "refused", why: error.why }, flags);
  }
  const told = await toldPlan(nothing, plan, root, version);
  // Of a disk that only lies here, no supervisor is running.
  const isLive = root.dir === "/" || plan.processes.length > 0;
  const supervisors = isLive && flags.leaveSupervisor !== true ? disabling(told.restarts, root.dir) : NONE;
  const planned = {
    ...told,
    steps: plannedSteps([...supervisors.steps, ...stepsOf(plan, "ID")], ALL_STEPS),
  };
  const refusal = wordMissing(planned, supervisors, flags);
  if (refusal !== null) return finish({ ...planned, state: "refused", why: refusal }, flags);
  if (flags.yes !== true && !(await isWanted(planned, flags))) return finish(planned, flags);
  return finish(await carryOut(plan, planned, supervisors.steps, flags, version), flags);
}

const NONE: Disabling = { steps: [], left: [] };

function blank(version: string, asked: Untrusted, root: Untrusted): QuarantineResult {
  return {
    schema: SCHEMA,
    tool: { name: "whoforks", version },
    action: "quarantine",
    id: null,
    path: asked,
    root,
    sha256: null,
    state: "planned",
    stored: null,
    steps: [],
    why: null,
    concerns: [],
    processes: [],
    restarts: [],
    cameBack: null,
    remaining: [],
    notes: [],
  };
}

async function toldPlan(nothing: QuarantineResult, plan: Plan, root: Root, version: string): Promise<QuarantineResult> {
  const { path: file } = plan.at;
  const question = { kind: "file", path: file } as const;
  const { restarts } = await why({ version, asked: file, question, root, sight: null });
  return {
    ...nothing,
    path: file,
    sha256: plan.record.sha256,
    concerns: plan.concerns,
    processes: plan.processes.map(({ pid, comm, runsFile }) => ({ pid, comm, runsFile })),
    restarts: restarts
      .filter(({ inactive, toldBy }) => inactive === null && toldBy.some((by) => by !== "shadowed"))
      .map(({ supervisor, unit, file: of, line, directive, stop, undo }) => ({
        supervisor,
        unit,
        file: of,
        line,
        directive,
        stop,
        undo,
      })),
  };
}

/** The first thing that asks for an explicit word and was not given it. */
function wordMissing(planned: QuarantineResult, { left }: Disabling, flags: QuarantineFlags): Words | null {
  const open = planned.concerns.filter(({ kind }) => flags.allow?.includes(kind) !== true);
  if (open.length > 0)
    return { code: "quarantine.needs-word", args: { words: open.map(({ kind }) => `--allow ${kind}`).join(" ") } };
  const [first] = left;
  if (first === undefined) return null;
  return { code: "quarantine.supervised", args: { supervisor: first.supervisor, unit: first.unit } };
}

/** A quarantine takes a second or so, and longer while a supervisor stops its job. */
const GUARD_SECONDS = 180;

async function carryOut(
  plan: Plan,
  planned: QuarantineResult,
  before: readonly Step[],
  flags: QuarantineFlags,
  version: string,
): Promise<QuarantineResult> {
  const journal = new Journal(ALL_STEPS);
  const options = {
    version,
    before,
    watchMs: flags.watch * 1000,
    signal: interruptSignal(),
    guard: (id: string) => startGuard(id, GUARD_SECONDS + flags.watch),
  };
  try {
    const { run, state, why: reason, cameBack, remaining } = await quarantine(plan, journal, options);
    return {
      ...planned,
      id: run.id,
      state,
      stored: state === "undone" ? null : `${hostPath(plan.vault.at)}/${run.id}`,
      steps: toldSteps(run.state, ALL_STEPS),
      why: reason,
      cameBack,
      remaining,
      notes: run.unwritten === null ? [] : [{ code: "journal.unwritten", args: { why: run.unwritten } }],
    };
  } catch (error) {
    throw journalFailure(error);
  }
}

async function finish(result: QuarantineResult, flags: QuarantineFlags): Promise<ExitCode> {
  await tellResult(result, flags);
  return exitCode(result);
}

/** A file that came back is a problem found; what was undone again was not done. */
function exitCode({ state, cameBack, why: reason }: QuarantineResult): ExitCode {
  if (reason?.code === "quarantine.interrupted" && state === "undone") return EXIT.interrupted;
  switch (state) {
    case "planned":
      return EXIT.nothingWrong;
    case "standing":
      return cameBack === null ? EXIT.nothingWrong : EXIT.problemFound;
    case "refused":
      return EXIT.usage;
    case "undone":
      return EXIT.inconclusive;
    case "stuck":
      return EXIT.notUndone;
  }
}

async function list(flags: QuarantineFlags, version: string): Promise<ExitCode> {
  let answer;
  try {
    answer = listOf(new Journal(ALL_STEPS), version);
  } catch (error) {
    throw journalFailure(error);
  }
  if (asJson(flags)) writeResult(jsonReport(answer), flags.output);
  else {
    const { quarantineListReport } = await import("../report/quarantine-list.ts");
    writeResult(quarantineListReport(answer, reportOptions(flags)), flags.output);
  }
  const isWell = answer.unreadable.length === 0 && answer.quarantines.every(({ state }) => state === "standing");
  return isWell ? EXIT.nothingWrong : EXIT.notUndone;
}
