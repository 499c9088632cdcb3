import { z } from "zod";

/** Name of this layout. */
export const BUNDLE_SCHEMA = "whoforks/bundle/1";
/** Written last into the archive; beside it its own digest, in the form of sha256sum(1). */
export const MANIFEST = "MANIFEST.json";
export const MANIFEST_DIGEST = "MANIFEST.json.sha256";

const text = z.union([z.string(), z.object({ bytes: z.base64() })]);
const count = z.int().nonnegative();

export const ITEM_KINDS = [
  "diagnosis",
  "case",
  "suspect-file",
  "suspect-process",
  "origin",
  "configuration",
  "processes",
] as const;

export const item = z.object({
  /** Name in the archive. */
  name: z.string().regex(/^[a-z0-9][a-z0-9._/-]{0,200}$/),
  kind: z.enum(ITEM_KINDS),
  size: count,
  sha256: z.hex().length(64),
  /** Where it came from: the root as a folder of the host, and the path inside it, or what was read of /proc. */
  source: text.nullable(),
  /** Of a sealed file: size and digest of what is inside. */
  sealed: z.object({ size: count, sha256: z.hex().length(64) }).nullable(),
  /** Only its beginning was taken. */
  cut: z.boolean(),
  note: z.string().nullable(),
});
export type Item = z.infer<typeof item>;

export const bundle = z.object({
  schema: z.literal(BUNDLE_SCHEMA),
  tool: z.object({ name: z.literal("whoforks"), version: z.string() }),
  collected: z.object({
    at: z.iso.datetime(),
    /** Effective user, the user who called sudo(8), and the host. */
    uid: count,
    sudoUser: text.nullable(),
    hostname: text,
    kernel: z.string(),
    arguments: z.array(text),
  }),
  /** Whether sealed files have a password of their own; else it is the open one that docs/collect.md names. */
  password: z.enum(["open", "own"]),
  /** What was taken for a secret and replaced: the rules, and how often; null: nothing was looked for. */
  redaction: z.object({ rules: z.array(z.string()), replaced: count }).nullable(),
  couldNotCollect: z.array(z.object({ what: text, why: z.string() })),
  items: z.array(item).max(10_000),
});
export type Bundle = z.infer<typeof bundle>;
