import * as fs from "node:fs";
import { inspect, isoTime, modeString } from "../file-facts.ts";
import { accountsOf } from "../metadata.ts";
import type { Identity } from "../types.ts";
import type { PackageFile } from "../../archive/package-file.ts";
import type { Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import { digestOf, readArchive, recordOf } from "./archive-evidence.ts";
import {
  compareFacts,
  compareImports,
  compareStrings,
  type ComparedFact,
  type SetDifference,
  type Side,
} from "./comparison.ts";
import type { SignedChain } from "./signed-chain.ts";

/** A judged file beside what it should be. */
export interface Reference {
  kind: PackageFile["kind"] | "file";
  /** On this host. */
  path: Untrusted;
  /** Of the reference itself, a package file or a plain one. */
  sha256: string;
  package: { name: string; version: string; architecture: string } | null;
  /** The file in the package that it was compared with; null: a plain file, or nothing of that name in it. */
  member: Untrusted | null;
  facts: ComparedFact[];
  /** Null where it could not be compared: not ELF, too large, not there. */
  imports: SetDifference | null;
  strings: SetDifference | null;
  chain: SignedChain | null;
  /** What was damaged in the package file. */
  damaged: string | null;
}

const KEPT = 256 << 20;

/**
 * Compares a judged file of `root` with a reference of this host: the file of its name in a package file, or a plain file.
 * Null: the reference is no regular file. Throws what the file system throws.
 */
export async function compareWith(
  root: Root,
  identity: Identity,
  host: Root,
  path: Untrusted,
): Promise<Reference | null> {
  const fd = host.open(path);
  if (fd === null) return null;
  try {
    const found = sideOf(root, identity.path);
    const evidence = await readArchive(root, host, fd, path, identity, true);
    if (evidence === null) return { ...plain(path, fd), ...compared(found, sideOf(host, path)) };
    const { file, member, sha256, chain } = evidence;
    const { name, version, architecture, kind, damaged } = file;
    const about = { kind, path, sha256, package: { name, version, architecture }, chain, damaged };
    if (member === null) return { ...about, member: null, facts: [], imports: null, strings: null };
    const { entry, digests, content } = member;
    const record = recordOf(entry);
    const side: Side = {
      size: entry.size,
      mode: modeString(0o100000 | entry.mode),
      owner: `${record.user}:${record.group}`.replaceAll("#", ""),
      mtime: isoTime(BigInt(entry.mtime) * 1_000_000_000n),
      sha256: digests.sha256 ?? "",
      content,
    };
    return { ...about, member: entry.path, ...compared(found, side) };
  } finally {
    fs.closeSync(fd);
  }
}

function plain(path: Untrusted, fd: number): Omit<Reference, "facts" | "imports" | "strings"> {
  return { kind: "file", path, sha256: digestOf(fd), package: null, member: null, chain: null, damaged: null };
}

function compared(found: Side | null, reference: Side | null): Pick<Reference, "facts" | "imports" | "strings"> {
  if (found === null || reference === null) return { facts: [], imports: null, strings: null };
  return {
    facts: compareFacts(found, reference),
    imports: compareImports(found, reference),
    strings: compareStrings(found, reference),
  };
}

function sideOf(root: Root, path: Untrusted): Side | null {
  const file = inspect(root, path);
  if (file === null || file.content === null) return null;
  const { facts } = file;
  return {
    size: facts.size,
    mode: facts.mode,
    owner: accountsOf(root).text(facts.uid, facts.gid),
    mtime: facts.mtime,
    sha256: facts.sha256,
    content: facts.size <= KEPT ? root.read(path, KEPT) : null,
  };
}
