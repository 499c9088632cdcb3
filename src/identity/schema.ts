import { z } from "zod";
import { IDENTITIES_SCHEMA, type Coverage, type IdentifiedFile, type NotLooked } from "./result.ts";

/**
 * The JSON of a judged file, in `diagnose --json` and in `identify --json`, as a schema: checked in tests and exported to
 * `schema/`. A path or other hostile text that is not valid UTF-8 appears as `{"bytes": "<base64>"}`.
 */
const text = z.union([z.string(), z.object({ bytes: z.base64() })]);
const count = z.int().nonnegative();
const args = z.record(z.string(), z.unknown());
/** Makes the compiler say when something is added that the schema does not have. */
type Fields<T> = Record<keyof T, z.ZodType>;

export const owner = z.object({ manager: z.string(), package: z.string(), version: z.string() });

export const identity = z.object({
  path: text,
  root: text,
  verdict: z.enum(["genuine", "modified", "impostor", "unpackaged", "local", "deleted", "memory-only", "unverifiable"]),
  owner: owner.nullable(),
  claims: z.object({ package: z.string(), path: text }).nullable(),
  file: z
    .object({
      size: count,
      mode: z.string(),
      uid: count,
      gid: count,
      mtime: z.string(),
      ctime: z.string(),
      birth: z.string().nullable(),
      inode: count,
      sha256: z.string(),
      flags: z.array(z.string()),
      capabilities: z.string().optional(),
    })
    .nullable(),
  elf: z
    .object({
      bits: z.union([z.literal(32), z.literal(64)]),
      machine: z.string(),
      type: z.string(),
      static: z.boolean(),
      stripped: z.boolean(),
      interpreter: text.nullable(),
      needed: z.array(text),
      buildId: z.string().nullable(),
      entropy: z.number(),
    })
    .nullable(),
  twins: z.array(z.object({ path: text, owner: owner.nullable(), size: count, sha256: z.string() })),
  reasons: z.array(z.object({ code: z.string(), args, weight: z.enum(["strong", "medium", "weak", "exculpatory"]) })),
  attack: z.array(z.string()),
});

const identified = identity.extend({
  concern: z.enum(["problem", "unsure", "none"]),
  process: z.object({ pid: count, comm: text, argv0: text.nullable() }).nullable(),
  checks: z.array(z.object({ code: z.string(), args, command: z.array(text), reason: z.string().optional() })),
  seenAs: z
    .array(
      z.discriminatedUnion("how", [
        z.object({ how: z.literal("search-path"), directory: text }),
        z.object({ how: z.literal("running"), pid: count, comm: text }),
        z.object({ how: z.literal("supervised"), supervisor: z.string(), unit: text, file: text }),
        z.object({ how: z.literal("preload"), file: text }),
      ]),
    )
    .optional(),
  alsoAt: z.array(text).optional(),
} satisfies Partial<Fields<IdentifiedFile>>);

const coverage = {
  scanned: count.optional(),
  found: count.optional(),
  owned: count.optional(),
  problems: count.optional(),
  unsure: count.optional(),
  verdicts: z.partialRecord(identity.shape.verdict, count).optional(),
  searched: z.array(text).optional(),
  supervised: count.optional(),
  running: count.nullable().optional(),
} satisfies Fields<Coverage>;

export const identities = z.object({
  schema: z.literal(IDENTITIES_SCHEMA),
  tool: z.object({ name: z.literal("whoforks"), version: z.string() }),
  ...coverage,
  identities: z.array(identified),
  couldNotLook: z.array(
    z.object({ what: text, code: z.string(), args, error: z.string().nullable() } satisfies Fields<NotLooked>),
  ),
});
