import type { Untrusted } from "../model/text.ts";
import type { Digests } from "./digests.ts";
import type { Ownership, ShippedDigest } from "./package-database.ts";
import type { Place } from "./places.ts";
import { reason } from "./reasons.ts";
import type { IdentityVerdict, Reason } from "./types.ts";

/** What is known about a file that exists, boiled down to what decides. */
export interface FileCase {
  entry: Untrusted;
  directory: Untrusted;
  place: Place;
  /** Whether a package owns its directory. */
  directoryOwned: boolean;
  /** The package that answers for the content, and what it recorded; null: nobody owns it. */
  ownership: { by: Ownership; shipped: ShippedDigest | null } | null;
  /** Of the content; null: it could not be read. */
  digests: Digests | null;
  /** How far "nobody owns it" can be trusted. */
  database: DatabaseState;
  /** The packaged program elsewhere whose name it bears. */
  namesake: Packaged | null;
  /** The packaged program that it stands before in a search path. */
  standsBefore: Packaged | null;
  /** Whether its content is that of `namesake` or `standsBefore`. */
  sameContent: boolean;
  /** Whether a diversion acts on its path. */
  diverted: boolean;
}

export interface Packaged {
  package: string;
  path: Untrusted;
}

export type DatabaseState =
  | { kind: "complete" }
  | { kind: "incomplete" | "unreadable"; manager: string; problems: number }
  | { kind: "unknown-manager"; manager: string }
  | { kind: "none" };

export interface Judgement {
  verdict: IdentityVerdict;
  reasons: Reason[];
  attack: string[];
}

/** The verdict of the contract for a file that exists. Traits of its look never decide; they are added afterwards. */
export function judge(file: FileCase): Judgement {
  return file.ownership === null ? judgeUnowned(file) : judgeOwned(file.ownership, file.digests);
}

function judgeOwned({ by, shipped }: NonNullable<FileCase["ownership"]>, digests: Digests | null): Judgement {
  const name = by.owner.package;
  const reasons: Reason[] = [];
  // States after unpacking in which the files are in place (dpkg(1), PACKAGE STATES).
  if (!SETTLED.has(by.state)) {
    reasons.push(reason("identity.package-half-installed", "exculpatory", { package: name, state: by.state }));
  }
  if (digests === null) return { verdict: "unverifiable", reasons, attack: [] };
  if (shipped === null) {
    reasons.push(reason("identity.no-digest-recorded", "weak", { package: name }));
    return { verdict: "unverifiable", reasons, attack: [] };
  }
  const { algorithm, hex } = shipped;
  const found = digests[algorithm] ?? "";
  if (hex === found) {
    reasons.push(reason("identity.digest-matches", "exculpatory", { package: name, algorithm, digest: found }));
    return { verdict: "genuine", reasons, attack: [] };
  }
  if (shipped.conffile) {
    reasons.push(reason("identity.conffile-edited", "weak", { package: name, recorded: hex, found }));
    return { verdict: "unverifiable", reasons, attack: [] };
  }
  reasons.unshift(reason("identity.digest-differs", "strong", { package: name, algorithm, recorded: hex, found }));
  return { verdict: "modified", reasons, attack: ["T1554"] };
}

const SETTLED = new Set(["installed", "triggers-awaited", "triggers-pending", "half-configured", "config-files"]);

function judgeUnowned(file: FileCase): Judgement {
  const { entry, place, namesake, standsBefore, database } = file;
  const blind = database.kind !== "complete" && database.kind !== "incomplete";
  const ruled = place === "programs" || (place === "ruled" && file.directoryOwned);
  const impostor =
    !blind && ruled && !file.sameContent && !file.diverted && (namesake !== null || standsBefore !== null);
  const reasons: Reason[] = [];
  if (!blind) {
    const weight = impostor ? "strong" : ruled ? "medium" : "weak";
    if (place !== "local") reasons.push(reason("identity.owned-by-nobody", weight, { path: entry }));
    if (namesake !== null) {
      const how = impostor ? "strong" : place === "local" ? "weak" : "medium";
      reasons.push(reason("identity.bears-name-of-packaged", how, { package: namesake.package, path: namesake.path }));
    }
    if (standsBefore !== null) {
      const { package: name, path } = standsBefore;
      reasons.push(reason("identity.stands-before-packaged", impostor ? "strong" : "medium", { package: name, path }));
    }
    const twin = standsBefore ?? namesake;
    if (file.sameContent && twin !== null) {
      const { package: name, path } = twin;
      reasons.push(reason("identity.same-content-as-packaged", "exculpatory", { package: name, path }));
    }
  }
  reasons.push(...placeReasons(file), ...databaseReasons(database));
  const attack = [
    ...(impostor ? ["T1036.005"] : []),
    ...(standsBefore !== null && !blind && !file.sameContent ? ["T1574.007"] : []),
  ];
  return { verdict: unownedVerdict(file, impostor, blind), reasons, attack };
}

function unownedVerdict(file: FileCase, impostor: boolean, blind: boolean): IdentityVerdict {
  if (impostor) return "impostor";
  if (file.place === "local") return "local";
  // A missing list could be the owner's: "nobody owns it" would be a guess.
  if (blind || file.database.kind === "incomplete") return "unverifiable";
  return "unpackaged";
}

/** Programs that a program of a package runs when the administrator has made them, by their canonical path. */
const LEFT_TO_ADMINISTRATOR: ReadonlyMap<Untrusted, string> = new Map([
  ["/usr/sbin/policy-rc.d", "invoke-rc.d(8)"],
  ["/sbin/policy-rc.d", "invoke-rc.d(8)"],
]);

function placeReasons({ place, directory, entry }: FileCase): Reason[] {
  const reasons: Reason[] = [];
  if (place === "local") reasons.push(reason("identity.local-directory", "exculpatory", { directory }));
  const page = LEFT_TO_ADMINISTRATOR.get(entry);
  if (page !== undefined) reasons.push(reason("identity.left-to-administrator", "exculpatory", { page }));
  if (place === "temporary") reasons.push(reason("identity.temporary-directory", "medium", { directory }));
  if (/\/\.[^/]/.test(entry) && place !== "local") {
    reasons.push(reason("identity.hidden-path", "weak", { path: entry }));
  }
  return reasons;
}

function databaseReasons(database: DatabaseState): Reason[] {
  if (database.kind === "complete") return [];
  if (database.kind === "none") return [reason("identity.no-package-database", "exculpatory", {})];
  const { kind, manager } = database;
  if (kind === "unknown-manager") return [reason("identity.package-manager-unknown", "exculpatory", { manager })];
  const { problems } = database;
  if (kind === "incomplete") return [reason("identity.package-lists-incomplete", "exculpatory", { problems })];
  return [reason("identity.package-database-unreadable", "exculpatory", { manager, problems })];
}
