import type { Case } from "../casefolder/case-reader.ts";
import type { EventsRead } from "../casefolder/event-file.ts";
import { createDerivation } from "../derive/index.ts";
import { diagnose } from "../diagnosis/index.ts";
import type { Material } from "../diagnosis/material.ts";
import { createLookup, type Lookup, type LookupAnswers } from "../diagnosis/lookup.ts";
import { recordedAnswers } from "../diagnosis/recorded.ts";
import type { Diagnosis } from "../diagnosis/result.ts";
import { emptyLedger, type SourceLedger } from "../model/ledger.ts";
import { ownCost } from "./cost.ts";
import { KNOWN } from "./known-live.ts";
import { openCaseOr } from "./open-case.ts";
import type { Progress } from "./progress.ts";

export interface CaseOptions {
  version: string;
  path: string;
  signal: AbortSignal;
  progress: Progress;
}

/** Diagnoses a case again, from nothing but what it holds. Throws `Failure` when its manifest cannot be trusted. */
export async function diagnoseCase(options: CaseOptions): Promise<{ diagnosis: Diagnosis; interrupted: boolean }> {
  options.progress.show("checking the case …");
  const kept = openCaseOr(options.path);
  options.progress.show("reading the case …");
  const derivation = createDerivation();
  const read = await kept.events(derivation.onEvent, () => options.signal.aborted);
  const answers = kept.answers === null ? null : recordedAnswers(kept.answers);
  const { manifest, run, before, after } = kept;
  const diagnosis = await diagnose({
    version: options.version,
    host: manifest.host,
    window: { startEpochMs: manifest.window.startEpochMs, seconds: secondsOf(kept, read, options.signal.aborted) },
    sources: sourcesOf(kept, read),
    derived: derivation.finish(),
    known: KNOWN,
    live:
      before === null || after === null
        ? null
        : {
            before,
            after,
            slices: run?.slices ?? null,
            cgroupsOf: run?.cgroupsOf ?? new Map(),
            repeats: run?.repeats ?? new Map(),
            ...(run?.listening === undefined ? {} : { listening: run.listening }),
          },
    hidden: run?.hidden ?? null,
    footing: run?.footing ?? null,
    experiments: run?.experiments ?? [],
    remarks: [],
    couldNotLook: [...(run?.couldNotLook ?? []), ...gapsOf(kept, read, answers)],
    lookup: lookupOf(kept),
    recorded: answers ?? { answerFor: () => null },
    countersOnly: run?.countersOnly ?? null,
    interrupted: options.signal.aborted || run?.interrupted === true,
    cost: ownCost,
  });
  options.progress.clear();
  return { diagnosis, interrupted: options.signal.aborted };
}

/** Where the recording or its reading broke off, rates count over the time that it covers. */
function secondsOf({ manifest }: Case, read: EventsRead | null, aborted: boolean): number {
  const { seconds } = manifest.window;
  if (read === null || (manifest.events.dropped === 0 && read.damage === null && !aborted)) return seconds;
  return Math.min(seconds, Math.max(0, read.lastTs / 1e9));
}

/** The sources of the run; none when their events are gone, so that nobody takes that for a quiet host. */
function sourcesOf({ manifest, run }: Case, read: EventsRead | null): SourceLedger[] {
  const gone = read === null || (read.events === 0 && (read.damage !== null || manifest.events.dropped > 0));
  if (gone) return [];
  const [first, ...others] = run?.sources ?? [{ ...emptyLedger("case", null), events: read.events }];
  if (first === undefined) return [];
  const { dropped } = manifest.events;
  if (dropped === 0) return [first, ...others];
  return [{ ...first, events: Math.max(0, first.events - dropped), lost: (first.lost ?? 0) + dropped }, ...others];
}

function gapsOf(kept: Case, read: EventsRead | null, answers: LookupAnswers | null): Material["couldNotLook"] {
  const gap = (code: string, what: string, why: string): Material["couldNotLook"][number] => ({
    code,
    what,
    why,
    remedy: null,
  });
  const gaps = kept.damaged.map(({ name, why }) => gap("case.damaged-part", `${name} of the case`, why));
  if (read !== null && read.damage !== null) gaps.push(gap("case.damaged-part", "events.bin of the case", read.damage));
  if (kept.answers !== null && answers === null)
    gaps.push(gap("case.damaged-part", "answers.json of the case", "it is not made as answers are"));
  const { complete, problems, events } = kept.manifest;
  if (!complete) {
    const missing = events.dropped > 0 ? `${events.dropped} events are missing; ` : "";
    gaps.push(gap("case.incomplete", "all that happened while it was recorded", missing + problems.join("; ")));
  }
  return gaps;
}

/** Says where roots lay on the recorded host; nothing of this host is opened. */
function lookupOf({ after, run }: Case): Lookup {
  const processes = after?.processes ?? null;
  const ownMountNamespace = run?.ownMountNamespace ?? null;
  return {
    ...createLookup({ root: null, processes, ownMountNamespace }),
    root: () => null,
    examiner: () => Promise.resolve(null),
  };
}
