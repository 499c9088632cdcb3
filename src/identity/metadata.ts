import type { Untrusted } from "../model/text.ts";
import type { Answer, Surrounding } from "./answer.ts";
import { Accounts } from "./accounts.ts";
import { closeSync } from "node:fs";
import type { Root } from "../platform/root.ts";
import { capabilitiesOf, capabilityText } from "./capabilities.ts";
import { modeString } from "./file-facts.ts";
import type { FileRecord, Ownership, PackageDatabase } from "./package-database.ts";
import { mayGiveRights } from "./maintainer-scripts.ts";
import { reason } from "./reasons.ts";
import { differencesOf, isPlain, type Rights } from "./rights.ts";
import type { Reason } from "./types.ts";

const known = new WeakMap<object, Accounts>();

/** The users and groups of a root, read once. */
export function accountsOf(root: Surrounding["root"]): Accounts {
  let accounts = known.get(root);
  if (accounts === undefined) known.set(root, (accounts = new Accounts(root)));
  return accounts;
}

/** What the administrator fixed counts before what the package recorded; null: neither is known. */
export function recordFor(
  database: PackageDatabase,
  real: Untrusted,
  by: Ownership,
): { record: FileRecord; by: "administrator" | "package" } | null {
  const override = database.overrideOf(real);
  if (override !== null) return { record: override, by: "administrator" };
  const record = database.recordOf(by);
  return record === null ? null : { record, by: "package" };
}

/** Whether the rights of a file are what its package or the administrator fixed, or the usual ones where neither did. */
export function areAsShipped(at: Surrounding, real: Untrusted, by: Ownership, found: Rights): boolean {
  if (at.database === null) return false;
  const fixed = recordFor(at.database, real, by);
  if (fixed === null) return isPlain(found);
  const source = { package: by.owner.package, archive: null };
  const differences = differencesOf(found, fixed.record, source, accountsOf(at.root));
  const unrecorded = fixed.record.capabilities === null && (found.capabilities ?? null) !== null;
  return !unrecorded && differences.every(({ weight }) => weight === "weak");
}

/**
 * What speaks against the mode, owners and capabilities of a packaged regular file. Where the database records none, what
 * gives rights is compared with the moment at which the package's other files were put here.
 */
export function metadataReasons(at: Surrounding, real: Untrusted, owned: Answer["owned"], found: Rights): Reason[] {
  const { root, database } = at;
  if (database === null || owned === null || owned.shipped === null) return [];
  const fixed = recordFor(database, real, owned.by);
  const accounts = accountsOf(root);
  if (fixed?.by === "administrator")
    return [...overridden(found, fixed.record, accounts), ...unrecorded(at, real, owned.by, found, fixed.record)];
  if (fixed === null) return unrecorded(at, real, owned.by, found, null);
  const reasons = differencesOf(found, fixed.record, { package: owned.by.owner.package, archive: null }, accounts);
  // Edited by the administrator, and guarded or shared by him, too.
  if (owned.shipped.conffile) for (const one of reasons) if (one.weight !== "strong") one.weight = "weak";
  return reasons;
}

/** How mode, owners and capabilities of a file differ from what is recorded; nothing where nothing is. */
export function rightsDifferences(
  { root, database }: { root: Root; database: PackageDatabase },
  real: Untrusted,
  by: Ownership,
  { mode, uid, gid }: Readonly<Record<"mode" | "uid" | "gid", number>>,
): Reason[] {
  const fixed = recordFor(database, real, by);
  if (fixed === null) return [];
  const found: Rights = { mode: mode & 0o7777, uid, gid, capabilities: null };
  if (fixed.by === "administrator") return overridden(found, fixed.record, accountsOf(root));
  // A hundred thousand files are not opened for what means something for programs alone.
  if (fixed.record.capabilities !== null && (found.mode & 0o111) !== 0) found.capabilities = capabilitiesAt(root, real);
  return differencesOf(found, fixed.record, { package: by.owner.package, archive: null }, accountsOf(root));
}

function capabilitiesAt(root: Root, real: Untrusted): Rights["capabilities"] {
  try {
    const fd = root.open(real);
    if (fd === null) return undefined;
    try {
      return capabilitiesOf(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

function overridden({ mode, uid, gid }: Rights, record: FileRecord, accounts: Accounts): Reason[] {
  const reasons: Reason[] = [];
  const words = (bits: number): string => modeString(0o100000 | bits);
  if (record.mode !== null && record.mode !== mode) {
    const args = { override: words(record.mode), found: words(mode) };
    reasons.push(reason("identity.mode-differs-from-override", "medium", args));
  }
  const wanted = [accounts.uid(record.user ?? ""), accounts.gid(record.group ?? "")];
  if ((wanted[0] !== null && wanted[0] !== uid) || (wanted[1] !== null && wanted[1] !== gid)) {
    const args = { override: `${record.user}:${record.group}`, found: accounts.text(uid, gid) };
    reasons.push(reason("identity.owner-differs-from-override", "medium", args));
  }
  return reasons;
}

/** Rights that no record allows: given by the package's own script, at its installation, or later by somebody else. */
function unrecorded(
  at: Surrounding,
  real: Untrusted,
  by: Ownership,
  found: Rights,
  override: FileRecord | null,
): Reason[] {
  const capabilities = found.capabilities ?? null;
  const special = override === null && !isPlain({ ...found, capabilities: null });
  if (at.database === null || (!special && capabilities === null)) return [];
  const { package: name } = by.owner;
  const script = scriptThatSets(at.database, by, real, capabilities !== null);
  const reasons: Reason[] = [];
  if (capabilities !== null) {
    const args = { package: name, found: capabilityText(capabilities) };
    reasons.push(reason("identity.capabilities-unrecorded", script === null ? "strong" : "weak", args));
  }
  if (special) {
    const mode = modeString(0o100000 | found.mode);
    if ((found.mode & 0o002) !== 0) reasons.push(reason("identity.writable-by-all", "strong", { mode }));
    const later = changedAfterSiblings(at, by, real);
    if (later !== null) {
      const owner = accountsOf(at.root).text(found.uid, found.gid);
      const args = { package: name, mode, owner, ...later };
      reasons.push(reason("identity.rights-changed-later", script === null ? "strong" : "weak", args));
    }
  }
  if (script !== null && reasons.length > 0) {
    reasons.push(reason("identity.rights-by-script", "exculpatory", { package: name, script }));
  }
  return reasons;
}

/** A script of the package that may have given the file its rights; or null. */
function scriptThatSets(
  database: PackageDatabase,
  by: Ownership,
  real: Untrusted,
  capabilities: boolean,
): Untrusted | null {
  const what = capabilities ? "capabilities" : "rights";
  return database.scriptsOf(by).find(({ text }) => mayGiveRights(text, real, what))?.path ?? null;
}

const SIBLINGS = 24;
/** An installation of many packages takes minutes, and scripts run at its end. */
const TOGETHER = 600_000_000_000n;

/** When the inode was changed after most other files of the package: both times, ISO 8601; else null. */
function changedAfterSiblings(
  { root, database }: Surrounding,
  by: Ownership,
  real: Untrusted,
): { ctime: string; others: string } | null {
  const own = root.stat(real);
  if (own === null || database === null) return null;
  const times: bigint[] = [];
  for (const path of database.pathsOf(by)) {
    if (times.length === SIBLINGS) break;
    const stat = path === by.listed ? null : root.lstat(path);
    // Its rights may have been changed along with these.
    if (stat?.isFile() === true && (stat.mode & 0o6022n) === 0n) times.push(stat.ctimeNs);
  }
  const near = times.filter((time) => own.ctimeNs - time <= TOGETHER).length;
  if (times.length === 0 || near * 2 >= times.length) return null;
  times.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return { ctime: iso(own.ctimeNs), others: iso(times[times.length >> 1] as bigint) };
}

function iso(nanoseconds: bigint): string {
  return new Date(Number(nanoseconds / 1_000_000n)).toISOString();
}
