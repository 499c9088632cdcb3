import type { Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import type { PackageFile } from "../../archive/package-file.ts";
import { indexFiles, lists, readIndex, stanzaWith } from "./apt-lists.ts";
import { digestIn } from "../rpm/packages.ts";
import { signedHeaderOf } from "../rpm/manager.ts";
import type { Owner } from "../types.ts";
import { signedByOf } from "./apt-sources.ts";
import { hasGpgv, signedText, signers } from "./gpgv.ts";

/**
 * How far a package file is vouched for by signatures that are here: for a .deb a key of the root signed InRelease (or Release,
 * by Release.gpg), which lists the index, which lists the package file. What cannot be followed is unverifiable, which says nothing against the file.
 */
export type SignedChain = { verified: boolean; code: ChainCode; args: Record<string, unknown> };

export type ChainCode =
  | "identity-chain.verified"
  | "identity-chain.no-archive"
  | "identity-chain.not-dpkg"
  | "identity-chain.no-gpgv"
  | "identity-chain.not-listed"
  | "identity-chain.index-not-listed"
  | "identity-chain.no-good-signature"
  | "identity-chain.archive-damaged"
  | "identity-chain.none-kept"
  | "identity-chain.other-package"
  | "identity-chain.apk-verified"
  | "identity-chain.apk-not-signed"
  | "identity-chain.apk-no-key"
  | "identity-chain.apk-bad-signature"
  | "identity-chain.apk-other-files"
  | "identity-chain.pacman-verified"
  | "identity-chain.pacman-not-signed"
  | "identity-chain.pacman-no-key"
  | "identity-chain.pacman-too-large"
  | "identity-chain.rpm-verified"
  | "identity-chain.rpm-not-signed"
  | "identity-chain.rpm-no-digest"
  | "identity-chain.rpm-no-key"
  | "identity-chain.rpm-other-content";

/** Follows the signature of an rpm header in the database to the digest that the header has for one of these paths. */
export function rpmChainOf(root: Root, owner: Owner, paths: ReadonlySet<Untrusted>, sha256: string): SignedChain {
  const args = { package: owner.package, version: owner.version };
  const no = (code: ChainCode): SignedChain => ({ verified: false, code, args });
  if (!hasGpgv()) return no("identity-chain.no-gpgv");
  const found = signedHeaderOf(root, owner);
  if (found === null) return no("identity-chain.rpm-not-signed");
  const digest = [...paths].map((path) => digestIn(found.header, path)).find((one) => one !== null);
  if (digest?.algorithm !== "sha256") return no("identity-chain.rpm-no-digest");
  const [key] = signers(root, found.signature, found.signed);
  if (key === undefined) return no("identity-chain.rpm-no-key");
  if (digest.hex !== sha256) return no("identity-chain.rpm-other-content");
  return { verified: true, code: "identity-chain.rpm-verified", args: { ...args, key } };
}

const LARGEST_RELEASE = 64 << 20;
const LARGEST_SIGNATURE = 1 << 20;

/** Follows the chain for a .deb with this SHA-256. */
export async function debChainOf(
  root: Root,
  file: PackageFile,
  sha256: string,
  archive: Untrusted,
): Promise<SignedChain> {
  const { name, version, architecture } = file;
  const no = (code: ChainCode, args: Record<string, unknown> = {}): SignedChain => ({ verified: false, code, args });
  if (!hasGpgv()) return no("identity-chain.no-gpgv");
  for (const index of indexFiles(root)) {
    const content = await readIndex(root, index);
    const stanza = content === null ? null : stanzaWith(content, sha256);
    if (content === null || stanza === null) continue;
    // Another package's archive under this one's name would be a genuine file of the wrong package.
    if (stanza.name !== name || stanza.version !== version || stanza.architecture !== architecture) continue;
    const release = root.read(index.release, LARGEST_RELEASE);
    const signature = index.signature === null ? null : root.read(index.signature, LARGEST_SIGNATURE);
    const isThere = release !== null && (index.signature === null || signature !== null);
    const signed = isThere ? signedText(root, release, signature, signedByOf(root, index.release)) : null;
    if (signed === null) return no("identity-chain.no-good-signature", { release: index.release });
    if (!lists(signed.text, index.name, content)) {
      return no("identity-chain.index-not-listed", { index: index.path, release: index.release });
    }
    const [key] = signed.keys;
    return {
      verified: true,
      code: "identity-chain.verified",
      args: { key, release: index.release, index: index.path, archive },
    };
  }
  return no("identity-chain.not-listed", { archive });
}
