import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { capabilityText, readCapabilities } from "../capabilities.ts";
import { accountsOf } from "../metadata.ts";
import { mayGiveRights } from "../maintainer-scripts.ts";
import type { FileRecord } from "../package-database.ts";
import { lastName } from "../places.ts";
import { reason, type ReasonCode } from "../reasons.ts";
import { differencesOf, rightsOf, type Rights } from "../rights.ts";
import type { Identity, Owner, Reason } from "../types.ts";
import type { ArchiveEntry } from "../../archive/entry.ts";
import type { PackageFile } from "../../archive/package-file.ts";
import type { Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import { memberOf, type Member } from "./member.ts";
import { apkChainOf } from "./apk-chain.ts";
import { cachedArchive } from "./cached-archive.ts";
import { pacmanChainOf } from "./pacman-chain.ts";
import { debChainOf, rpmChainOf, type SignedChain } from "./signed-chain.ts";

const CHUNK = 1 << 20;

/** What a package file adds to a judgement. */
export interface ArchiveEvidence {
  file: PackageFile;
  member: Member | null;
  sha256: string;
  /** Null: it was not followed. */
  chain: SignedChain | null;
}

/**
 * Reads from an open package file what it has under the names of a judged file; null: it is no package file.
 * @param beside root in which the package file lies
 */
export async function readArchive(
  root: Root,
  beside: Root,
  fd: number,
  archive: Untrusted,
  identity: Identity,
  signatures: boolean,
): Promise<ArchiveEvidence | null> {
  const names = namesOf(root, identity.path);
  const claimed = identity.claims === null ? new Set<Untrusted>() : namesOf(root, identity.claims.path);
  const last = lastName(identity.path);
  let found = await memberOf(fd, (path) => names.has(path));
  if (found?.member === null) found = await memberOf(fd, (path) => claimed.has(path));
  if (found?.member === null) found = await memberOf(fd, (path) => lastName(path) === last && /\/s?bin\//.test(path));
  if (found === null) return null;
  const sha256 = digestOf(fd);
  const { file } = found;
  const chainOf = async (): Promise<SignedChain> => {
    if (file.kind === "deb") return debChainOf(root, file, sha256, archive);
    if (file.kind === "apk") return apkChainOf(root, fd, archive);
    if (file.kind === "pacman") return pacmanChainOf(root, beside, fd, archive);
    return { verified: false, code: "identity-chain.not-dpkg", args: { archive } };
  };
  return { ...found, sha256, chain: signatures ? await chainOf() : null };
}

/** A path under its own name, its real one, and both with and without /usr. */
function namesOf(root: Root, path: Untrusted): Set<Untrusted> {
  const names = new Set<Untrusted>();
  for (const name of [path, root.canonical(path), root.realpath(path)]) {
    if (name === null) continue;
    for (const one of [name, name.replace(/^\/usr\//, "/"), `/usr${name}`]) names.add(one);
  }
  return names;
}

/**
 * A judgement with what the package file that its owner came in says, too. `signatures`: whether to follow the chain of
 * signatures, which takes a second.
 */
export async function withArchive(
  root: Root,
  identity: Identity,
  signatures: boolean,
): Promise<{ identity: Identity; chain: SignedChain | null }> {
  const { owner, file } = identity;
  if (owner === null || file === null || file.sha256 === "") return { identity, chain: null };
  if (owner.manager === "rpm" && signatures) {
    return { identity, chain: rpmChainOf(root, owner, namesOf(root, identity.path), file.sha256) };
  }
  const archive = cachedArchive(root, owner);
  const missing: SignedChain = {
    verified: false,
    code: owner.manager === "dpkg" ? "identity-chain.no-archive" : "identity-chain.none-kept",
    args: { ...owner, archive: null },
  };
  const fd = archive === null ? null : open(root, archive);
  if (archive === null || fd === null) return { identity, chain: missing };
  try {
    const evidence = await readArchive(root, root, fd, archive, identity, signatures);
    if (evidence === null || evidence.member === null) {
      const args = { archive, damaged: evidence?.file.damaged ?? null };
      return { identity, chain: { verified: false, code: "identity-chain.archive-damaged", args } };
    }
    const { name, version } = evidence.file;
    // A genuine file of another package, or of another version of this one, under the name of this one.
    if (name !== owner.package.split(":")[0] || version !== owner.version) {
      const args = { archive, package: name, version };
      return { identity, chain: { verified: false, code: "identity-chain.other-package", args } };
    }
    const reasons = weighed(root, identity, owner, archive, { ...evidence, member: evidence.member });
    return { identity: { ...identity, ...reasons }, chain: evidence.chain };
  } finally {
    fs.closeSync(fd);
  }
}

/** Reasons that the archive settles: what is recorded nowhere else is recorded there. */
const SETTLED: ReadonlySet<string> = new Set<ReasonCode>([
  "identity.rights-changed-later",
  "identity.rights-by-script",
]);

function weighed(
  root: Root,
  { path, file, reasons, verdict }: Identity,
  owner: Owner,
  archive: Untrusted,
  { file: packageFile, member, chain }: ArchiveEvidence & { member: Member },
): { reasons: Reason[] } {
  const source = { package: owner.package, archive };
  const found = rightsAt(root, path);
  const overridden = reasons.some(({ code }) => code.endsWith("-differs-from-override"));
  const rights =
    found === null || overridden ? [] : differencesOf(found, recordOf(member.entry), source, accountsOf(root));
  const kept = found !== null && rights.length === 0 ? reasons.filter(({ code }) => !SETTLED.has(code)) : [...reasons];
  const script = [...packageFile.scripts].find(([, text]) =>
    mayGiveRights(text, root.realpath(path) ?? path, "rights"),
  );
  if (script !== undefined && rights.length > 0) {
    for (const one of rights) one.weight = "weak";
    kept.push(reason("identity.rights-by-script", "exculpatory", { package: owner.package, script: script[0] }));
  }
  const same = member.digests.sha256 === file?.sha256;
  if (same && chain?.verified === true) {
    kept.push(reason("identity.signed-content", "exculpatory", { ...source, key: String(chain.args["key"]) }));
  } else if (!same && verdict === "genuine") {
    // The digest in the database agrees, so one of the two was altered.
    const args = { ...source, found: file?.sha256 ?? "", recorded: member.digests.sha256 ?? "" };
    kept.push(reason("identity.content-not-of-archive", chain?.verified === true ? "strong" : "medium", args));
  }
  return { reasons: [...rights, ...kept] };
}

/** Names count before numbers: those are of the host that built the package. */
export function recordOf({ mode, uid, gid, user, group, capability }: ArchiveEntry): FileRecord {
  const capabilities = capability === null ? null : readCapabilities(Buffer.from(capability));
  return {
    mode,
    user: user === "" ? `#${uid}` : user,
    group: group === "" ? `#${gid}` : group,
    capabilities: capabilities === null ? null : capabilityText(capabilities),
  };
}

function rightsAt(root: Root, path: Untrusted): Rights | null {
  const fd = open(root, path);
  if (fd === null) return null;
  try {
    return rightsOf(fd, fs.fstatSync(fd, { bigint: true }));
  } finally {
    fs.closeSync(fd);
  }
}

function open(root: Root, path: Untrusted): number | null {
  try {
    return root.open(path);
  } catch {
    // EACCES and the like: the judgement has said so of the file itself.
    return null;
  }
}

/** SHA-256 of an open file. */
export function digestOf(fd: number): string {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (let at = 0; ;) {
    const got = fs.readSync(fd, buffer, 0, CHUNK, at);
    if (got === 0) return hash.digest("hex");
    hash.update(buffer.subarray(0, got));
    at += got;
  }
}
