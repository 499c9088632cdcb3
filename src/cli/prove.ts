import type { Diagnosis, Storm } from "../diagnosis/result.ts";
import { planOf, type Intervention } from "../experiment/intervention.ts";
import { effectOf, type Experiment, type Plan } from "../experiment/result.ts";
import { isLocked } from "../journal/lock.ts";
import { askYes, canAsk } from "./ask.ts";
import type { ProveFlags } from "./commands/prove.ts";
import { diagnoseLive } from "./diagnose-live.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import { waitingGuard, type WaitingGuard } from "./guard.ts";
import { interruptSignal } from "./interrupt.ts";
import { writeAll, writeResult } from "./output.ts";
import { createProgress } from "./progress.ts";
import { beginAcross } from "./prove-across.ts";
import { carryOut, type CarriedOut } from "./prove-run.ts";
import { asJson, exitOf, inconclusive, rendered, toldUndone } from "./prove-told.ts";
import { askedIntervention, mildestIntervention, settledFor } from "./prove-target.ts";
import { resumeProve } from "./prove-resume.ts";
import { rootFolder } from "./root-folder.ts";
import { ALL_STEPS } from "./step-kinds.ts";
import { reportOptions } from "./terminal.ts";

/** `whoforks prove`: names the storm, shows the plan, carries it out, takes it back, says what it proves. */
export async function proveCommand(flags: ProveFlags, version: string): Promise<ExitCode> {
  if (process.geteuid?.() !== 0)
    throw new Failure(
      "an experiment needs root: it freezes or stops what others run",
      "sudo whoforks prove",
      EXIT.noPrivilege,
    );
  if (flags.resume !== undefined) return resumeProve(flags.resume, flags, version);
  if (flags.acrossReboot === true && flags.quarantine === undefined)
    throw new Failure("--across-reboot goes with --quarantine PATH: what else is held does not outlast a boot");
  // Two at a time would measure each other; the lock itself is taken when the run begins.
  if (flags.dryRun !== true && isLocked())
    throw new Failure("another run of whoforks is changing this host: wait for its end, two would measure each other");
  // Before the storm is looked for: what may not be held is told at once.
  const asked = await askedIntervention(flags, version);
  const early = new EarlyGuard();
  try {
    return await proved(flags, version, asked, early);
  } finally {
    early.dismiss();
  }
}

/** A guard that is started while the storm is observed, where nobody is going to be asked. */
class EarlyGuard {
  waiting: WaitingGuard | null = null;

  readonly start = (): void => {
    this.waiting = waitingGuard();
  };

  dismiss(): void {
    this.waiting?.dismiss();
  }
}

async function proved(
  flags: ProveFlags,
  version: string,
  asked: Intervention | null,
  early: EarlyGuard,
): Promise<ExitCode> {
  const signal = interruptSignal();
  const progress = createProgress(flags.quiet !== true);
  const { diagnosis, interrupted } = await diagnoseLive({
    version,
    seconds: flags.duration,
    source: flags.source,
    signal,
    progress,
    withoutCalls: true,
    withoutFooting: true,
    ...(flags.yes === true && flags.dryRun !== true ? { meanwhile: early.start } : {}),
  });
  progress.clear();
  if (interrupted) return EXIT.interrupted;
  const found = stormOf(diagnosis);
  if (found === null) {
    const nothing = inconclusive(version, "no-storm", "observe-longer");
    writeResult(await rendered(nothing, flags), flags.output);
    return EXIT.inconclusive;
  }
  const intervention = settledFor(asked ?? mildestIntervention(diagnosis, found, flags), found);
  const plan =
    flags.acrossReboot === true
      ? acrossReboot(planOf(intervention, ALL_STEPS, 1, 0), flags.baseline)
      : planOf(intervention, ALL_STEPS, flags.pairs, flags.baseline);
  const storm = { kind: found.kind, exe: found.program.exe, comm: found.program.comm, root: found.program.root };
  const planned = { ...inconclusive(version, "no-storm", "observe-longer"), storm, plan, verdict: PLANNED };
  if (!(await agreed(planned, flags))) {
    writeResult(await rendered(planned, flags), flags.output);
    return EXIT.nothingWrong;
  }
  const options = {
    version,
    intervention,
    plan,
    storm,
    baselineSeconds: flags.baseline,
    longestBaseline: Math.max(flags.baseline, LONGEST_BASELINE),
    source: flags.source === "audit" || flags.source === "auto" ? undefined : flags.source,
    signal,
    progress,
    waiting: early.waiting,
    root: rootFolder(flags.root ?? "/").dir,
  };
  if (flags.acrossReboot === true) {
    const begun = { ...planned, ...(await beginAcross(options)) };
    progress.clear();
    writeResult(await rendered(begun, flags), flags.output);
    if (begun.verdict.outcome !== "planned" && !begun.undone.ok) return EXIT.notUndone;
    return signal.aborted ? EXIT.interrupted : exitOf(begun);
  }
  const carried = await carryOut(options);
  progress.clear();
  const result = { ...planned, ...resultOf(carried, intervention) };
  writeResult(await rendered(result, flags), flags.output);
  if (!result.undone.ok) return EXIT.notUndone;
  return signal.aborted ? EXIT.interrupted : exitOf(result);
}

/** One boot with it, one without, one with it again. */
function acrossReboot(plan: Plan, seconds: number): Plan {
  return { ...plan, seconds, errorRate: 1, acrossReboot: true };
}

/** The baseline goes on for so long where the storm is slow, seconds. */
const LONGEST_BASELINE = 16;
const PLANNED = { outcome: "planned", code: "experiment.planned", args: {}, errorRate: null, decide: null } as const;

/** The storm that the verdict is about; where it is called benign, the worst there is. */
function stormOf({ storms, verdict }: Diagnosis): Storm | null {
  return storms.find(({ id }) => id === verdict.storm) ?? storms[0] ?? null;
}

function resultOf(
  carried: CarriedOut,
  { target }: Intervention,
): Partial<Experiment> & Pick<Experiment, "undone" | "verdict"> {
  const { id, measured, because, remaining, couldNotLook, lost } = carried;
  const undone = toldUndone(remaining);
  const gaps =
    lost === null || lost === 0
      ? couldNotLook
      : [
          ...couldNotLook,
          { code: "experiment.lost", what: "some starts", why: `${lost} events were lost`, remedy: null },
        ];
  if (measured === null) {
    const { verdict } = inconclusive("", "not-applied", "another-target");
    return { id, because, undone, couldNotLook: gaps, verdict };
  }
  const { baseline, slots, slotSeconds, moved, judgement } = measured;
  const verdict = { ...judgement, args: { target, ...judgement.args } };
  return {
    id,
    baseline,
    slots,
    slotSeconds,
    moved,
    verdict,
    because,
    undone,
    couldNotLook: gaps,
    effect: effectOf(slots),
  };
}

/** Shows the plan, and asks where somebody can answer. Without an answer nothing is done. */
async function agreed(experiment: Experiment & { plan: Plan }, flags: ProveFlags): Promise<boolean> {
  const planned = { ...experiment, verdict: { ...PLANNED, code: "experiment.plan" } };
  if (flags.dryRun === true) return false;
  if (flags.yes === true) {
    if (flags.quiet !== true && !asJson(flags))
      writeAll(2, await rendered(planned, { ...flags, json: false, format: "terminal" }));
    return true;
  }
  if (!canAsk()) return false;
  writeAll(2, await rendered(planned, { ...flags, json: false, format: "terminal" }));
  const { question } = await import("../report/experiment.ts");
  return askYes(question(reportOptions(flags)));
}
