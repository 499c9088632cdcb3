import { z } from "zod";
import type { ComparedFact, SetDifference } from "./evidence/comparison.ts";
import type { Reference } from "./evidence/reference.ts";
import type { SignedChain } from "./evidence/signed-chain.ts";
import { footing } from "./footing-schema.ts";
import { IDENTITIES_SCHEMA, type Coverage, type IdentifiedFile, type NotLooked, type RulesAccount } from "./result.ts";

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

const chain = z.object({ verified: z.boolean(), code: z.string(), args } satisfies Fields<SignedChain>);

const sets = z.object({
  common: count,
  onlyFound: count,
  onlyReference: count,
  examplesFound: z.array(text),
  examplesReference: z.array(text),
} satisfies Fields<SetDifference>);

const comparedValue = z.union([text, z.number()]).nullable();

const reference = z.object({
  kind: z.enum(["deb", "rpm", "apk", "pacman", "file"]),
  path: text,
  sha256: z.string(),
  package: z.object({ name: z.string(), version: z.string(), architecture: z.string() }).nullable(),
  member: text.nullable(),
  facts: z.array(
    z.object({
      what: z.string(),
      found: comparedValue,
      reference: comparedValue,
      same: z.boolean(),
    } satisfies Fields<ComparedFact>),
  ),
  imports: sets.nullable(),
  strings: sets.nullable(),
  chain: chain.nullable(),
  damaged: z.string().nullable(),
} satisfies Fields<Reference>);

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
        z.object({ how: z.literal("set-id") }),
      ]),
    )
    .optional(),
  alsoAt: z.array(text).optional(),
  chain: chain.optional(),
  reference: reference.optional(),
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
  setId: z.object({ programs: count, names: count, isWhole: z.boolean() }).optional(),
  running: count.nullable().optional(),
} satisfies Fields<Coverage>;

const rules = z.object({
  folder: text,
  usable: z.boolean(),
  files: count,
  broken: count,
  scanned: count,
  matched: count,
  unscanned: count,
} satisfies Fields<RulesAccount>);

export const identities = z.object({
  schema: z.literal(IDENTITIES_SCHEMA),
  tool: z.object({ name: z.literal("whoforks"), version: z.string() }),
  ...coverage,
  identities: z.array(identified),
  couldNotLook: z.array(
    z.object({ what: text, code: z.string(), args, error: z.string().nullable() } satisfies Fields<NotLooked>),
  ),
  footing: footing.optional(),
  rules: rules.optional(),
});
