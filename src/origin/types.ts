import type { Examiner, Identity } from "../identity/index.ts";
import type { CouldNotLook } from "../model/could-not-look.ts";
import type { SourceLedger } from "../model/ledger.ts";
import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import type { Zone } from "./logs/zone.ts";
import type { Moments } from "./moments.ts";
import type { OriginEvent, Sign } from "./result.ts";

/** What is known of the file before anything else is asked. Times are nanoseconds since 1970. */
export interface FileInQuestion {
  /** Null: the file system keeps none, or the kernel is too old to tell it. */
  birth: bigint | null;
  change: bigint;
  modification: bigint;
  device: bigint;
  inode: bigint;
  mode: number;
  isRegular: boolean;
}

/** What a source is asked. */
export interface Question {
  root: Root;
  /** The entry: directories resolved, name kept. */
  path: Untrusted;
  /** Every spelling by which a log may name it, `path` first: as asked, with its links followed, as its package lists it. */
  names: readonly Untrusted[];
  file: FileInQuestion | null;
  identity: Identity | null;
  /** Its owner, and the package whose program's name it bears. */
  packages: readonly string[];
  moments: Moments;
  /** The zone in which the host wrote its logs. */
  zone: Zone;
  examiner: Examiner;
  /** Milliseconds since 1970. */
  now: number;
  /** Whether the root is that of this living host, so that its processes may be asked. */
  live: boolean;
  /** Whether shell histories may be read. */
  histories: boolean;
}

/** What a source told. */
export interface Told {
  /** Files that were read. */
  files: Untrusted[];
  ledger: SourceLedger;
  /** Milliseconds of its oldest and newest record that is not of the future; null: it has no times. */
  span: { from: number; to: number } | null;
  events: OriginEvent[];
  leftOut: number;
  signs: Sign[];
  gaps: CouldNotLook[];
}

/** One place where something may be written about how a file came. Those that are known stand in `sources/index.ts`. */
export interface Source {
  readonly id: string;
  /** Looks through it, bounded. Never throws for what it finds: that is in the ledger and the gaps. Null: there is none of it. */
  look(question: Question): Promise<Told | null>;
}

/** What is known of a file whose root cannot be looked into: a case keeps that much. */
export type KeptQuestion = Pick<Question, "path" | "file" | "identity" | "moments" | "now">;

/** Facts by which the times of a file are judged. */
export interface Case<Q extends KeptQuestion = Question> {
  question: Q;
  file: FileInQuestion;
  events: readonly OriginEvent[];
}

/** One way in which the times of a file betray that they were set, or speak for it. Those that are known: `signs/index.ts`. */
export type SignOf<Q extends KeptQuestion = Question> = (about: Case<Q>) => Sign[];
