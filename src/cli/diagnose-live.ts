import { observe } from "../capture/observe.ts";
import { createDerivation } from "../derive/index.ts";
import { diagnose } from "../diagnosis/index.ts";
import { createLookup, type Lookup } from "../diagnosis/lookup.ts";
import { Preparation } from "../diagnosis/prepare.ts";
import type { Diagnosis } from "../diagnosis/result.ts";
import type { FootingThread } from "../footing/footing-thread.ts";
import { AuditReader } from "../formats/audit/reader.ts";
import type { EventSink } from "../model/events.ts";
import type { Footing } from "../model/footing.ts";
import type { Untrusted } from "../model/text.ts";
import { mountNamespaceOf } from "../platform/namespace.ts";
import { raisePriority } from "../platform/priority.ts";
import { VerdictWatch } from "../stopping/verdict-watch.ts";
import type { CaseAccount } from "../casefolder/case-writer.ts";
import type { Companion, Source } from "./commands/shared.ts";
import { mergedDirectories } from "../platform/merged.ts";
import { openRoot } from "../platform/root.ts";
import { ownCost } from "./cost.ts";
import { introduce } from "./living.ts";
import type { Keeper } from "./keeper.ts";
import { ownFootingThread, ownFooting } from "./footing.ts";
import { glance } from "./glance.ts";
import { KNOWN } from "./known-live.ts";
import { listeningOf } from "./listening.ts";
import { loadExperiments, pastExperiments } from "./past-experiments.ts";
import type { Progress } from "./progress.ts";

export interface LiveOptions {
  version: string;
  /** Upper bound of the window, seconds. */
  seconds: number;
  source: Source;
  /** What is used beside the source. */
  with?: readonly Companion[];
  signal: AbortSignal;
  progress: Progress;
  /** Keeps the run as a case. */
  keeper?: Keeper;
  /** Do not look which calls the generations of the worst storm repeat. */
  withoutCalls?: boolean;
  /** Do not look whether the tools of this host can be believed. */
  withoutFooting?: boolean;
  /** Loads what is needed to show the result, while there is time for it. */
  preload?: () => Promise<unknown>;
  /** Something else to begin, as soon as a storm leads and there is time for it: it goes on by itself. */
  meanwhile?: () => void;
  /** Observe for all the time even when the verdict is certain. */
  wholeTime?: boolean;
}

export interface LiveAnswer {
  diagnosis: Diagnosis;
  interrupted: boolean;
  saved: CaseAccount | null;
}

/** Observes this host until the verdict is certain or the time is up, and diagnoses what was seen. */
export async function diagnoseLive(options: LiveOptions): Promise<LiveAnswer> {
  const restorePriority = raisePriority();
  const footing = options.withoutFooting === true ? null : ownFootingThread();
  try {
    return await observeAndDiagnose(options, footing);
  } finally {
    restorePriority();
    await footing?.end();
  }
}

async function observeAndDiagnose(options: LiveOptions, ground: FootingThread | null): Promise<LiveAnswer> {
  const derivation = createDerivation();
  const { keeper } = options;
  let preparation: Preparation | null = null;
  const watch = new VerdictWatch(
    KNOWN,
    () => derivation.peek(),
    (worst) => preparation?.expect(worst),
  );
  const sink: EventSink = (event) => {
    watch.before(event.ts);
    derivation.onEvent(keeper === undefined ? event : keeper.writer.event(event));
  };
  const idle = (ms: number): void => preparation?.work(ms);

  const ownNamespace = mountNamespaceOf("self");
  const observation = await observe({
    sink,
    begin: (before) => {
      introduce(before, sink);
      // Not sooner: between the snapshot and the window the host should be as it is.
      ground?.begin();
      const lookup = createLookup({ root: null, processes: before.processes, ownMountNamespace: ownNamespace });
      preparation = new Preparation(lookup);
      if (options.withoutFooting !== true) preparation.afterwards(loadExperiments);
      const { preload, meanwhile } = options;
      if (preload !== undefined) preparation.afterwards(preload);
      if (meanwhile !== undefined) preparation.afterwards(() => Promise.resolve(meanwhile()));
    },
    ...(keeper === undefined ? {} : { tee: keeper.writer.trace }),
    ...(options.source === "auto" ? {} : { source: options.source }),
    openAuditReader: (to) => new AuditReader(() => to),
    withAudit: options.with?.includes("audit") === true,
    seconds: options.seconds,
    enough: (read) => watch.isCertain(read) && options.wholeTime !== true,
    signal: options.signal,
    idle,
    progress: (seconds) => options.progress.show(`observing … ${seconds.toFixed(1)} of at most ${options.seconds} s`),
  });
  options.progress.show("looking up programs and supervisors …");
  const { host, seconds, startEpochMs, sources, interrupted } = observation;
  const before = keeper?.writer.snapshot(observation.before) ?? observation.before;
  const after = keeper?.writer.snapshot(observation.after) ?? observation.after;
  const traced = sources.some((source) => source.kind !== "proc");
  const countersOnly = traced ? null : { forksPerSecond: (after.forks - before.forks) / Math.max(1e-3, seconds) };
  const { cpu: slices, cgroupsOf, hidden } = observation;
  const derived = derivation.finish();
  const { listening, unseen } = listeningOf(derived, after);
  const couldNotLook = [...observation.couldNotLook, ...unseen];
  // Who asked for another source gets no recording by tracefs either.
  const looks = options.withoutCalls !== true && !interrupted && sources.some((source) => source.kind === "tracefs");
  const repeats = looks
    ? await glance(derived, seconds, { signal: options.signal, idle })
    : new Map<Untrusted, Untrusted[]>();
  const lookup = createLookup({
    root: null,
    processes: after.processes,
    ownMountNamespace: ownNamespace,
    prepared: (dir, root) => preparation?.of(dir, root) ?? null,
  });
  const grounded = interrupted ? null : ground;
  const footing = grounded === null ? null : ((await grounded.answer()) ?? (await footingHere(lookup)));
  const experiments = grounded === null ? [] : await pastExperiments();
  const diagnosis = await diagnose({
    version: options.version,
    host,
    window: { startEpochMs, seconds },
    sources,
    derived,
    known: KNOWN,
    live: { before, after, slices, cgroupsOf, repeats, listening },
    hidden,
    footing,
    experiments,
    remarks: [],
    couldNotLook,
    lookup,
    ...(keeper === undefined ? {} : { onAnswer: (answer) => void keeper.answers.push(answer) }),
    countersOnly,
    interrupted,
    cost: ownCost,
  });
  const run = {
    sources,
    couldNotLook,
    countersOnly,
    interrupted,
    ownMountNamespace: ownNamespace,
    slices,
    cgroupsOf,
    repeats,
    hidden,
    footing,
    listening,
    mergedDirectories: mergedDirectories(openRoot("/")),
    ...(experiments.length > 0 ? { experiments } : {}),
  };
  if (keeper !== undefined) options.progress.show("keeping the case …");
  const window = { startEpochMs, seconds };
  const saved = (await keeper?.finish({ version: options.version, host, window, run, before, after })) ?? null;
  options.progress.clear();
  return { diagnosis, interrupted, saved };
}

/** In this thread, where no other could be had. */
async function footingHere(lookup: Lookup): Promise<Footing | null> {
  const files = await lookup.examiner("/");
  return files === null ? null : await ownFooting(files);
}
