import { z } from "zod";

const text = z.union([z.string(), z.object({ bytes: z.base64() })]);

/** `couldNotLook` in the JSON of several commands: what was not looked at, why, and the command that would allow it. */
export const couldNotLook = z.array(
  z.object({
    code: z.string(),
    what: text,
    why: text,
    remedy: z.string().nullable(),
    args: z.record(z.string(), z.number()).optional(),
  }),
);
