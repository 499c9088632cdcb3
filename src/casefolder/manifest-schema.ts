import { z } from "zod";
import { CASE_SCHEMA } from "./manifest.ts";
import { PARTS, TRACE } from "./names.ts";

const CONFIGURATION = /^files\/\d{4}$/;

/** A count or size as a whole number that JSON gives back exactly. */
const count = z.int().nonnegative();

const host = z.object({
  hostname: z.string(),
  kernel: z.string(),
  machine: z.string(),
  os: z.string().nullable(),
  cpus: z.int().positive(),
  bootedAt: z.iso.datetime({ offset: false }),
});

/** Latest moment that a Date can hold, ms. */
const MAX_DATE = 8.64e15;

export const manifestSchema = z.object({
  schema: z.literal(CASE_SCHEMA),
  tool: z.object({ name: z.literal("whoforks"), version: z.string() }),
  host,
  window: z.object({ startEpochMs: z.number().min(-MAX_DATE).max(MAX_DATE), seconds: z.number().nonnegative() }),
  events: z.object({ kept: count, dropped: count }),
  complete: z.boolean(),
  problems: z.array(z.string()),
  redaction: z.object({ rules: z.array(z.string()), commandLines: count }).nullable(),
  parts: z.array(
    z.object({
      name: z
        .string()
        .refine(
          (name) => name === TRACE || (Object.values(PARTS) as string[]).includes(name) || CONFIGURATION.test(name),
          "unknown part",
        ),
      size: count,
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      source: z.object({ root: z.string(), path: z.string() }).optional(),
      cut: z.literal(true).optional(),
      excerpt: z.literal(true).optional(),
    }),
  ),
});
