import { z } from "zod";
import { FOOTING_WEIGHTS } from "../model/footing.ts";

const text = z.union([z.string(), z.object({ bytes: z.base64() })]);
const args = z.record(z.string(), z.unknown());
const ownFile = z.object({
  path: text,
  sha256: z.string(),
  owner: z.object({ manager: z.string(), package: z.string(), version: z.string() }).nullable(),
  verdict: z.string(),
});

/** What was not looked at, why, and the command that would allow it; in the JSON of several commands. */
export const couldNotLook = z.array(
  z.object({
    code: z.string(),
    what: text,
    why: text,
    remedy: z.string().nullable(),
    args: z.record(z.string(), z.number()).optional(),
  }),
);

/** What this tool stands on, in the JSON of several commands. */
export const footing = z.object({
  findings: z.array(z.object({ code: z.string(), args, weight: z.enum(FOOTING_WEIGHTS) })),
  program: z.object({ node: ownFile, whoforks: ownFile }).nullable(),
  couldNotLook,
});
