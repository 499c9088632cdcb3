import type * as fs from "node:fs";
import type { Untrusted } from "../model/text.ts";
import type { Accounts } from "./accounts.ts";
import { capabilitiesOf, capabilityText, isNone, parseCapabilities, sameCapabilities } from "./capabilities.ts";
import type { FileCapabilities } from "./capabilities.ts";
import { modeString } from "./file-facts.ts";
import type { FileRecord } from "./package-database.ts";
import { reason } from "./reasons.ts";
import type { Reason } from "./types.ts";

/** With whose rights a file runs, and who may change it. */
export interface Rights {
  /** 0..0o7777. */
  mode: number;
  uid: number;
  gid: number;
  /** Null: none; undefined: cannot be told. */
  capabilities: FileCapabilities | null | undefined;
}

const SET_ID = 0o6000;
const WRITABLE = 0o022;

/** The rights of an open regular file. */
export function rightsOf(fd: number, stat: fs.BigIntStats): Rights {
  const { mode, uid, gid } = stat;
  return { mode: Number(mode) & 0o7777, uid: Number(uid), gid: Number(gid), capabilities: capabilitiesOf(fd) };
}

/** Root's, changed by root alone, and giving nobody more rights than they have: as nearly all packaged files are. */
export function isPlain({ mode, uid, gid, capabilities }: Rights): boolean {
  return uid === 0 && gid === 0 && (mode & (SET_ID | WRITABLE)) === 0 && (capabilities ?? null) === null;
}

/** Where a record stands: the package's name, and the archive that holds it (null: the package database). */
export interface RecordSource {
  package: string;
  archive: Untrusted | null;
}

/**
 * How a file's rights differ from those that its package recorded. What gives more than the package did weighs heavily:
 * set-id bits, capabilities, writing by others, another owner than root. What only takes away is an administrator's care.
 */
export function differencesOf(found: Rights, record: FileRecord, from: RecordSource, accounts: Accounts): Reason[] {
  return [
    ...modeDifference(found, record, from),
    ...ownerDifference(found, record, from, accounts),
    ...capabilityDifference(found, record, from),
  ];
}

function modeDifference({ mode }: Rights, { mode: recorded }: FileRecord, from: RecordSource): Reason[] {
  if (recorded === null || recorded === mode) return [];
  const gained = mode & ~recorded;
  const weight = (gained & (SET_ID | WRITABLE)) !== 0 ? "strong" : gained !== 0 ? "medium" : "weak";
  const args = { ...from, recorded: permissions(recorded), found: permissions(mode) };
  return [reason("identity.mode-not-as-shipped", weight, args)];
}

function ownerDifference({ mode, uid, gid }: Rights, record: FileRecord, from: RecordSource, who: Accounts): Reason[] {
  const { user, group } = record;
  // A name that is not known here was never given to any file here: rpm itself takes root instead.
  const [wantedUid, wantedGid] = [user === null ? null : who.uid(user), group === null ? null : who.gid(group)];
  const otherUser = wantedUid !== null && wantedUid !== uid;
  const otherGroup = wantedGid !== null && wantedGid !== gid;
  if (!otherUser && !otherGroup) return [];
  const opened = (otherUser && uid !== 0) || (otherGroup && (mode & 0o2020) !== 0);
  const args = { ...from, recorded: `${plainName(user)}:${plainName(group)}`, found: who.text(uid, gid) };
  return [reason("identity.owner-not-as-shipped", opened ? "strong" : "medium", args)];
}

function plainName(name: string | null): string {
  return (name ?? "?").replace(/^#/, "");
}

function capabilityDifference({ capabilities }: Rights, record: FileRecord, from: RecordSource): Reason[] {
  const recorded = record.capabilities === null ? null : parseCapabilities(record.capabilities);
  if (recorded === null) return [];
  if (capabilities === undefined) {
    if (isNone(recorded)) return [];
    return [reason("identity.capabilities-unread", "weak", { ...from, recorded: capabilityText(recorded) })];
  }
  const found = capabilities ?? { permitted: 0n, inheritable: 0n, effective: false };
  if (sameCapabilities(found, recorded)) return [];
  const gained = (found.permitted & ~recorded.permitted) | (found.inheritable & ~recorded.inheritable);
  const args = { ...from, recorded: capabilityText(recorded), found: capabilityText(found) };
  return [reason("identity.capabilities-not-as-shipped", gained === 0n ? "weak" : "strong", args)];
}

function permissions(mode: number): string {
  return modeString(0o100000 | mode);
}
