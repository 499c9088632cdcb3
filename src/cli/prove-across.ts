import { HostMeter } from "./prove-bench.ts";
import {
  baselineNote,
  bootNote,
  busiest,
  judgeBoots,
  movedAcross,
  type BaselineNote,
  type BootNote,
} from "../experiment/across-reboot.ts";
import { measureBaseline, untilKnown } from "../experiment/baseline.ts";
import { open } from "../experiment/judge.ts";
import type { BootStretch, Experiment, Judgement } from "../experiment/result.ts";
import type { Bench } from "../experiment/run.ts";
import { wordsOf, type Run } from "../journal/run.ts";
import type { Untrusted } from "../model/text.ts";
import { bootOf, isSameBoot } from "../platform/boot.ts";
import { safe } from "../report/text/sanitise.ts";
import { Failure } from "./failure.ts";
import { startGuard, type Guard } from "./guard.ts";
import { MEASURED } from "./past-experiments.ts";
import { beginRun, type CarryOut } from "./prove-run.ts";
import { toldUndone } from "./prove-told.ts";

/** Of the storm, what may be left without the file. */
const REMAINDER = 0.1;
/** After a boot it is looked for this long at least, seconds. */
const SHORTEST_LOOK = 5;
const GUARD_SECONDS = 180;

/** What a part of an experiment across boots gives to the result. */
export type Across = Pick<Experiment, "id" | "baseline" | "boots" | "moved" | "because" | "undone"> & {
  verdict: Experiment["verdict"];
  couldNotLook: Experiment["couldNotLook"];
};

/** Measures the storm, then takes the file out of the way and leaves it there, for the next boot. */
export async function beginAcross(options: CarryOut): Promise<Across> {
  const { intervention, storm, baselineSeconds, longestBaseline, signal, root } = options;
  const { target } = intervention;
  const meter = meterOf(storm, options.source);
  let note: BaselineNote;
  try {
    options.progress.show("measuring the storm as it is …");
    const measured = await measureBaseline(benchOf(meter, signal), { baselineSeconds, longestBaseline });
    const { baseline, from, to, unfit } = measured;
    if (baseline === null || unfit !== null) return nothingDone(measured.baseline, unfit ?? "interrupted", meter);
    note = { ...noteOf(meter, from, to, root), baseline };
  } finally {
    meter.stop();
  }
  const run = beginRun(options.version, intervention, { plan: options.plan, storm }, root);
  let guard: Guard | null = null;
  try {
    guard = await (options.waiting?.watch(run.id, GUARD_SECONDS) ?? startGuard(run.id, GUARD_SECONDS));
    run.note("with", note);
    for (const step of intervention.again?.(run.id) ?? intervention.hold) await run.take(step);
    run.end("standing");
    return {
      id: run.id,
      baseline: note.baseline,
      boots: [stretchOf("with", note)],
      moved: [],
      because: null,
      undone: away(target, run.id),
      verdict: {
        outcome: "planned",
        code: "experiment.across.waiting",
        args: { target },
        errorRate: null,
        decide: { code: "experiment.decide.reboot", args: { id: run.id } },
      },
      couldNotLook: [...meter.couldNotLook],
    };
  } catch (error) {
    const { code, args } = wordsOf(error);
    const undone = toldUndone(await run.undoAll());
    const verdict = open("not-applied", { target }, "another-target");
    const because = { code, args: { ...args } };
    return { id: run.id, baseline: note.baseline, moved: [], because, undone, verdict, couldNotLook: [] };
  } finally {
    run.close();
    guard?.dismiss();
  }
}

/** Whether a run waits for a boot: its file is away for one, or was given back for another. */
export function waitsForBoot({ state }: Run): boolean {
  const names = new Set(state.notes.map(({ name }) => name));
  if (!names.has("with")) return false;
  return names.has("without") ? state.end === "undone" && !names.has("with-again") : state.end === "standing";
}

/** Measures after a boot. Throws `Failure`, and changes nothing, where there was none since. */
export async function resumeAcross(
  run: Run,
  signal: AbortSignal,
  show: (text: string) => void,
): Promise<Across & Pick<Experiment, "plan" | "storm">> {
  const { id } = run;
  const { head, notes } = run.state;
  const noteNamed = (name: string): unknown => notes.find((note) => note.name === name)?.data;
  const first = baselineNote.parse(noteNamed("with"));
  const kept = noteNamed("without");
  const without = kept === undefined ? null : bootNote.parse(kept);
  const { plan, storm } = head.details as Pick<Experiment, "plan" | "storm">;
  if (plan === null || storm === null) return never();
  const boot = bootOf(head.root);
  if (boot.init === null)
    throw new Failure(`nothing is booted in ${safe(head.root)}`, "start it, then the same command again");
  if (isSameBoot(boot, (without ?? first).boot))
    throw new Failure(
      "there was no boot since the last measurement",
      `boot, then the same command again; whoforks restore ${id} gives the file back without it`,
    );
  const meter = meterOf(storm, undefined);
  let note: BootNote;
  try {
    show("measuring after the boot …");
    const from = meter.now();
    const to = from + Math.max(first.baseline.seconds, SHORTEST_LOOK);
    if (!(await untilKnown(benchOf(meter, signal), to))) {
      const undone = without === null ? away(plan.target, id) : { ok: true, remaining: [] };
      return { ...nothingDone(first.baseline, "interrupted", meter), id, plan, storm, undone };
    }
    note = noteOf(meter, from, to, head.root);
  } finally {
    meter.stop();
  }
  run.note(without === null ? "without" : "with-again", note);
  const again = without === null ? null : note;
  const gone = without ?? note;
  const moved = movedAcross(first, gone);
  const judgement = judgeBoots(first.baseline, gone, again, moved, REMAINDER);
  const verdict: Judgement = {
    ...judgement,
    args: { target: plan.target, ...judgement.args },
    decide: judgement.decide === null ? null : { ...judgement.decide, args: { id } },
  };
  const { outcome, code, args, errorRate } = verdict;
  const rates = { freePerSecond: (again ?? first).perSecond, heldPerSecond: gone.perSecond };
  run.note(MEASURED, { outcome, code, args, errorRate, ...rates });
  const undone = toldUndone(run.state.end === "undone" ? [] : await run.undoAll());
  const boots = [stretchOf("with", first), stretchOf("without", gone)];
  if (again !== null) boots.push(stretchOf("with-again", again));
  return {
    id,
    plan,
    storm,
    baseline: first.baseline,
    boots,
    moved,
    because: null,
    undone,
    verdict,
    couldNotLook: [...meter.couldNotLook],
  };
}

/** The file is not where it was, and is meant not to be. */
function away(target: Untrusted, id: string): Experiment["undone"] {
  const why = { code: "experiment.across.away", args: { target } };
  return { ok: false, remaining: [{ effect: null, why, commands: [["whoforks", "restore", id]] }] };
}

function never(): never {
  throw new Failure("the journal of this run tells neither what was held nor which storm");
}

function nothingDone(baseline: Experiment["baseline"], unfit: string, meter: HostMeter): Across {
  const verdict =
    unfit === "unsteady"
      ? open("unsteady", {}, "longer-baseline")
      : unfit === "nothing-to-hold"
        ? open("no-storm", {}, "observe-longer")
        : open("interrupted", {}, "run-whole");
  const undone = { ok: true, remaining: [] };
  return { id: null, baseline, moved: [], because: null, undone, verdict, couldNotLook: [...meter.couldNotLook] };
}

function meterOf(storm: NonNullable<Experiment["storm"]>, source: CarryOut["source"]): HostMeter {
  return new HostMeter(({ exe, comm }) => (exe === null ? comm === storm.comm : exe === storm.exe), source);
}

/** What nothing is held on. */
function benchOf(meter: HostMeter, signal: AbortSignal): Bench {
  return {
    binSeconds: meter.binSeconds,
    now: () => meter.now(),
    known: () => meter.known(),
    wait: (until) => meter.wait(until, signal),
    starts: (from, to) => meter.starts(from, to),
    rates: (from, to) => meter.rates(from, to),
    others: (...states) => meter.others(...states),
    hold: () => Promise.resolve(false),
    release: () => Promise.resolve(true),
  };
}

function noteOf(meter: HostMeter, from: number, to: number, root: string): BootNote {
  return { ...meter.rates(from, to), boot: bootOf(root), others: busiest(meter.others([], [{ from, to }])) };
}

function stretchOf(
  state: BootStretch["state"],
  { seconds, perSecond, othersPerSecond, busyCpus }: BootNote,
): BootStretch {
  return { state, seconds, perSecond, othersPerSecond, busyCpus };
}
