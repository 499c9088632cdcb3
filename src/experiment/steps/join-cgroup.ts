import type { z } from "zod";
import { stepKind, type StepKind } from "../../journal/types.ts";
import { isThere } from "../freezer.ts";
import { membersNow } from "../members.ts";
import { ownCgroupData, takeIn } from "./own-cgroup.ts";

type Data = z.infer<typeof ownCgroupData>;

/**
 * Moves whoever has come since into the cgroup that `cgroup.own` has made: a supervisor starts its program beside it.
 * Taken back by the undo of that step, with all the others.
 */
const joinCgroup: StepKind<Data> = {
  kind: "cgroup.join",
  data: ownCgroupData,
  apply(step) {
    takeIn(step, membersNow(step.target));
  },
  undo: () => ({ outcome: "nothing-to-undo" }),
  verify: ({ own }) => (isThere(own) ? "after" : "before"),
  effect: ({ own }) => ({ code: "experiment.step.join-cgroup", args: { own } }),
  undoing: () => ({ code: "experiment.undo.join-cgroup", args: {} }),
  byHand: () => [],
};

export const joinCgroupStep = stepKind(joinCgroup);
