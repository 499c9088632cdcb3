import { z } from "zod";
import { CONCERNS, SCHEMA, type QuarantineState } from "./result.ts";
import type { StepState } from "../journal/types.ts";

/** The JSON that `quarantine --json` and `restore --json` print, as a schema, checked in tests and exported to `schema/`. */
const text = z.union([z.string(), z.object({ bytes: z.base64() })]);
const words = z.object({ code: z.string(), args: z.record(z.string(), z.unknown()) });

export const quarantine = z.object({
  schema: z.literal(SCHEMA),
  tool: z.object({ name: z.literal("whoforks"), version: z.string() }),
  action: z.enum(["quarantine", "restore"]),
  id: z.string().nullable(),
  path: text,
  root: text,
  sha256: z.string().nullable(),
  state: z.enum(["planned", "refused", "standing", "undone", "stuck"] satisfies QuarantineState[]),
  stored: text.nullable(),
  steps: z.array(
    z.object({
      step: z.int().nonnegative(),
      kind: z.string(),
      state: z.enum(["planned", "doing", "done", "failed", "undoing", "undone", "refused"] satisfies (
        "planned" | StepState
      )[]),
      effect: words,
      undo: words,
    }),
  ),
  why: words.nullable(),
  concerns: z.array(z.object({ kind: z.enum(CONCERNS), why: words })),
  processes: z.array(z.object({ pid: z.int().positive(), comm: text, runsFile: z.boolean() })),
  restarts: z.array(
    z.object({
      supervisor: z.string(),
      unit: text,
      file: text,
      line: z.int().positive().nullable(),
      directive: text,
      stop: z.array(text).nullable(),
      undo: z.array(text).nullable(),
    }),
  ),
  cameBack: z
    .object({ afterMs: z.number().nonnegative(), sha256: z.string().nullable(), sameContent: z.boolean() })
    .nullable(),
  remaining: z.array(
    z.object({
      // -1: of the journal itself.
      step: z.int().min(-1),
      kind: z.string(),
      effect: words.nullable(),
      why: words,
      byHand: z.array(z.array(text)),
    }),
  ),
  notes: z.array(words),
});
