import type { HostFacts } from "../model/snapshot.ts";

/** Name of this layout. A change that older readers would misread gets a new number. */
export const CASE_SCHEMA = "whoforks/case/1";

/** What lies in a case folder; written last, so that a folder without it was never finished. */
export interface Manifest {
  schema: typeof CASE_SCHEMA;
  tool: { name: "whoforks"; version: string };
  host: HostFacts;
  /** Start of the window, ms since 1970, and its length in seconds. */
  window: { startEpochMs: number; seconds: number };
  /** Events kept, and those that came after the recording had failed. */
  events: { kept: number; dropped: number };
  /** False when something could not be written: `problems` says what. */
  complete: boolean;
  problems: string[];
  /** What was taken for a secret and replaced in arguments; null with `--no-redact`. */
  redaction: { rules: string[]; commandLines: number } | null;
  parts: Part[];
}

export interface Part {
  /** Relative to the folder, one of `PARTS`, `TRACE` or `files/NNNN`. */
  name: string;
  /** Bytes. */
  size: number;
  sha256: string;
  /** Of a copied file: where the root of its host lay, and its path inside it. Untrusted. */
  source?: { root: string; path: string };
  /** Only its beginning was copied. */
  cut?: true;
  /** Only the lines that concern the programs of the case were copied, as they stand there. */
  excerpt?: true;
}
