import type { Untrusted } from "../model/text.ts";
import type { Journal } from "../journal/journal.ts";
import type { RunState, Step, StepKinds, Words } from "../journal/types.ts";
import { hostPath, place } from "./place.ts";
import { standingOf, type QuarantineList, type ToldStep } from "./result.ts";

const UNKNOWN: Words = { code: "undo.unknown-step", args: {} };

/** Steps that are not taken yet, in words. */
export function plannedSteps(steps: readonly Step[], kinds: StepKinds): ToldStep[] {
  return steps.map((step, at) => told(step, at, "planned", kinds));
}

/** Steps of a run, in words, as they stand. */
export function toldSteps({ steps }: RunState, kinds: StepKinds): ToldStep[] {
  return steps.map((step) => told(step, step.step, step.state, kinds));
}

function told(step: Step, number: number, state: ToldStep["state"], kinds: StepKinds): ToldStep {
  const kind = kinds.get(step.kind);
  const known = kind?.fits(step.data) === true ? kind : null;
  return {
    step: number,
    kind: step.kind,
    state,
    effect: known?.effect(step.data) ?? { ...UNKNOWN, args: { kind: step.kind } },
    undo: known?.undoing(step.data) ?? { ...UNKNOWN, args: { kind: step.kind } },
  };
}

/** Where a run's journal says that its file lies; null where it took none away, or gave it back. */
export function storedOf({ steps }: RunState): Untrusted | null {
  const move = steps.findLast(({ kind, state }) => kind === "file.move" && state !== "undone");
  const { vault, name } = (move?.data ?? {}) as { vault?: unknown; name?: unknown };
  const at = place.safeParse(vault);
  return at.success && typeof name === "string" ? `${hostPath(at.data)}/${name}` : null;
}

/** All runs that still stand or did not end. Throws `JournalError`. */
export function listOf(journal: Journal, version: string): QuarantineList {
  const { runs, unreadable } = journal.runs();
  return {
    schema: "whoforks/quarantines/1",
    tool: { name: "whoforks", version },
    quarantines: runs.flatMap((run) => {
      const state = standingOf(run);
      const { id, action, subject, root, at, details } = run.head;
      if (state === null) return [];
      const sha256 = (details as { record?: { sha256?: unknown } } | null)?.record?.sha256;
      const digest = typeof sha256 === "string" ? sha256 : null;
      return [{ id, action, path: subject, root, sha256: digest, at, state, stored: storedOf(run) }];
    }),
    unreadable,
  };
}
