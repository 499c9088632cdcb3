import type { Footing } from "../model/footing.ts";
import type { Untrusted } from "../model/text.ts";
import type { Reference } from "./evidence/reference.ts";
import type { SignedChain } from "./evidence/signed-chain.ts";
import type { Concern } from "./concern.ts";
import type { Check, Identity, IdentityVerdict } from "./types.ts";

/** Name of this result's schema. Changes are additive only; a change of meaning would get a new number. */
export const IDENTITIES_SCHEMA = "whoforks/identities/1";

/** The answer to `identify`: one object that every report is made from. */
export interface Identities extends Partial<Coverage> {
  schema: typeof IDENTITIES_SCHEMA;
  tool: { name: "whoforks"; version: string };
  /** In the order of the questions. */
  identities: IdentifiedFile[];
  couldNotLook: NotLooked[];
  /** What the tool and the tools of the root stand on. Absent in older results. */
  footing?: Footing;
  /** With `--rules`: what became of them. */
  rules?: RulesAccount;
}

/** YARA rules and what was looked at with them. */
export interface RulesAccount {
  folder: Untrusted;
  /** Whether the library could be loaded and the rules compiled. */
  usable: boolean;
  /** Files of rules that are used, and that do not compile. */
  files: number;
  broken: number;
  /** Contents that were scanned, of which so many match a rule, and that should have been. */
  scanned: number;
  matched: number;
  unscanned: number;
}

/** What `identify --all` adds: `identities` are then those that are not in order, the worst first. */
export interface Coverage {
  /** Names of programs and running programs that were judged, and how many there were. */
  scanned: number;
  found: number;
  /** Of those judged: how many a package answers for. */
  owned: number;
  /** Files, each counted once whatever its number of names. */
  problems: number;
  unsure: number;
  verdicts: Partial<Record<IdentityVerdict, number>>;
  /** Directories in which every program was looked at. */
  searched: Untrusted[];
  /** Commands of supervisors. */
  supervised: number;
  /** Set-id programs outside of these directories, among so many names; whether these names were all there are. */
  setId: { programs: number; names: number; isWhole: boolean };
  /** Processes with a program; null: the root is not that of a living host. */
  running: number | null;
}

/** A judged file, and how that was asked and can be checked. */
export interface IdentifiedFile extends Identity {
  concern: Concern;
  /** The process that was asked for and runs it; null: a path was asked for. */
  process: { pid: number; comm: Untrusted; argv0: Untrusted | null } | null;
  checks: Check[];
  /** With `--all`: the ways by which it was come upon, and its other names. */
  seenAs?: SeenAs[];
  alsoAt?: Untrusted[];
  /** How far signatures that are here vouch for it; left out where that was not asked. */
  chain?: SignedChain;
  /** With `--reference`: it beside what it should be. */
  reference?: Reference;
}

/** Why a file was looked at. */
export type SeenAs =
  | { how: "search-path"; directory: Untrusted }
  | { how: "running"; pid: number; comm: Untrusted }
  | { how: "supervised"; supervisor: string; unit: Untrusted; file: Untrusted }
  | { how: "preload"; file: Untrusted }
  | { how: "set-id" };

/** A path or process that nothing can be said about. */
export interface NotLooked {
  what: Untrusted;
  code: string;
  args: Record<string, unknown>;
  /** Errno name, or null. */
  error: string | null;
}
