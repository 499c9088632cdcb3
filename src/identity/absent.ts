import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { isShipped } from "./digests.ts";
import { inspectLinked } from "./file-facts.ts";
import type { PackageDatabase, ShippedDigest } from "./package-database.ts";
import { reason } from "./reasons.ts";
import { runningReasons } from "./running.ts";
import { techniquesOf } from "./techniques.ts";
import type { Identity, Owner, Reason, RunningProgram } from "./types.ts";

/** What the kernel appends to the name of a file without a name (d_path in fs/d_path.c). */
const DELETED = " (deleted)";
const MEMORY = /^\/?memfd:/;

/**
 * Identity of what has no file: a program in anonymous memory (`/memfd:name (deleted)`), a deleted program
 * (`/usr/bin/x (deleted)`), a missing path, a link that leads nowhere. A file that really is named like that has been
 * found by the caller before it comes here.
 */
export function identifyAbsent(
  root: Root,
  database: PackageDatabase | null,
  path: Untrusted,
  process?: RunningProgram,
): Identity {
  const identity = judgeAbsent(root, database, path);
  if (process !== undefined) {
    const state = { kind: "complete" } as const;
    identity.reasons.push(...runningReasons({ root, database, state }, path, null, process));
    identity.attack.push(...techniquesOf(identity.reasons));
  }
  const running = process === undefined ? null : inspectLinked(process.exe, database?.algorithms);
  if (running === null) return identity;
  // A process keeps its program: what is gone from the file system can still be read.
  const { facts: file, elf, content } = running;
  const shipped = identity.owner === null ? null : shippedFor(root, database, withoutSuffix(path));
  const unchanged = shipped !== null && isShipped(shipped, content?.digests ?? null);
  if (unchanged && identity.owner !== null) {
    const { algorithm, hex: digest } = shipped;
    const args = { package: identity.owner.package, algorithm, digest };
    identity.reasons.push(reason("identity.digest-matches", "exculpatory", args));
  }
  return { ...identity, file, elf };
}

function shippedFor(root: Root, database: PackageDatabase | null, path: Untrusted): ShippedDigest | null {
  const [first] = database?.ownersOf(root.canonical(path) ?? path) ?? [];
  return first === undefined ? null : (database?.shipped(first) ?? null);
}

function judgeAbsent(root: Root, database: PackageDatabase | null, path: Untrusted): Identity {
  if (MEMORY.test(path)) {
    const name = withoutSuffix(path).replace(MEMORY, "");
    const reasons = [reason("identity.anonymous-memory", "strong", { name })];
    return absent(root, path, { verdict: "memory-only", owner: null, reasons, attack: ["T1620"] });
  }
  const link = root.readlink(path);
  if (link !== null) {
    const reasons = [reason("identity.dangling-link", "medium", { target: link })];
    return absent(root, path, { verdict: "deleted", owner: ownerOf(root, database, path), reasons, attack: [] });
  }
  const named = withoutSuffix(path);
  const owner = ownerOf(root, database, named);
  const reasons: Reason[] = [];
  if (named === path) {
    const packageName = owner?.package ?? null;
    reasons.push(reason("identity.file-missing", owner === null ? "weak" : "medium", { path, package: packageName }));
  } else {
    reasons.push(reason("identity.file-deleted", owner === null ? "strong" : "medium", { path: named }));
    if (owner !== null) {
      const present = root.stat(named) !== null;
      const args = { package: owner.package, path: named, present };
      reasons.push(reason("identity.deleted-was-packaged", "exculpatory", args));
    }
  }
  return absent(root, path, { verdict: "deleted", owner, reasons, attack: [] });
}

function withoutSuffix(path: Untrusted): Untrusted {
  return path.endsWith(DELETED) ? path.slice(0, -DELETED.length) : path;
}

function ownerOf(root: Root, database: PackageDatabase | null, path: Untrusted): Owner | null {
  return database?.ownersOf(root.canonical(path) ?? path)[0]?.owner ?? null;
}

/** An identity without a file. */
export function absent(
  root: Root,
  path: Untrusted,
  known: Pick<Identity, "verdict" | "owner" | "reasons" | "attack">,
): Identity {
  return { path, root: root.dir, ...known, claims: null, file: null, elf: null, twins: [] };
}
