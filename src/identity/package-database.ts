import type { SourceLedger } from "../model/ledger.ts";
import type { Steps } from "../model/steps.ts";
import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import type { DigestAlgorithm, Digests } from "./digests.ts";
import type { Owner } from "./types.ts";

/** One kind of package database. Those that are known stand in `package-managers.ts`; each is a folder of its own. */
export interface PackageManager {
  /** `dpkg`, `rpm`, … */
  readonly id: string;
  /** Whether the root holds its database, readable or not. */
  present(root: Root): boolean;
  /** Reads the database. Never throws for its content or for what cannot be read: that is in the ledger. */
  open(root: Root): Steps<PackageDatabase>;
  /** Another text than before when the database may have been changed meanwhile. */
  stamp(root: Root): string;
  /** What the database says of a package and of the files with these last names, as read. Throws what reading throws. */
  excerpts(root: Root, name: string, files: ReadonlySet<Untrusted>): Excerpt[];
  /** The manager's own commands by which a reader checks a path by hand. They are shown, never run. */
  commands(root: Root, path: Untrusted): ManagerCommands;
}

export interface ManagerCommands {
  /** Names the package that owns the path, or says that none does. */
  owner: Untrusted[];
  /** Compares the files of a package with what it shipped; says nothing of those that are as shipped. */
  verify(name: string): Untrusted[];
  /** Lists what a package file holds, with modes and owners. */
  contents?(archive: Untrusted): Untrusted[];
  /** Lists what the administrator fixed for the path. */
  override?(): Untrusted[];
  /** Shows links and choices of an alternative. */
  alternative?(name: Untrusted): Untrusted[];
  /** Lists the diversions of a path. */
  diversion?(from: Untrusted): Untrusted[];
}

/** Some lines of a file of the database, byte for byte. */
export interface Excerpt {
  path: Untrusted;
  text: Uint8Array;
}

/** What the packages of one root own and shipped. Paths are inside the root. */
export interface PackageDatabase {
  readonly manager: string;
  /** Packages whose file lists are in the index. */
  readonly packages: number;
  /**
   * True when the paths of every installed package are known. Only then does "no owner found" mean "nobody owns it".
   */
  readonly complete: boolean;
  /** By which its digests are recorded. */
  readonly algorithms: readonly DigestAlgorithm[];
  /** What was read (`events`: packages) and what could not be read or understood. */
  readonly ledger: SourceLedger;
  /** Architecture of the root by the manager's own name (`amd64`), or null when not told. */
  readonly architecture: string | null;
  /** Who owns the entry at this canonical path. Several, when packages share it; empty, when nobody does. */
  ownersOf(entry: Untrusted): Ownership[];
  /** Owned paths whose last name is `name`, as the packages list them. */
  named(name: Untrusted): { path: Untrusted; package: string }[];
  /** Digest of the content that the package shipped for it; null when the database records none. */
  shipped(ownership: Ownership): ShippedDigest | null;
  /** A packaged path whose recorded digest is that of this content; null: none, or it cannot be told. */
  shippedAs(digests: Digests): { path: Untrusted; package: string } | null;
  /** Reads what questions about a file of no package will need: all digests, and the times of installation. */
  readAhead(): Steps<void>;
  /** The diversion that takes packaged content away from, or brings it to, this canonical path. */
  diversionOf(entry: Untrusted): Diversion | null;
  /** Mode and owners that the administrator fixed for this canonical path (dpkg-statoverride), or null. */
  overrideOf(entry: Untrusted): FileRecord | null;
  /** Mode, owners and capabilities that the package recorded for it; null when the database records none. */
  recordOf(ownership: Ownership): FileRecord | null;
  /** What its package lists. */
  pathsOf(ownership: Ownership): Iterable<Untrusted>;
  /** Every path of every package for which a digest is recorded. */
  recorded(): Iterable<{ by: Ownership; shipped: ShippedDigest }>;
  /** Every path that a package lists, `except` these. Not what need not be there. */
  listed(except: ReadonlySet<Untrusted>): Iterable<Ownership>;
  /** Where the content that a package lists is: elsewhere than listed where a diversion acts. */
  placeOf(ownership: Ownership): Untrusted;
  /** The scripts that a package runs when it is installed, which may change modes and owners. */
  scriptsOf(ownership: Ownership): { path: Untrusted; text: Untrusted }[];
  /** What the alternatives system knows about the link at this canonical path. */
  alternativeOf(entry: Untrusted): Alternative | null;
  /**
   * The newest time of installation, before `before`, that the database itself records; null: it records none. Both in
   * milliseconds since 1970.
   */
  lastInstalled(before: number): number | null;
  /** True when any package was unpacked or configured within `seconds` of the time (nanoseconds since 1970). */
  installedAround(time: bigint, seconds: number): boolean;
}

export interface Ownership {
  owner: Owner;
  /** The path as the package lists it: another name of the same entry where /usr is merged or a diversion acts. */
  listed: Untrusted;
  /** Whether the content is here because a diversion moved it. */
  diverted: boolean;
  /** State of the package: `installed`, `unpacked`, `half-installed`, … */
  state: string;
}

export interface ShippedDigest {
  algorithm: DigestAlgorithm;
  /** Lower-case hex. */
  hex: string;
  /** Whether it is a configuration file, which the administrator may change. */
  conffile: boolean;
}

/** What was fixed for a file beside its content. */
export interface FileRecord {
  /** Permission and set-id bits, 0..0o7777; null: not recorded, or not to be compared. */
  mode: number | null;
  /** Names as of /etc/passwd and /etc/group, or `#104` for a number; null: as `mode`. */
  user: string | null;
  group: string | null;
  /** As cap_to_text(3) writes them; "": none; null: not recorded. */
  capabilities: string | null;
}

/** `dpkg-divert`: packages other than `by` have their file `from` placed at `to`. */
export interface Diversion {
  from: Untrusted;
  to: Untrusted;
  /** The package that diverts, or null for a diversion of the administrator. */
  by: string | null;
}

/** `update-alternatives`: a link in a public place that leads through /etc/alternatives to one of several choices. */
export interface Alternative {
  /** Name in /etc/alternatives. */
  name: Untrusted;
  /** What /etc/alternatives/NAME points to. */
  target: Untrusted;
  /** Whether the alternatives database registers this link and this target. */
  registered: boolean;
}
