import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { StepRefused, StepUntouched, stepKind, type StepKind } from "../../journal/types.ts";
import { startTicks } from "../../platform/process-identity.ts";
import { signalLife } from "../../platform/processes.ts";
import { stateOf } from "../members.ts";

const data = z.object({ pid: z.int().min(2), startTicks: z.string() });
type Data = z.infer<typeof data>;

const PATIENCE_MS = 1000;

/** Stops a process with SIGSTOP and lets it go on with SIGCONT: the one that bears the number since that very start. */
export const stopProcess: StepKind<Data> = {
  kind: "process.stop",
  data,
  async apply(life) {
    // SIGCONT would not be going back.
    if (stateOf(life.pid) === "T") throw new StepUntouched("experiment.refused.stopped-already", { pid: life.pid });
    if (!signal(life, "SIGSTOP")) throw new StepUntouched("experiment.refused.process-gone", { pid: life.pid });
    // One that runs on another CPU gets there at its next way back from the kernel.
    for (const end = performance.now() + PATIENCE_MS; stateOf(life.pid) !== "T"; await delay(1))
      if (performance.now() > end) throw new StepRefused("experiment.refused.not-stopped", { pid: life.pid });
  },
  undo(life) {
    return { outcome: signal(life, "SIGCONT") ? "undone" : "nothing-to-undo" };
  },
  verify(life) {
    if (startTicks(life.pid) !== life.startTicks) return "lost";
    return stateOf(life.pid) === "T" ? "after" : "before";
  },
  effect: ({ pid }) => ({ code: "experiment.step.stop-process", args: { pid } }),
  undoing: ({ pid }) => ({ code: "experiment.undo.stop-process", args: { pid } }),
  byHand: ({ pid }) => [["kill", "-CONT", String(pid)]],
};

export const stopProcessStep = stepKind(stopProcess);

/** Signals this life of the number; false: it is over. */
function signal(life: Data, name: "SIGSTOP" | "SIGCONT"): boolean {
  const code = signalLife(life, name);
  if (code === null || code === "ESRCH") return code === null;
  throw Object.assign(new Error(`${code}: ${name}`), { code });
}
