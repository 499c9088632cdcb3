import { constants } from "node:os";
import { closeSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { StepRefused, StepUntouched, stepKind, type StepKind } from "../../journal/types.ts";
import { errnoName, fileCalls } from "../../platform/file-calls.ts";
import { startTicks } from "../../platform/process-identity.ts";

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
    if (!signal(life, constants.signals.SIGSTOP))
      throw new StepUntouched("experiment.refused.process-gone", { pid: life.pid });
    // One that runs on another CPU gets there at its next way back from the kernel.
    for (const end = performance.now() + PATIENCE_MS; stateOf(life.pid) !== "T"; await delay(1))
      if (performance.now() > end) throw new StepRefused("experiment.refused.not-stopped", { pid: life.pid });
  },
  undo(life) {
    return { outcome: signal(life, constants.signals.SIGCONT) ? "undone" : "nothing-to-undo" };
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

/**
 * Signals this life of the number; false: it is over. Through a pidfd the number cannot go to another meanwhile
 * (pidfd_open(2), Linux 5.3); without one it is looked at just before.
 */
function signal({ pid, startTicks: began }: Data, number: number): boolean {
  const calls = fileCalls();
  const fd = "missing" in calls ? -1 : calls.pidfdOpen(pid);
  try {
    if (startTicks(pid) !== began) return false;
    if ("missing" in calls || fd < 0) process.kill(pid, number);
    else if (calls.pidfdSendSignal(fd, number) < 0) {
      const code = errnoName(calls.errno());
      if (code === "ESRCH") return false;
      throw Object.assign(new Error(`${code}: pidfd_send_signal`), { code });
    }
    return true;
  } finally {
    if (fd >= 0) closeSync(fd);
  }
}

function stateOf(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\) /s, "")
      .slice(0, 1);
  } catch {
    return null;
  }
}
