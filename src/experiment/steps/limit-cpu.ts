import { z } from "zod";
import { StepUntouched, stepKind, type StepKind } from "../../journal/types.ts";
import { LITTLE_CPU } from "../cpu-files.ts";
import { isThere, membersBelow, setTo, settingOf } from "../freezer.ts";

const FILES = Object.values(LITTLE_CPU).flatMap(({ weight, limit }) => [weight.file, limit.file]);

const data = z.object({
  folder: z.string(),
  file: z.enum(FILES),
  /** As the kernel writes both. */
  before: z.string(),
  during: z.string(),
});
type Data = z.infer<typeof data>;

/** Gives a cgroup less CPU: everything in it goes on, slowly. Undone by writing back what the file said. */
export const limitCpu: StepKind<Data> = {
  kind: "cgroup.cpu",
  data,
  apply({ folder, file, before, during }) {
    const now = settingOf(folder, file);
    if (now === null) throw new StepUntouched("experiment.refused.cgroup-gone", { folder });
    // Who has changed it wants it so: what was read for the plan would not be going back.
    if (now !== before) throw new StepUntouched("experiment.refused.changed", { file: `${folder}/${file}` });
    if (membersBelow(folder).length === 0) throw new StepUntouched("experiment.refused.nobody");
    setTo(folder, file, during);
  },
  undo(step) {
    const { folder, file, before, during } = step;
    if (!isThere(folder)) return { outcome: "nothing-to-undo" };
    const now = settingOf(folder, file);
    if (now === before || now === null) return { outcome: "nothing-to-undo" };
    if (now !== during)
      return {
        outcome: "refused",
        why: { code: "experiment.refused.changed", args: { file: `${folder}/${file}` } },
        byHand: limitCpu.byHand(step),
      };
    setTo(folder, file, before);
    return { outcome: "undone" };
  },
  verify({ folder, file, before, during }) {
    const now = settingOf(folder, file);
    return now === before ? "before" : now === during ? "after" : "lost";
  },
  effect: ({ folder, file, during }) => ({ code: "experiment.step.limit-cpu", args: { folder, file, value: during } }),
  undoing: ({ file, before }) => ({ code: "experiment.undo.limit-cpu", args: { file, value: before } }),
  byHand: ({ folder, file, before }) => [["sh", "-c", 'echo "$1" > "$2"', "sh", before, `${folder}/${file}`]],
};

export const limitCpuStep = stepKind(limitCpu);
