import { readlinkSync } from "node:fs";
import { observe } from "../capture/observe.ts";
import { createDerivation } from "../derive/index.ts";
import { detect } from "../detect/index.ts";
import { diagnose } from "../diagnosis/index.ts";
import { createLookup } from "../diagnosis/lookup.ts";
import type { Diagnosis } from "../diagnosis/result.ts";
import type { EventSink } from "../model/events.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { ownCost } from "./cost.ts";
import type { Progress } from "./progress.ts";

export interface LiveOptions {
  version: string;
  /** Upper bound of the window, seconds. */
  seconds: number;
  source: "auto" | "tracefs" | "proc";
  signal: AbortSignal;
  progress: Progress;
}

const KNOWN = { exitStatus: true, lineage: true, lifetimes: true };

/** Before this a rate is not known well enough for a verdict (10 ms ticks, bursts). */
const MIN_SECONDS = 1.5;
const MIN_STARTS = 150;

/** Observes this host until the verdict is certain or the time is up, and diagnoses what was seen. */
export async function diagnoseLive(options: LiveOptions): Promise<{ diagnosis: Diagnosis; interrupted: boolean }> {
  const derivation = createDerivation();
  const started = process.hrtime.bigint();
  const elapsed = (): number => Number(process.hrtime.bigint() - started) / 1e9;

  /** Whether the worst storm is named with certainty: then more time would not change the answer. */
  function enough(): boolean {
    if (elapsed() < MIN_SECONDS) return false;
    const worst = detect(derivation.peek(), KNOWN, elapsed()).findings[0];
    if (worst === undefined || worst.benign || worst.confidence !== "high" || worst.starts < MIN_STARTS) return false;
    return worst.subject.image.exe !== null;
  }

  const observation = await observe({
    sink: derivation.onEvent,
    begin: (before) => introduce(before, derivation.onEvent),
    ...(options.source === "proc" ? { source: options.source } : {}),
    seconds: options.seconds,
    enough,
    signal: options.signal,
    progress: (seconds) => options.progress.show(`observing … ${seconds.toFixed(1)} of at most ${options.seconds} s`),
  });
  options.progress.show("looking up programs and supervisors …");
  const { host, before, after } = observation;
  const traced = observation.sources.some((source) => source.kind === "tracefs");
  const diagnosis = await diagnose({
    version: options.version,
    host,
    window: { startEpochMs: observation.startEpochMs, seconds: observation.seconds },
    sources: observation.sources,
    derived: derivation.finish(),
    known: KNOWN,
    live: { before, after },
    remarks: [],
    couldNotLook: observation.couldNotLook,
    lookup: createLookup({ root: null, processes: after.processes, ownMountNamespace: ownMountNamespace() }),
    countersOnly: traced
      ? null
      : { forksPerSecond: (after.forks - before.forks) / Math.max(1e-3, observation.seconds) },
    interrupted: observation.interrupted,
    cost: ownCost,
  });
  options.progress.clear();
  return { diagnosis, interrupted: observation.interrupted };
}

/** Tells the deriver who lives already, parents before children, so that forks of theirs have a program and a parent. */
function introduce(before: Snapshot, sink: EventSink): void {
  const living = [...before.processes.values()].sort(
    (a, b) => a.startedAfterBoot - b.startedAfterBoot || a.pid - b.pid,
  );
  for (const { pid, ppid, comm, exe, threads, kernelThread } of living) {
    if (kernelThread) continue;
    sink({ type: "seen", ts: 0, pid, ppid, comm, exe, abi: null, threads });
  }
}

function ownMountNamespace(): string | null {
  try {
    return readlinkSync("/proc/self/ns/mnt");
  } catch {
    // Without /proc there is nothing to compare with.
    return null;
  }
}
