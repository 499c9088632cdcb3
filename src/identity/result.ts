import type { Untrusted } from "../model/text.ts";
import type { Concern } from "./concern.ts";
import type { Check, Identity } from "./types.ts";

/** Name of this result's schema. Changes are additive only; a change of meaning would get a new number. */
export const IDENTITIES_SCHEMA = "whoforks/identities/1";

/** The answer to `identify`: one object that every report is made from. */
export interface Identities {
  schema: typeof IDENTITIES_SCHEMA;
  tool: { name: "whoforks"; version: string };
  /** In the order of the questions. */
  identities: IdentifiedFile[];
  couldNotLook: NotLooked[];
}

/** A judged file, and how that was asked and can be checked. */
export interface IdentifiedFile extends Identity {
  concern: Concern;
  /** The process that was asked for and runs it; null: a path was asked for. */
  process: { pid: number; comm: Untrusted; argv0: Untrusted | null } | null;
  checks: Check[];
}

/** A path or process that nothing can be said about. */
export interface NotLooked {
  what: Untrusted;
  code: string;
  args: Record<string, unknown>;
  /** Errno name, or null. */
  error: string | null;
}
