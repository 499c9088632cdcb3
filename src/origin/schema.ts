import { z } from "zod";
import { couldNotLook, footing } from "../identity/footing-schema.ts";
import { identity, owner } from "../identity/schema.ts";
import { ORIGIN_SCHEMA, OUTCOMES, RELATIONS, SIGN_WEIGHTS, TIME_KINDS } from "./result.ts";

const text = z.union([z.string(), z.object({ bytes: z.base64() })]);
const count = z.int().nonnegative();
const args = z.record(z.string(), z.unknown());
const evidence = z.object({ source: text, locator: text, quote: text.optional() });

/** A result of `whoforks origin --json` as it is printed; text that is not valid UTF-8 as `{"bytes": "<base64>"}`. */
export const origin = z.object({
  schema: z.literal(ORIGIN_SCHEMA),
  tool: z.object({ name: z.literal("whoforks"), version: z.string() }),
  asked: text,
  root: text,
  path: text,
  verdict: z.object({
    outcome: z.enum(OUTCOMES),
    code: z.string(),
    args,
    confidence: z.enum(["high", "medium", "low"]).nullable(),
    evidence: z.array(evidence),
  }),
  identity: z
    .object({ verdict: identity.shape.verdict, owner: owner.nullable(), claims: identity.shape.claims })
    .nullable(),
  times: z.array(z.object({ kind: z.enum(TIME_KINDS), time: z.string().nullable() })),
  fileSystem: z.string().nullable(),
  aroundSeconds: z.number().positive(),
  signs: z.array(z.object({ code: z.string(), args, weight: z.enum(SIGN_WEIGHTS), otherwise: z.string().nullable() })),
  events: z.array(
    z.object({
      time: z.string().nullable(),
      until: z.string().nullable(),
      relation: z.enum(RELATIONS),
      code: z.string(),
      args,
      source: z.string(),
      evidence: evidence.nullable(),
    }),
  ),
  sources: z.array(
    z.object({
      id: z.string(),
      files: z.array(text),
      records: count,
      skipped: count,
      examples: z.array(z.object({ locator: text, why: text, quote: text })),
      from: z.string().nullable(),
      to: z.string().nullable(),
      leftOut: count,
    }),
  ),
  couldNotLook,
  footing: footing.nullable(),
});
