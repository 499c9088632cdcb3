import { z } from "zod";
import { BOOT_STATES, INTERVENTION_KINDS, OUTCOMES, SCHEMA } from "./result.ts";

/** The JSON that `prove --json` prints, as a schema, checked in tests and exported to `schema/`. */
const text = z.union([z.string(), z.object({ bytes: z.base64() })]);
const rate = z.number().nonnegative();
const cpus = z.number().nonnegative().nullable();
const sentence = z.object({ code: z.string(), args: z.record(z.string(), z.unknown()) });

export const experiment = z.object({
  schema: z.literal(SCHEMA),
  tool: z.object({ name: z.literal("whoforks"), version: z.string() }),
  id: z.string().nullable(),
  storm: z.object({ kind: z.string(), exe: text.nullable(), comm: text, root: text }).nullable(),
  plan: z
    .object({
      kind: z.enum(INTERVENTION_KINDS),
      target: text,
      steps: z.array(
        z.object({
          effect: sentence,
          undo: sentence,
          command: z.array(text).nullable(),
          undoCommand: z.array(text).nullable(),
        }),
      ),
      pairs: z.int().positive(),
      seconds: z.number(),
      errorRate: z.number(),
      acrossReboot: z.literal(true).optional(),
    })
    .nullable(),
  baseline: z
    .object({
      seconds: z.number(),
      perSecond: rate,
      low: rate,
      high: rate,
      othersPerSecond: rate,
      busyCpus: cpus,
    })
    .nullable(),
  slotSeconds: z.number().nullable(),
  slots: z.array(
    z.object({
      at: z.number(),
      seconds: z.number(),
      state: z.enum(["free", "held"]),
      perSecond: rate,
      othersPerSecond: rate,
      busyCpus: cpus,
    }),
  ),
  effect: z.object({ freePerSecond: rate, heldPerSecond: rate, freeBusyCpus: cpus, heldBusyCpus: cpus }).nullable(),
  moved: z.array(z.object({ exe: text.nullable(), comm: text, freePerSecond: rate, heldPerSecond: rate })),
  boots: z
    .array(
      z.object({
        state: z.enum(BOOT_STATES),
        seconds: z.number(),
        perSecond: rate,
        othersPerSecond: rate,
        busyCpus: cpus,
      }),
    )
    .optional(),
  verdict: z.object({
    outcome: z.enum(OUTCOMES),
    code: z.string(),
    args: z.record(z.string(), z.unknown()),
    errorRate: z.number().nullable(),
    decide: sentence.nullable(),
  }),
  because: sentence.nullable(),
  undone: z.object({
    ok: z.boolean(),
    remaining: z.array(z.object({ effect: sentence.nullable(), why: sentence, commands: z.array(z.array(text)) })),
  }),
  // As identity's `couldNotLook`, which this room may not know: a test compares the two.
  couldNotLook: z.array(
    z.object({
      code: z.string(),
      what: text,
      why: text,
      remedy: z.string().nullable(),
      args: z.record(z.string(), z.number()).optional(),
    }),
  ),
});
