import { z } from "zod";
import { identity, owner } from "../identity/schema.ts";
import { VERIFICATION_SCHEMA, type Difference, type Verification } from "./result.ts";

/** The JSON of `identify --verify-packages`, as a schema: checked in tests and exported to `schema/`. */
const count = z.int().nonnegative();
type Fields<T> = Record<keyof T, z.ZodType>;

export const verification = z.object({
  schema: z.literal(VERIFICATION_SCHEMA),
  tool: z.object({ name: z.literal("whoforks"), version: z.string() }),
  root: z.string(),
  manager: z.string().nullable(),
  packages: count,
  files: count,
  compared: count,
  lookedFor: count.optional(),
  fromCache: count,
  computedAgain: count,
  bytesRead: count,
  leftOut: count,
  databaseProblems: count,
  interrupted: z.boolean(),
  cacheProblem: z.string().nullable(),
  differences: z.array(
    z.object({
      path: identity.shape.path,
      owner,
      kind: z.enum(["modified", "rights", "replaced", "unread", "missing", "edited"]),
      reasons: identity.shape.reasons,
    } satisfies Fields<Difference>),
  ),
} satisfies Fields<Verification>);
