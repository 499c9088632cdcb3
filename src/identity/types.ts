import type { ElfHeaderFacts } from "../elf/read-elf.ts";
import type { SourceLedger } from "../model/ledger.ts";
import type { Steps } from "../model/steps.ts";
import type { Untrusted } from "../model/text.ts";
import type { DigestAlgorithm, Digests } from "./digests.ts";

/** `impostor`, `unpackaged`, … as defined in the contract of the command line (docs/json.md). */
export type IdentityVerdict =
  "genuine" | "modified" | "impostor" | "unpackaged" | "local" | "deleted" | "memory-only" | "unverifiable";

export interface Owner {
  /** `dpkg`, `rpm`, … */
  manager: string;
  package: string;
  version: string;
}

export interface FileFacts {
  /** Bytes. */
  size: number;
  /** As ls(1) writes it: `-rwx--x--x`. */
  mode: string;
  uid: number;
  gid: number;
  /** ISO 8601 UTC with nanoseconds where the file system keeps them. */
  mtime: string;
  ctime: string;
  /** Birth (statx STATX_BTIME), or null where the file system does not keep it. */
  birth: string | null;
  inode: number;
  /** Lower-case hex; "" when there is no content to read (no regular file, no permission, above 4 GiB): a reason says so. */
  sha256: string;
  /** setuid, setgid, sticky, immutable, append-only: those that are set. */
  flags: string[];
  /** File capabilities as getcap(8) prints them; left out where there are none or they cannot be read. */
  capabilities?: string;
}

/** What an ELF file says of itself, and how mixed its bytes are. */
export interface ElfFacts extends ElfHeaderFacts {
  /** Shannon entropy of the content, bits a byte, 0..8; above 16 MiB from evenly spread samples. */
  entropy: number;
}

export interface Reason {
  code: string;
  args: Record<string, unknown>;
  weight: "strong" | "medium" | "weak" | "exculpatory";
}

export interface Identity {
  path: Untrusted;
  /** Where the root of `path` lies on the host. */
  root: string;
  verdict: IdentityVerdict;
  owner: Owner | null;
  /** The packaged program whose name it bears. */
  claims: { package: string; path: Untrusted } | null;
  file: FileFacts | null;
  elf: ElfFacts | null;
  twins: { path: Untrusted; owner: Owner | null; size: number; sha256: string }[];
  reasons: Reason[];
  /** MITRE ATT&CK technique ids. */
  attack: string[];
}

/** Answers questions about files of one root. Building its package index costs time once; ask only about what matters. */
export interface Examiner {
  /** Which package manager rules this root, or null when none of the known ones does. */
  readonly manager: string | null;
  /** Packages read into the index; 0 without a package database. */
  readonly packages: number;
  /** Owner of a path by the package database (diversions, aliases of merged /usr and alternatives considered), or null. */
  ownerOf(path: Untrusted): Owner | null;
  /** What was read of the package database and what was wrong with it; null without a database. */
  readonly ledger: SourceLedger | null;
  /** As `PackageDatabase.lastInstalled`; null without a database, too. */
  lastInstalled(before: number): number | null;
  /**
   * Reads the package database in steps, ahead of the first question. Answers are the same as without: a question that
   * comes before the end has the rest read at once, and a database that has changed meanwhile is read again.
   */
  prepare(): Steps<void>;
  /** Reads ahead, after `prepare`, what questions about a file of no package will need. Answers are the same as without. */
  prepareContents(): Steps<void>;
  /**
   * The owner of a file whose content is what its package shipped and against which nothing speaks, else null: the cheap
   * half of `identify`, for thousands of files. Throws what the file system throws.
   */
  asShipped(path: Untrusted, process?: RunningProgram): Owner | null;
  /** By which the package database records digests. */
  readonly algorithms: readonly DigestAlgorithm[];
  /**
   * Hands over digests of a content that somebody else has read, for `asShipped`. `stamp`: `device:inode:size:mtime:ctime`,
   * times in nanoseconds; for a file that has another stamp by then, they do not count.
   */
  knowDigests(stamp: string, digests: Digests): void;
  /**
   * Whether a file is plain local software by its place alone: nobody owns it, it lies where the administrator and users
   * keep theirs, and it has no set-id bit. `identify` would say `local` after reading all of it.
   */
  isLocal(path: Untrusted): boolean;
  /** Full judgement of one file. Never throws for what a file can be; a missing one gives verdict `deleted`. */
  identify(path: Untrusted, context?: IdentifyContext): Identity;
}

/** What is known about how the file comes to run. */
export interface IdentifyContext {
  /** The program that the same command would start if this file were not there: next in the supervisor's search path. */
  standsBefore?: Untrusted;
  /** The process that runs it. */
  process?: RunningProgram;
}

/** A living process and its program, as the process itself shows them. */
export interface RunningProgram {
  pid: number;
  /** Task name, which a program may choose (15 bytes). */
  comm: Untrusted;
  /** Its first argument, which whoever started it chose, and the program may change; null: none, or not readable. */
  argv0: Untrusted | null;
  /** Link on this host that leads to the file it runs, also when that has no name any more: `/proc/812/exe`. */
  exe: string;
}

/** How a reader checks a finding with the host's own tools: `code` says what the command then shows. */
export interface Check {
  code: string;
  args: Record<string, unknown>;
  command: Untrusted[];
  /** Code of the reason that it shows; left out where it shows the verdict. */
  reason?: string;
}
