import { existsSync } from "node:fs";
import * as path from "node:path";
import type { RunState } from "../journal/types.ts";
import { stateFolderPath } from "../journal/state-folder.ts";
import type { PastExperiment } from "../model/past-experiment.ts";

/** Under this name `prove` keeps what it measured. */
export const MEASURED = "measured";
/** A host has had some; a case keeps the newest. */
const MOST = 8;

type Reader = [
  typeof import("../journal/journal.ts"),
  typeof import("../journal/types.ts"),
  typeof import("../casefolder/facts-schema.ts"),
];

/** Loads what reads them, ahead of the question. Null: this host has had none, as most, and nothing is loaded. */
export async function loadExperiments(): Promise<Reader | null> {
  if (!existsSync(path.join(stateFolderPath(), "runs"))) return null;
  return await Promise.all([
    import("../journal/journal.ts"),
    import("../journal/types.ts"),
    import("../casefolder/facts-schema.ts"),
  ]);
}

/** The experiments of this host that are over, the newest first. [] where there are none, or this user may not look. */
export async function pastExperiments(): Promise<PastExperiment[]> {
  const reader = await loadExperiments();
  if (reader === null) return [];
  const [{ Journal }, { stepKinds }, { pastExperiment }] = reader;
  const told = (run: RunState): PastExperiment[] => {
    const read = pastExperiment.safeParse(factsOf(run));
    return read.success ? [read.data] : [];
  };
  try {
    const { runs } = new Journal(stepKinds([])).runs();
    return runs.filter(isOver).flatMap(told).reverse().slice(0, MOST);
  } catch {
    // Not root, or no folder of ours.
    return [];
  }
}

/** What could not be taken back still holds the storm, or what is left of it. */
function isOver({ head, end }: RunState): boolean {
  return head.action === "prove" && end === "undone";
}

/** As `prove` wrote it, unchecked. */
function factsOf({ head, notes }: RunState): unknown {
  const measured = notes.findLast(({ name }) => name === MEASURED)?.data;
  const { storm, plan } = (head.details ?? {}) as { storm?: object | null; plan?: object | null };
  const { exe, root } = (storm ?? {}) as Record<string, unknown>;
  const { kind, target } = (plan ?? {}) as Record<string, unknown>;
  return { ...(measured as object | undefined), id: head.id, at: head.at, exe, root, kind, target };
}
