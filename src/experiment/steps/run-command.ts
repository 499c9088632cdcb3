import { execFile, type ExecFileException } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { StepRefused, stepKind, type StepKind } from "../../journal/types.ts";
import { fromBytes } from "../../model/text.ts";
import { atUsualPriority } from "../../platform/priority.ts";
import { isRunning, standingOfUnit } from "../unit-running.ts";

const data = z.object({
  supervisor: z.string(),
  unit: z.string(),
  stop: z.array(z.string()).min(1),
  start: z.array(z.array(z.string()).min(1)).min(1),
});
type Data = z.infer<typeof data>;

const PATIENCE_MS = 60_000;
/** Until a job has ended that was told to. */
const ENDING_MS = 15_000;
/** Of what a command complains, this much is kept. */
const COMPLAINT = 400;
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Asks a supervisor to stop one of its jobs, by its own command, and to start it again. */
export const stopUnit: StepKind<Data> = {
  kind: "unit.stop",
  data,
  async apply({ supervisor, unit, stop }) {
    const complaint = await run(stop);
    if (complaint !== null) throw new StepRefused("experiment.refused.command", { command: stop.join(" "), complaint });
    // Some commands only pass it on, and who takes no notice of SIGTERM runs for a while, or for ever.
    for (const end = performance.now() + ENDING_MS; isRunning(supervisor, unit, stop) === true; await delay(100))
      if (performance.now() > end) throw new StepRefused("experiment.refused.still-runs", { unit, supervisor });
  },
  async undo(step) {
    for (const [at, command] of step.start.entries()) {
      const complaint = await run(command);
      if (complaint !== null)
        return {
          outcome: "refused",
          why: { code: "experiment.refused.command", args: { command: command.join(" "), complaint } },
          byHand: step.start.slice(at),
        };
    }
    return { outcome: "undone" };
  },
  // Only the supervisor knows; to start what runs already changes nothing.
  verify: ({ supervisor, unit, stop }) => standingOfUnit(supervisor, unit, stop),
  effect: ({ supervisor, unit }) => ({ code: "experiment.step.stop-unit", args: { supervisor, unit } }),
  undoing: ({ supervisor, unit }) => ({ code: "experiment.undo.stop-unit", args: { supervisor, unit } }),
  byHand: ({ start }) => start,
};

export const stopUnitStep = stepKind(stopUnit);

/** Null: it went well; else what it said. No shell: every word is one argument. */
export async function run(command: readonly string[]): Promise<string | null> {
  return (await ran(command)).complaint;
}

/** What it prints; null: it failed. */
export async function output(command: readonly string[]): Promise<string | null> {
  const { complaint, said } = await ran(command);
  return complaint === null ? said : null;
}

function ran([program = "", ...args]: readonly string[]): Promise<{ complaint: string | null; said: string }> {
  return new Promise((resolve) => {
    const options = {
      timeout: PATIENCE_MS,
      env: { PATH, LC_ALL: "C" },
      encoding: "buffer",
      maxBuffer: 1 << 20,
    } as const;
    const answer = (error: ExecFileException | null, stdout: Buffer, stderr: Buffer): void => {
      if (error === null) return resolve({ complaint: null, said: fromBytes(stdout) });
      const said = fromBytes(stderr.length > 0 ? stderr : stdout).trim();
      resolve({ complaint: (said === "" ? error.message : said).slice(0, COMPLAINT), said });
    };
    const child = atUsualPriority(() => execFile(program, args, options, answer));
    child.stdin?.end();
  });
}
