import type { CouldNotLook } from "./could-not-look.ts";
import type { Untrusted } from "./text.ts";

export const FOOTING_WEIGHTS = ["strong", "medium", "weak"] as const;

/** Something for which what this tool says, or what the host's own tools say, may be wrong. */
export interface FootingFinding {
  code: string;
  args: Record<string, unknown>;
  /** `weak` is told in JSON and with -v; the others stand above every report. */
  weight: (typeof FOOTING_WEIGHTS)[number];
}

/** A file that this tool itself is made of. */
export interface OwnFile {
  path: Untrusted;
  /**
   * Lower-case hex; "" where a package answers for the content, or it could not be read. Somebody who knows the digest that it
   * should have can compare.
   */
  sha256: string;
  owner: { manager: string; package: string; version: string } | null;
  /** As `identify` gives it. */
  verdict: string;
}

/** What this tool stands on. Part of what several commands print with --json. */
export interface Footing {
  findings: FootingFinding[];
  /** The interpreter that runs, and this program; null: another root than this host's was looked at. */
  program: { node: OwnFile; whoforks: OwnFile } | null;
  couldNotLook: CouldNotLook[];
}
