import * as fs from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { StepUntouched, stepKind, type Standing, type StepKind, type UndoResult } from "../../journal/types.ts";
import { errnoOf } from "../../platform/errno.ts";
import { bytesOf, inPlace, rewrite, standingOf, writeBack } from "./in-place.ts";

const data = z.discriminatedUnion("was", [
  /** There was none: ours is known by its content, which has a number of its own. */
  z.object({ was: z.literal("absent"), job: z.string(), file: z.string(), content: z.string() }),
  /** Something is added to its end. */
  inPlace.extend({ was: z.literal("there"), job: z.string() }),
]);
type Data = z.infer<typeof data>;

/**
 * Gives a job of upstart the stanza `manual` in its override: it is not started by itself any more (init(5)). An override
 * that is there already is kept byte for byte, with the stanza at its end; else ours comes whole or not at all, by link(2).
 */
export const override: StepKind<Data> = {
  kind: "config.override",
  data,
  apply(step) {
    if (step.was === "there") return rewrite(step);
    const beside = besideOf(step.file);
    try {
      writeNew(beside, step.content);
      fs.linkSync(beside, bytesOf(step.file));
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
      throw new StepUntouched("experiment.refused.changed", { file: step.file });
    } finally {
      fs.rmSync(beside, { force: true });
    }
    sync(step.file);
  },
  undo(step) {
    return step.was === "there" ? writeBack(step, override.byHand(step)) : takeAway(step);
  },
  verify(step): Standing {
    if (step.was === "there") return standingOf(step);
    const now = contentOf(step.file);
    return now === null ? "before" : now === step.content ? "after" : "lost";
  },
  effect: ({ job, file }) => ({ code: "experiment.step.override", args: { job, file } }),
  undoing: ({ was, file }) => ({ code: `experiment.undo.override-${was}`, args: { file } }),
  byHand: (step) =>
    step.was === "there" ? [["sed", "-i", "/^# whoforks /,/^manual$/d", step.file]] : [["rm", "--", step.file]],
};

export const overrideStep = stepKind(override);

function takeAway(step: Data & { was: "absent" }): UndoResult {
  fs.rmSync(besideOf(step.file), { force: true });
  const now = contentOf(step.file);
  if (now === null) return { outcome: "nothing-to-undo" };
  if (now !== step.content)
    return {
      outcome: "refused",
      why: { code: "experiment.refused.changed", args: { file: step.file } },
      byHand: override.byHand(step),
    };
  fs.unlinkSync(bytesOf(step.file));
  sync(step.file);
  return { outcome: "undone" };
}

/** upstart reads `*.conf` and `*.override` only. */
function besideOf(file: string): Buffer {
  return bytesOf(`${file}.whoforks`);
}

function writeNew(path: Buffer, content: string): void {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;
  const fd = fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
  try {
    fs.writeSync(fd, content);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** Null: there is none. What is no ordinary file, or longer than ours, is another's: "". */
function contentOf(file: string): string | null {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  let fd: number;
  try {
    fd = fs.openSync(bytesOf(file), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    return errnoOf(error) === "ENOENT" ? null : "";
  }
  try {
    const stat = fs.fstatSync(fd);
    return stat.isFile() && stat.size <= 4096 ? fs.readFileSync(fd, "latin1") : "";
  } finally {
    fs.closeSync(fd);
  }
}

function sync(file: string): void {
  const fd = fs.openSync(bytesOf(dirname(file)), fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
