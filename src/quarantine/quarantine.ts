import { setTimeout as pause } from "node:timers/promises";
import type { Journal } from "../journal/journal.ts";
import { wordsOf, type Run } from "../journal/run.ts";
import { StepRefused, type Remaining, type Step, type Words } from "../journal/types.ts";
import { recordOf, type FileRecord } from "./file-record.ts";
import { withHeld, withPlace, withRecorded, type Place } from "./place.ts";
import { stepsOf, type Plan } from "./plan.ts";
import type { CameBack } from "./result.ts";

/** What became of a plan. */
export interface Quarantined {
  run: Run;
  state: "standing" | "undone" | "stuck";
  why: Words | null;
  cameBack: CameBack | null;
  remaining: Remaining[];
}

export interface QuarantineOptions {
  version: string;
  /** How long the file's name is watched for another file, after the file was taken away. */
  watchMs: number;
  /** Steps of other rooms that keep a supervisor from starting it again; taken first. */
  before?: readonly Step[];
  /** Starts whoever undoes the run should this process die in its middle; nothing is done without. */
  guard?: (id: string) => Promise<{ dismiss(): void }>;
  /** Ends the run early: everything is undone. */
  signal?: AbortSignal;
}

const LOOK_MS = 50;

/**
 * Takes a file out of the way, as planned. Whatever goes wrong on the way is undone at once; what cannot be undone is told.
 * Throws `JournalError` only where nothing was begun.
 */
export async function quarantine(plan: Plan, journal: Journal, options: QuarantineOptions): Promise<Quarantined> {
  const { at, record } = plan;
  const { version, signal } = options;
  const run = journal.begin({ action: "quarantine", subject: at.path, root: at.root, version, details: { record } });
  let guard: { dismiss(): void } | undefined;
  try {
    guard = await options.guard?.(run.id);
    for (const step of [...(options.before ?? []), ...stepsOf(plan, run.id)]) {
      if (signal?.aborted === true) throw new StepRefused("quarantine.interrupted");
      await run.take(step);
      // The program stands still now: what is about to be moved must be what was judged.
      if (step.kind === "processes.stop") checkAgain(at, record);
    }
    const cameBack = await watch(at, record, options.watchMs, signal);
    if (signal?.aborted === true) throw new StepRefused("quarantine.interrupted");
    run.end("standing");
    return { run, state: "standing", why: null, cameBack, remaining: [] };
  } catch (error) {
    const why = wordsOf(error);
    const remaining = await run.undoAll();
    return { run, state: remaining.length === 0 ? "undone" : "stuck", why, cameBack: null, remaining };
  } finally {
    run.close();
    guard?.dismiss();
  }
}

function checkAgain(at: Place, judged: FileRecord): void {
  withRecorded(at, judged, (held) => {
    const now = recordOf(held);
    // Names may come and go, and reading may set the access time.
    const same = { ...now, atimeNs: judged.atimeNs, links: judged.links };
    if (JSON.stringify(same) !== JSON.stringify(judged)) throw new StepRefused("quarantine.changed", { path: at.path });
  });
}

/** Looks at the file's name for a while: whether something makes another file of that name. */
async function watch(at: Place, record: FileRecord, ms: number, signal?: AbortSignal): Promise<CameBack | null> {
  const start = performance.now();
  for (;;) {
    const afterMs = Math.round(performance.now() - start);
    const found = lookedAt(at, record, afterMs);
    if (found !== null || afterMs >= ms || signal?.aborted === true) return found;
    await pause(Math.min(LOOK_MS, ms - afterMs));
  }
}

/** The file is away: that its folder cannot be looked into any more is no reason to bring it back. */
function lookedAt(at: Place, record: FileRecord, afterMs: number): CameBack | null {
  try {
    return whatIsAt(at, record, afterMs);
  } catch {
    return null;
  }
}

function whatIsAt(at: Place, record: FileRecord, afterMs: number): CameBack | null {
  return withPlace(at, (open) => {
    if (open.directory.lstat(open.name) === null) return null;
    const sha256 = withHeld(open, (held) => {
      try {
        return recordOf(held).sha256;
      } catch {
        // No regular file, or one that is still being written.
        return null;
      }
    });
    return { afterMs, sha256, sameContent: sha256 === record.sha256 };
  });
}
