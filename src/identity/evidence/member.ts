import { createHash } from "node:crypto";
import type { ArchiveEntry } from "../../archive/entry.ts";
import { readPackageFile, type PackageFile } from "../../archive/package-file.ts";
import type { Untrusted } from "../../model/text.ts";
import type { DigestAlgorithm, Digests } from "../digests.ts";

/** Content above this is only hashed, not kept for comparing. */
const KEPT = 256 << 20;

/** A file of a package file. */
export interface Member {
  entry: ArchiveEntry;
  digests: Digests;
  /** Null: too large to keep. */
  content: Buffer | null;
}

const ALGORITHMS: readonly DigestAlgorithm[] = ["sha256", "md5", "sha1"];

/**
 * The first regular file of an open package file with a wanted path, and the package; null where it is no package
 * file. A hard link gives the content of the name that it stands for.
 */
export async function memberOf(
  fd: number,
  wanted: (path: Untrusted) => boolean,
): Promise<{ file: PackageFile; member: Member | null } | null> {
  const first = await look(fd, wanted);
  if (first === null || first.linked === null) return first;
  const { target } = first.linked;
  const second = await look(fd, (path) => path === target);
  if (second?.member == null) return first;
  return {
    file: second.file,
    member: { ...second.member, entry: { ...second.member.entry, path: first.linked.path } },
  };
}

async function look(
  fd: number,
  wanted: (path: Untrusted) => boolean,
): Promise<{ file: PackageFile; member: Member | null; linked: ArchiveEntry | null } | null> {
  const found: { member: Member | null; linked: ArchiveEntry | null } = { member: null, linked: null };
  const file = await readPackageFile(fd, (entry) => {
    if (found.member !== null || found.linked !== null) return "enough";
    if (!wanted(entry.path)) return null;
    if (entry.type === "hard-link") found.linked = entry;
    if (entry.type !== "file") return null;
    const hashes = ALGORITHMS.map((name) => ({ name, hash: createHash(name) }));
    const kept: Uint8Array[] = [];
    return {
      write(bytes) {
        for (const { hash } of hashes) hash.update(bytes);
        if (entry.size <= KEPT) kept.push(Uint8Array.from(bytes));
      },
      end() {
        const digests = Object.fromEntries(hashes.map(({ name, hash }) => [name, hash.digest("hex")]));
        found.member = { entry, digests, content: entry.size <= KEPT ? Buffer.concat(kept) : null };
      },
    };
  });
  return file === null ? null : { file, ...found };
}
