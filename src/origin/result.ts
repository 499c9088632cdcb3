import type { CouldNotLook } from "../model/could-not-look.ts";
import type { Evidence } from "../model/evidence.ts";
import type { Footing } from "../model/footing.ts";
import type { SkippedExample } from "../model/ledger.ts";
import type { Untrusted } from "../model/text.ts";
import type { IdentityVerdict, Owner } from "../identity/types.ts";

/** Name of this result's schema. Changes are additive only; a change of meaning would get a new number. */
export const ORIGIN_SCHEMA = "whoforks/origin/1";

export const TIME_KINDS = ["birth", "change", "modification"] as const;
/** Birth (statx STATX_BTIME), change of the inode (ctime), modification of the content (mtime). */
export type TimeKind = (typeof TIME_KINDS)[number];

export const OUTCOMES = ["arrived-by", "not-known", "no-file"] as const;
export const RELATIONS = ["file", "package", "around"] as const;
export const SIGN_WEIGHTS = ["strong", "medium", "weak", "exculpatory"] as const;

/** A time that the file itself bears. ISO 8601 UTC with nanoseconds; null: the file system does not keep it. */
export interface FileTime {
  kind: TimeKind;
  time: string | null;
}

/** Something that happened, by a log or by the times of a file. */
export interface OriginEvent {
  /** ISO 8601 UTC; null where the source gives none (a shell history without times). */
  time: string | null;
  /** When it ended, for a session; null: it has not, or is a moment. */
  until: string | null;
  /** `file`: the source names this file. `package`: it names its package. `around`: it happened near one of its times. */
  relation: (typeof RELATIONS)[number];
  code: string;
  args: Record<string, unknown>;
  /** `Source.id`. */
  source: string;
  evidence: Evidence | null;
}

/** Something about the times or the logs that speaks for or against their being true. */
export interface Sign {
  code: string;
  args: Record<string, unknown>;
  weight: (typeof SIGN_WEIGHTS)[number];
  /** Code of the sentence that says what else explains it; null for what speaks for the file. */
  otherwise: string | null;
}

/** What one source was read for, and how far it goes back. */
export interface SourceAccount {
  id: string;
  files: Untrusted[];
  /** Records understood, and those that were not. */
  records: number;
  skipped: number;
  examples: SkippedExample[];
  /** Times of its oldest and newest record, ISO 8601 UTC; null: none has a time. */
  from: string | null;
  to: string | null;
  /** Events of it that are left out of `events`, because there were too many. */
  leftOut: number;
}

/** The answer to `whoforks origin`. */
export interface Origin {
  schema: typeof ORIGIN_SCHEMA;
  tool: { name: "whoforks"; version: string };
  asked: Untrusted;
  /** Where the root of the paths lies on the host. */
  root: Untrusted;
  /** The entry itself: directories resolved, name kept. */
  path: Untrusted;
  verdict: {
    outcome: (typeof OUTCOMES)[number];
    code: string;
    args: Record<string, unknown>;
    /** Null where nothing is claimed. */
    confidence: "high" | "medium" | "low" | null;
    evidence: Evidence[];
  };
  identity: {
    verdict: IdentityVerdict;
    owner: Owner | null;
    claims: { package: string; path: Untrusted } | null;
  } | null;
  times: FileTime[];
  /** Type of its file system by its name in the kernel, or its number in hexadecimal; null without a file. */
  fileSystem: string | null;
  /** Seconds around the times of the file in which `around` events were looked for. */
  aroundSeconds: number;
  signs: Sign[];
  /** In the order of their times; those without a time at the end. */
  events: OriginEvent[];
  sources: SourceAccount[];
  couldNotLook: CouldNotLook[];
  /** What the tool and the tools of the root stand on; null: not looked at. */
  footing: Footing | null;
}
