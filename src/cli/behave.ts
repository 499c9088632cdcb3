import { judge, ordered } from "../behave/judge.ts";
import { CallRecorder } from "../behave/recorder.ts";
import type { Behaviour } from "../behave/result.ts";
import { hostFacts } from "../capture/procfs/host.ts";
import { jsonReport } from "../report/json.ts";
import type { Diagnosis } from "../diagnosis/result.ts";
import { aimAtProcess, aimAtStorm, type Aim } from "./behave-target.ts";
import { byKernel, byTracer } from "./behave-ways.ts";
import type { BehaveFlags } from "./commands/behave.ts";
import { ownCost } from "./cost.ts";
import { EXIT, exitCodeOf, type ExitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import { interruptSignal } from "./interrupt.ts";
import { writeResult } from "./output.ts";
import { createProgress, type Progress } from "./progress.ts";
import { reportOptions } from "./terminal.ts";

/** How long a fresh look for storms lasts at most, seconds. */
const LOOK_SECONDS = 5;
/** Generations a second from which a process that was named is a storm of its own: as the detectors have it. */
const STORM_PER_SECOND = 20;

/** `whoforks behave`: records calls, compares generations, prints the result, gives the exit code. */
export async function behaveCommand(
  target: string | undefined,
  flags: BehaveFlags,
  version: string,
): Promise<ExitCode> {
  const signal = interruptSignal();
  const progress = createProgress(flags.quiet !== true);
  const found = await aimAt(target ?? "storm-1", version, signal, progress);
  const behaviour =
    "diagnosis" in found ? withoutStorm(found.diagnosis, version) : await look(found, flags, version, signal, progress);
  progress.clear();
  writeResult(await rendered(behaviour, flags), flags.output);
  if (signal.aborted) return EXIT.interrupted;
  return "diagnosis" in found ? exitCodeOf(found.diagnosis, false) : exitCode(behaviour);
}

/** The process or storm that was named, or the diagnosis in which there is no such storm. */
async function aimAt(
  target: string,
  version: string,
  signal: AbortSignal,
  progress: Progress,
): Promise<Aim | { diagnosis: Diagnosis }> {
  if (/^[1-9]\d{0,9}$/.test(target)) return aimAtProcess(Number(target));
  const number = /^storm-([1-9]\d{0,3})$/.exec(target)?.[1];
  if (number === undefined)
    throw new Failure("name a process by its number, or a storm: storm-1 is the worst one", "whoforks behave 812");
  const { diagnoseLive } = await import("./diagnose-live.ts");
  const { diagnosis } = await diagnoseLive({
    version,
    seconds: LOOK_SECONDS,
    source: "auto",
    signal,
    progress,
    withoutCalls: true,
  });
  const storm = diagnosis.storms[Number(number) - 1];
  if (storm !== undefined) return aimAtStorm(storm);
  if (diagnosis.storms.length === 0) return { diagnosis };
  throw new Failure(
    `there is no ${target}: this host has ${diagnosis.storms.length === 1 ? "one storm" : `${diagnosis.storms.length} storms`} now`,
    "whoforks behave storm-1",
  );
}

async function look(
  aim: Aim,
  flags: BehaveFlags,
  version: string,
  signal: AbortSignal,
  progress: Progress,
): Promise<Behaviour> {
  const recorder = new CallRecorder({ names: aim.names });
  const window = {
    seconds: flags.for,
    signal,
    progress: (seconds: number) => progress.show(`recording calls … ${seconds.toFixed(1)} of ${flags.for} s`),
  };
  const seen = await (flags.with === "strace" || flags.with === "ltrace"
    ? byTracer(aim, recorder, flags.with, window)
    : byKernel(aim, recorder, flags.with ?? null, window));
  const { target } = aim;
  const programs = seen.source === null ? [] : ordered(recorder.finish(), target);
  return {
    schema: "whoforks/behaviour/1",
    tool: { name: "whoforks", version },
    host: hostFacts(),
    window: { start: new Date(seen.startEpochMs).toISOString(), seconds: seen.seconds },
    with: seen.with,
    target,
    programs,
    judgement:
      seen.source === null
        ? { outcome: "could-not-look", code: "behave.could-not-look", args: {} }
        : judge(programs, seen.source.lost),
    sources: seen.source === null ? [] : [seen.source],
    couldNotLook: seen.couldNotLook,
    cost: ownCost(),
  };
}

/** The answer when there is nothing to look at. */
function withoutStorm(diagnosis: Diagnosis, version: string): Behaviour {
  const sure = diagnosis.verdict.outcome === "healthy";
  return {
    schema: "whoforks/behaviour/1",
    tool: { name: "whoforks", version },
    host: hostFacts(),
    window: { start: diagnosis.window.start ?? new Date().toISOString(), seconds: diagnosis.window.seconds },
    with: [],
    target: null,
    programs: [],
    judgement: {
      outcome: sure ? "no-storm" : "could-not-look",
      code: sure ? "behave.no-storm" : "behave.could-not-look",
      args: { forksPerSecond: diagnosis.symptom.forksPerSecond },
    },
    sources: diagnosis.sources,
    couldNotLook: diagnosis.couldNotLook,
    cost: ownCost(),
  };
}

function exitCode({ judgement, target, programs, window, couldNotLook }: Behaviour): ExitCode {
  if (judgement.outcome === "could-not-look")
    return couldNotLook.some((gap) => gap.code.endsWith(".no-root")) ? EXIT.noPrivilege : EXIT.inconclusive;
  const storm = target?.storm ?? null;
  if (storm !== null) {
    if (judgement.outcome === "no-generations") return EXIT.inconclusive;
    return storm.benign ? EXIT.nothingWrong : EXIT.problemFound;
  }
  const whole = programs[0]?.generations[0]?.whole ?? 0;
  const storms = judgement.outcome === "repeats" && whole / Math.max(1e-3, window.seconds) >= STORM_PER_SECOND;
  return storms ? EXIT.problemFound : EXIT.nothingWrong;
}

async function rendered(behaviour: Behaviour, flags: BehaveFlags): Promise<string> {
  if (flags.json === true || flags.format === "json") return jsonReport(behaviour);
  const { behaviourReport } = await import("../report/behaviour.ts");
  return behaviourReport(behaviour, reportOptions(flags));
}
