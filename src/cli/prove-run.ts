import { randomInt } from "node:crypto";
import type { StreamSource } from "../capture/live-stream.ts";
import type { Intervention } from "../experiment/intervention.ts";
import { open } from "../experiment/judge.ts";
import { effectOf, type Experiment, type Plan, type Sentence } from "../experiment/result.ts";
import { experiment, type Measured } from "../experiment/run.ts";
import { JournalError } from "../journal/errors.ts";
import { Journal } from "../journal/journal.ts";
import type { Run } from "../journal/run.ts";
import type { Remaining } from "../journal/types.ts";
import type { CouldNotLook } from "../model/could-not-look.ts";
import type { Untrusted } from "../model/text.ts";
import { isAlive } from "../platform/process-identity.ts";
import { EXIT } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import { waitingGuard, type Guard, type WaitingGuard } from "./guard.ts";
import type { Progress } from "./progress.ts";
import { HostMeter } from "./prove-bench.ts";
import { Carrying } from "./prove-carrying.ts";
import { MEASURED } from "./past-experiments.ts";
import { ALL_STEPS } from "./step-kinds.ts";
import { safe } from "../report/text/sanitise.ts";

export interface CarryOut {
  version: string;
  intervention: Intervention;
  plan: Plan;
  storm: NonNullable<Experiment["storm"]>;
  baselineSeconds: number;
  longestBaseline: number;
  source: StreamSource | undefined;
  signal: AbortSignal;
  progress: Progress;
  /** One that was started already. */
  waiting: WaitingGuard | null;
  /** With a file: the root that its path belongs to, as a folder of this host. */
  root: Untrusted;
}

export interface CarriedOut {
  id: string;
  measured: Measured | null;
  because: Sentence | null;
  remaining: Remaining[];
  couldNotLook: CouldNotLook[];
  lost: number | null;
}

/** A guard's deadline: times and seconds more than the plan takes. */
const LATE = 4;
const LATE_SECONDS = 60;

/** Carries a plan out: journal, guard, steps, measurement, and back. Whatever happens, everything is taken back before it returns. */
export async function carryOut(options: CarryOut): Promise<CarriedOut> {
  const { version, intervention, plan, storm, source } = options;
  const run = beginRun(version, intervention, { plan, storm });
  let guard: Guard | null = null;
  let meter: HostMeter | null = null;
  const carried = new Carrying(run, intervention);
  let measured: Measured | null = null;
  try {
    const deadline = plan.seconds * LATE + options.longestBaseline + LATE_SECONDS;
    guard = await (options.waiting ?? waitingGuard()).watch(run.id, deadline);
    meter = new HostMeter(({ exe, comm }) => (exe === null ? comm === storm.comm : exe === storm.exe), source);
    if (await carried.prepare()) measured = stillMeant(await measure(options, meter, carried), intervention);
    if (measured !== null) keep(run, measured, intervention);
  } finally {
    carried.remaining = await run.undoAll();
    meter?.stop();
    run.close();
    guard?.dismiss();
  }
  const { because, remaining } = carried;
  const couldNotLook = [...(meter?.couldNotLook ?? [])];
  return { id: run.id, measured, because, remaining, couldNotLook, lost: meter?.lost ?? null };
}

/** Nothing is refuted of somebody who has ended meanwhile: who goes on then may be his successor. */
function stillMeant(measured: Measured, { life }: Intervention): Measured {
  const { judgement } = measured;
  if (judgement.outcome !== "refuted" || life === undefined || isAlive(life)) return measured;
  return { ...measured, judgement: open("target-gone", judgement.args, "another-target") };
}

/** Begins its journal. Throws `Failure` where none can be kept: nothing was changed then. */
export function beginRun(version: string, { target }: Intervention, details: unknown, root: Untrusted = "/"): Run {
  try {
    return new Journal(ALL_STEPS).begin({ action: "prove", subject: target, root, version, details });
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    const { problem, args } = error;
    const told = safe(
      Object.entries(args)
        .map(([key, value]) => `${key} ${String(value)}`)
        .join(", "),
    );
    throw new Failure(`nothing was changed, because no journal can be kept: ${problem} (${told})`, null, EXIT.usage);
  }
}

/** For a diagnosis to come; it is nothing that the undo depends on. */
function keep(run: Run, { judgement, slots }: Measured, { target }: Intervention): void {
  const { outcome, code, args, errorRate } = judgement;
  // It would hide what an earlier one has shown.
  if (code === "experiment.inconclusive.interrupted") return;
  const effect = effectOf(slots);
  const rates = { freePerSecond: effect?.freePerSecond ?? null, heldPerSecond: effect?.heldPerSecond ?? null };
  try {
    run.note(MEASURED, { outcome, code, args: { target, ...args }, errorRate, ...rates });
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
  }
}

function measure(options: CarryOut, meter: HostMeter, carried: Carrying): Promise<Measured> {
  const { intervention, plan, signal, progress } = options;
  const bench = {
    binSeconds: meter.binSeconds,
    now: () => meter.now(),
    known: () => meter.known(),
    wait: (until: number) => meter.wait(until, signal),
    starts: (from: number, to: number) => meter.starts(from, to),
    rates: (from: number, to: number) => meter.rates(from, to),
    others: (...states: Parameters<HostMeter["others"]>) => meter.others(...states),
    hold: () => carried.hold(),
    release: () => carried.release(),
  };
  return experiment(bench, {
    pairs: plan.pairs,
    baselineSeconds: options.baselineSeconds,
    longestBaseline: options.longestBaseline,
    settleSeconds: intervention.settleSeconds,
    remainder: intervention.remainder,
    slows: intervention.slows === true,
    coin: () => randomInt(2) === 1,
    onProgress(done, of, state) {
      if (state === "baseline") progress.show("measuring the storm as it is …");
      else progress.show(`measuring … ${done + 1} of ${of} stretches (${state})`);
    },
  });
}
