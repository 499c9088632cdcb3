import { z } from "zod";
import { StepRefused, StepUntouched, stepKind, type StepKind } from "../../journal/types.ts";
import { isThere } from "../freezer.ts";
import { standingOfUnit } from "../unit-running.ts";
import { output, run } from "./run-command.ts";

const data = z.object({
  unit: z.string(),
  /** Whether it ran when the plan was made: then it is stopped as well, and started again. */
  running: z.boolean(),
});
type Data = z.infer<typeof data>;

/** Has systemd start a unit no more, whoever asks, and stop it where it runs: a link in /run, gone after a reboot too. */
export const maskUnit: StepKind<Data> = {
  kind: "unit.mask",
  data,
  async apply({ unit, running }) {
    if (await isMasked(unit)) throw new StepUntouched("experiment.refused.masked-already", { unit });
    await must(["systemctl", "mask", "--runtime", "--", unit]);
    // The link in /run hides no unit file in /etc, and systemctl does not mind.
    if (!(await isMasked(unit))) throw new StepRefused("experiment.refused.not-masked", { unit });
    if (running) await must(["systemctl", "stop", "--", unit]);
  },
  async undo(step) {
    const commands = maskUnit.byHand(step);
    for (const [at, command] of commands.entries()) {
      const complaint = await run(command);
      if (complaint === null) continue;
      return { outcome: "refused", why: failed(command, complaint), byHand: commands.slice(at) };
    }
    return { outcome: "undone" };
  },
  verify({ unit, running }) {
    if (!isThere(`/run/systemd/system/${unit}`)) return "before";
    return running ? standingOfUnit("systemd", unit) : "after";
  },
  effect: ({ unit, running }) => ({ code: `experiment.step.mask-${running ? "and-stop" : "unit"}`, args: { unit } }),
  undoing: ({ unit, running }) => ({ code: `experiment.undo.mask-${running ? "and-stop" : "unit"}`, args: { unit } }),
  byHand: ({ unit, running }) => [
    ["systemctl", "unmask", "--runtime", "--", unit],
    ...(running ? [["systemctl", "start", "--", unit]] : []),
  ],
};

export const maskUnitStep = stepKind(maskUnit);

/** Whether systemd takes it as masked now. */
export async function isMasked(unit: string): Promise<boolean> {
  return (
    (await output(["systemctl", "show", "--no-pager", "-p", "LoadState", "--", unit]))?.trim() === "LoadState=masked"
  );
}

async function must(command: readonly string[]): Promise<void> {
  const complaint = await run(command);
  if (complaint === null) return;
  const { code, args } = failed(command, complaint);
  throw new StepRefused(code, args);
}

function failed(command: readonly string[], complaint: string): { code: string; args: Record<string, unknown> } {
  return { code: "experiment.refused.command", args: { command: command.join(" "), complaint } };
}
