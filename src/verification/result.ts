import type { Owner, Reason } from "../identity/types.ts";
import type { Untrusted } from "../model/text.ts";

/** Name of this result's schema. Changes are additive only. */
export const VERIFICATION_SCHEMA = "whoforks/verification/1";

/** What comparing every packaged file with its package's record came to. */
export interface Verification {
  schema: typeof VERIFICATION_SCHEMA;
  tool: { name: "whoforks"; version: string };
  root: string;
  /** Null: no package database that can be read; then nothing was compared. */
  manager: string | null;
  packages: number;
  /** Paths with a recorded digest, and how many of them were compared. */
  files: number;
  compared: number;
  /** Links, directories and files without a recorded digest that were looked for. Absent in older results. */
  lookedFor?: number;
  /** Files whose digest an earlier run had computed, and how many of those were computed again, at random. */
  fromCache: number;
  computedAgain: number;
  /** Bytes read now. */
  bytesRead: number;
  /** Files left out at installation (path-exclude of dpkg.cfg), which are therefore not missed. */
  leftOut: number;
  /** Damage of the package database. */
  databaseProblems: number;
  interrupted: boolean;
  /** Null: there is none, or it was believed. `contradicted`: a digest in it was wrong, and everything was read. */
  cacheProblem: string | null;
  /** What is not as recorded, the worst first. */
  differences: Difference[];
}

/** One file that is not as recorded. */
export interface Difference {
  path: Untrusted;
  owner: Owner;
  /**
   * `modified`: another content; `rights`: another mode, owner or capabilities; `unread`: it could not be compared;
   * `replaced`: another kind of file stands there (a FIFO for a file, a file for a directory); `missing`: not there; `edited`: a configuration file, which the administrator may change.
   */
  kind: "modified" | "rights" | "replaced" | "unread" | "missing" | "edited";
  reasons: Reason[];
}
