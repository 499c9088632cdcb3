import { z } from "zod";
import { diagnosis } from "../diagnosis/schema.ts";
import { MATCH_KINDS, RESOLUTION_CODES } from "../supervisors/index.ts";
import { SCHEMA, type Why } from "./result.ts";

const bytes = z.object({ bytes: z.base64() });
const text = z.union([z.string(), bytes]);
const count = z.number().nonnegative();

/** A result of `whoforks why --json` as it is printed; text that is not valid UTF-8 as `{"bytes": "<base64>"}`. */
export const restarts = z.object({
  schema: z.literal(SCHEMA),
  tool: z.object({ name: z.literal("whoforks"), version: z.string() }),
  asked: text,
  root: text,
  verdict: z.object({
    outcome: z.enum(["found", "not-found", "could-not-look"] satisfies Why["verdict"]["outcome"][]),
    code: z.string(),
    args: z.record(z.string(), z.unknown()),
  }),
  line: z.array(
    z.object({ pid: z.int().positive(), comm: text, exe: text.nullable(), argv: z.array(text).nullable() }),
  ),
  starts: z.int().nonnegative().nullable(),
  restarts: z.array(
    z.object({
      storm: z.null(),
      supervisor: z.string(),
      unit: text,
      file: text,
      line: z.int().positive().nullable(),
      directive: text,
      limit: z.object({ starts: count, seconds: count }).nullable(),
      limitAllowsRate: z.null(),
      command: text,
      searchPath: z.array(text).nullable(),
      resolvesTo: text.nullable(),
      shadows: z.array(text).nullable(),
      activates: text.exactOptional(),
      user: z.object({ uid: count, name: text }).exactOptional(),
      toldBy: z.array(z.enum([...MATCH_KINDS, "name", "program-name"])),
      restarts: z.enum(["always", "on-failure", "on-success", "on-signal", "on-schedule", "on-demand", "never"]),
      atLimit: z
        .union([z.object({ action: z.literal("stop") }), z.object({ action: z.literal("pause"), seconds: count })])
        .nullable(),
      delaySeconds: count,
      everySeconds: count.nullable(),
      minimumLifeSeconds: count.nullable(),
      inactive: z.enum(["off", "manual", "template", "rejected", "not-running"]).nullable(),
      definition: text.nullable(),
      script: z.object({ file: text, line: z.int().positive() }).nullable(),
      through: text.nullable(),
      isCheck: z.boolean(),
      expects: z.string().nullable(),
      unresolved: z.enum(RESOLUTION_CODES).nullable(),
      exitStatuses: z.array(z.object({ directive: text, file: text, line: z.int().positive() })).nullable(),
      wantedBy: z.array(text).nullable(),
      counted: z.object({ restarts: count, result: z.string() }).nullable(),
      stop: z.array(text).nullable(),
      undo: z.array(text).nullable(),
    }),
  ),
  looked: z.array(z.string()),
  couldNotLook: diagnosis.shape.couldNotLook,
});
