import { z } from "zod";
import { stepKind, type StepKind } from "../../journal/types.ts";
import { inPlace, rewrite, standingOf, writeBack } from "./in-place.ts";
import { readAgain } from "./read-again.ts";

const data = inPlace.extend({
  line: z.int().positive(),
  /** Who reads it again when it is told (sysvinit, inetd), if anybody has to be told. */
  tell: z.object({ pid: z.int().positive(), startTicks: z.string() }).nullable(),
});
type Data = z.infer<typeof data>;

/**
 * Makes one line of a table a comment that bears the marker, in place: owner, mode, ACLs, extended attributes and hard
 * links stay. Undone by writing back what was there, unless somebody else has changed the file meanwhile.
 */
export const disableLine: StepKind<Data> = {
  kind: "config.disable-line",
  data,
  async apply(step) {
    rewrite(step);
    if (step.tell !== null) await readAgain(step.tell);
  },
  async undo(step) {
    const result = writeBack(step, disableLine.byHand(step));
    // Also where it was written back before: who did so may have been killed before it was told.
    if (result.outcome !== "refused" && step.tell !== null) await readAgain(step.tell);
    return result;
  },
  verify: standingOf,
  effect: ({ file, line }) => ({ code: "experiment.step.disable-line", args: { file, line } }),
  undoing: ({ file, line }) => ({ code: "experiment.undo.disable-line", args: { file, line } }),
  byHand: ({ file, line, tell }) => [
    ["sed", "-i", `${line}s/^#whoforks: //`, file],
    ...(tell === null ? [] : [["kill", "-HUP", String(tell.pid)]]),
  ],
};

export const disableLineStep = stepKind(disableLine);

/** What a line becomes. */
export const MARKER = "#whoforks: ";

/** The table with that line made a comment; null: it has no such line, or that is a comment already. */
export function withoutLine(bytes: Buffer, line: number): Buffer | null {
  let at = 0;
  for (let number = 1; number < line; number++) {
    const end = bytes.indexOf(0x0a, at);
    if (end < 0) return null;
    at = end + 1;
  }
  const end = bytes.indexOf(0x0a, at);
  const text = bytes
    .subarray(at, end < 0 ? bytes.length : end)
    .toString("latin1")
    .trim();
  if (text === "" || text.startsWith("#")) return null;
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(MARKER), bytes.subarray(at)]);
}
