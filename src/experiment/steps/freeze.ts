import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { StepRefused, StepUntouched, stepKind, type StepKind } from "../../journal/types.ts";
import { askFor, isThere, membersBelow, stateOf } from "../freezer.ts";

const data = z.object({ version: z.union([z.literal(1), z.literal(2)]), folder: z.string() });
type Data = z.infer<typeof data>;

const PATIENCE_MS = 1000;

/** Freezes a cgroup: its processes get no CPU and notice nothing. Undone by thawing it. */
export const freeze: StepKind<Data> = {
  kind: "cgroup.freeze",
  data,
  async apply({ version, folder }) {
    const before = stateOf(version, folder);
    if (before === null) throw new StepUntouched("experiment.refused.cgroup-gone", { folder });
    // Who froze it wants it so: thawing it would not be going back.
    if (before.asked) throw new StepUntouched("experiment.refused.frozen-already", { folder });
    // Whoever goes on then is nobody of it: that would refute what was never held.
    if (membersBelow(folder).length === 0) throw new StepUntouched("experiment.refused.nobody");
    askFor(version, folder, true);
    if (!(await becomes(version, folder, true))) throw new StepRefused("experiment.refused.not-frozen", { folder });
  },
  async undo({ version, folder }) {
    if (!isThere(folder)) return { outcome: "nothing-to-undo" };
    if (stateOf(version, folder)?.asked === false) return { outcome: "nothing-to-undo" };
    askFor(version, folder, false);
    if (await becomes(version, folder, false)) return { outcome: "undone" };
    return {
      outcome: "refused",
      why: { code: "experiment.refused.not-thawed", args: { folder } },
      byHand: freeze.byHand({ version, folder }),
    };
  },
  verify({ version, folder }) {
    const state = stateOf(version, folder);
    if (state === null) return "lost";
    return state.asked ? (state.is ? "after" : "between") : "before";
  },
  effect: ({ folder }) => ({ code: "experiment.step.freeze", args: { folder } }),
  undoing: ({ folder }) => ({ code: "experiment.undo.freeze", args: { folder } }),
  byHand: ({ version, folder }) => [
    version === 2
      ? ["sh", "-c", 'echo 0 > "$1/cgroup.freeze"', "sh", folder]
      : ["sh", "-c", 'echo THAWED > "$1/freezer.state"', "sh", folder],
  ],
};

export const freezeStep = stepKind(freeze);

async function becomes(version: 1 | 2, folder: string, frozen: boolean): Promise<boolean> {
  for (const end = performance.now() + PATIENCE_MS; ; await delay(2)) {
    const state = stateOf(version, folder);
    if (state === null) return !frozen;
    if (frozen ? state.is : !state.asked) return true;
    // Version 1 goes on only when it is asked again (Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst).
    if (version === 1) askFor(version, folder, frozen);
    if (performance.now() > end) return false;
  }
}
