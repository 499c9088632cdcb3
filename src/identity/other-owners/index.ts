import type { Untrusted } from "../../model/text.ts";
import type { Steps } from "../../model/steps.ts";
import type { Root } from "../../platform/root.ts";
import { reason } from "../reasons.ts";
import type { Reason } from "../types.ts";
import { dkms } from "./dkms.ts";
import { flatpak } from "./flatpak.ts";
import { gem } from "./gem.ts";
import { npm } from "./npm.ts";
import { pip } from "./pip.ts";
import { snap } from "./snap.ts";
import type { OtherOwner } from "./types.ts";
import { ucf } from "./ucf.ts";

/** All that may answer for a file which no package owns, the first that does counts. */
export const otherOwners: readonly OtherOwner[] = [snap, flatpak, npm, pip, gem, dkms, ucf];

/**
 * What another manager says of a file that no package owns. It speaks for the file, never decides: its records are ordinary
 * files. Where it recorded a digest and the content is another, that speaks against it.
 */
export function otherOwnerReasons(root: Root, real: Untrusted): Reason[] {
  for (const owner of otherOwners) {
    const claim = claimOf(owner, root, real);
    if (claim === null) continue;
    const { package: name, version, record, asRecorded } = claim;
    const args = { manager: owner.id, package: name, version, record };
    if (asRecorded === false && owner.id === "ucf") return [reason("identity.edited-since-ucf", "weak", args)];
    if (asRecorded === false) return [reason("identity.differs-from-other-owner", "medium", args)];
    const code = asRecorded === true ? "identity.as-other-owner-recorded" : "identity.owned-by-other";
    return [reason(code, "exculpatory", args)];
  }
  return [];
}

/** Reads ahead what the records of other owners hold: each keeps what it has read of a root. */
export function* prepareOtherOwners(root: Root): Steps<void> {
  for (const owner of otherOwners) {
    claimOf(owner, root, "/");
    yield;
  }
}

function claimOf(owner: OtherOwner, root: Root, real: Untrusted): ReturnType<OtherOwner["claim"]> {
  try {
    return owner.claim(root, real);
  } catch (error) {
    // Its records may not be read: then it says nothing.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return null;
  }
}
