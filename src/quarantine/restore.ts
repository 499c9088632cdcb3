import type { Untrusted } from "../model/text.ts";
import type { Run } from "../journal/run.ts";
import type { Remaining } from "../journal/types.ts";
import { fileRecord, type FileRecord } from "./file-record.ts";
import { place, withRecorded, type Place } from "./place.ts";
import { differences } from "./step-seal.ts";

/** What a run of `quarantine` is about, by its journal; null where that does not tell. */
export function aboutOf(run: Run): { at: Place; record: FileRecord } | null {
  const { head } = run.state;
  const record = fileRecord.safeParse((head.details as { record?: unknown } | null)?.record);
  const at = place.safeParse({ root: head.root, path: head.subject });
  return record.success && at.success ? { at: at.data, record: record.data } : null;
}

/**
 * Gives back what a run took away, whether it ended well or its process was killed: the file with every byte, mode, owner,
 * attribute, time and flag, then whatever else was done. Refuses, and changes nothing, where the file in quarantine is not
 * what was put there or something else has its name. Ends the run; the caller closes it.
 */
export async function restore(run: Run): Promise<Remaining[]> {
  const wasStanding = run.state.end === "standing";
  const first = run.state.steps.find(({ kind }) => kind.startsWith("file."));
  let left: Remaining[] = [];
  // Where the file cannot be put back, its supervisor is not let loose either; of a run that broke off, all that can be is.
  const remaining = await run.undoAll(
    (kind) => wasStanding && kind === "file.move",
    (undone) => {
      // The file is whole by now, and nobody has been let loose who may execute it and so set its access time.
      if (undone === first) left = differing(run);
    },
  );
  // It was refused as a whole: the quarantine stands as before.
  const isWhole = remaining.some(({ kind }) => kind === "file.move") && wasStanding;
  if (isWhole) run.end("standing");
  else if (remaining.length === 0 && left.length > 0) run.end("stuck");
  return [...remaining, ...left];
}

/** Whether the file is, in all that can be given back, what it was. */
function differing(run: Run): Remaining[] {
  const about = aboutOf(run);
  if (about === null) return [];
  const { at, record } = about;
  const differs = withRecorded(at, record, (held) => differences(held, record));
  if (differs.length === 0) return [];
  const why = { code: "quarantine.differs", args: { path: at.path, differs } };
  return [{ step: -1, kind: "file", effect: null, why, byHand: [] }];
}

/**
 * Tells a run that its file system is mounted elsewhere now. The journal keeps the old folder; only this run's undo looks
 * into the new one.
 */
export function relocate(run: Run, root: Untrusted): void {
  const old = run.state.head.root;
  run.state.head.root = root;
  for (const step of run.state.steps) step.data = withRoot(step.data, old, root);
}

function withRoot(data: unknown, old: Untrusted, root: Untrusted): unknown {
  if (Array.isArray(data)) return data.map((inner) => withRoot(inner, old, root));
  if (typeof data !== "object" || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, inner]) => [
      key,
      key === "root" && inner === old ? root : withRoot(inner, old, root),
    ]),
  );
}
