import type { Examiner } from "../identity/index.ts";
import type { CouldNotLook } from "../model/could-not-look.ts";
import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import type { FootingFinding } from "../model/footing.ts";

/** What is looked at. */
export interface Ground {
  root: Root;
  examiner: Examiner;
  /** This process, where the root is that of this host; null: a mounted disk. */
  self: Self | null;
  /** Milliseconds since 1970. */
  now: number;
}

/** This process as it sees itself. */
export interface Self {
  /** Path of this program's main file. */
  script: Untrusted;
  /** Its environment. */
  environment: Readonly<Record<string, string | undefined>>;
}

export interface Looked {
  findings: FootingFinding[];
  gaps: CouldNotLook[];
}

/** One thing that this tool stands on. Those that are looked at: `index.ts`. Never throws for what it finds. */
export type FootingCheck = (ground: Ground) => Promise<Looked> | Looked;
