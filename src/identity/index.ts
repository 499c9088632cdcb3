import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { absent, identifyAbsent } from "./absent.ts";
import { identifyPresent } from "./present.ts";
import type { PackageDatabase } from "./package-database.ts";
import { packageManagers, unreadableManager } from "./package-managers.ts";
import { ownership } from "./ownership.ts";
import { reason } from "./reasons.ts";
import type { Examiner, IdentifyContext, Identity, Owner } from "./types.ts";
import type { DatabaseState } from "./verdict.ts";

export type { Examiner, IdentifyContext, Identity, Owner } from "./types.ts";
export { REASON_CODES, type ReasonArgs, type ReasonCode } from "./reasons.ts";

/**
 * Opens the package database of a root. It is read at the first question: about 130 ms for 724 packages with 122,000
 * paths, then microseconds a path.
 */
export function examiner(root: Root): Examiner {
  return new RootExaminer(root);
}

class RootExaminer implements Examiner {
  readonly #root: Root;
  #opened: { database: PackageDatabase | null; state: DatabaseState } | null = null;

  constructor(root: Root) {
    this.#root = root;
  }

  get manager(): string | null {
    return this.#database.database?.manager ?? null;
  }

  get packages(): number {
    return this.#database.database?.packages ?? 0;
  }

  get ledger(): Examiner["ledger"] {
    return this.#database.database?.ledger ?? null;
  }

  ownerOf(path: Untrusted): Owner | null {
    const { database } = this.#database;
    if (database === null || !path.startsWith("/")) return null;
    try {
      return ownership(this.#root, database, path).owners[0]?.owner ?? null;
    } catch (error) {
      // A folder on the way that may not be searched: then only the name can be asked for.
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      return database.ownersOf(path)[0]?.owner ?? null;
    }
  }

  identify(path: Untrusted, context: IdentifyContext = {}): Identity {
    const { database, state } = this.#database;
    try {
      const at = { root: this.#root, database, state };
      const present = path.startsWith("/") ? identifyPresent(at, path, context) : null;
      return present ?? identifyAbsent(this.#root, database, path);
    } catch (error) {
      // EACCES, EIO, ESTALE, …: the file system refused, so nothing can be said.
      const code = (error as NodeJS.ErrnoException).code;
      if (code === undefined) throw error;
      const reasons = [reason("identity.cannot-read", "weak", { path, error: code })];
      return absent(this.#root, path, { verdict: "unverifiable", owner: null, reasons, attack: [] });
    }
  }

  get #database(): { database: PackageDatabase | null; state: DatabaseState } {
    return (this.#opened ??= openDatabase(this.#root));
  }
}

function openDatabase(root: Root): { database: PackageDatabase | null; state: DatabaseState } {
  const manager = packageManagers.find((known) => known.present(root));
  const other = unreadableManager(root);
  const database = manager?.open(root) ?? null;
  if (database === null) {
    return { database, state: other === null ? { kind: "none" } : { kind: "unknown-manager", manager: other } };
  }
  // Fedora's dpkg package leaves an empty status file behind: there rpm rules.
  if (database.packages === 0 && other !== null)
    return { database, state: { kind: "unknown-manager", manager: other } };
  const problems = database.ledger.skipped;
  if (database.packages === 0) return { database, state: { kind: "unreadable", manager: database.manager, problems } };
  if (!database.complete) return { database, state: { kind: "incomplete", manager: database.manager, problems } };
  return { database, state: { kind: "complete" } };
}
