import { atOnce, type Steps } from "../model/steps.ts";
import type { Untrusted } from "../model/text.ts";
import { errnoOf } from "../platform/errno.ts";
import type { Root } from "../platform/root.ts";
import { absent, identifyAbsent } from "./absent.ts";
import { identifyPresent } from "./present.ts";
import type { PackageDatabase } from "./package-database.ts";
import { packageManagers, unreadableManager } from "./package-managers.ts";
import { ownership } from "./ownership.ts";
import { prepareOtherOwners } from "./other-owners/index.ts";
import { placeOf } from "./places.ts";
import { runningReasons } from "./running.ts";
import { ShippedFiles } from "./shipped-files.ts";
import type { Digests } from "./digests.ts";
import { reason } from "./reasons.ts";
import type { Examiner, IdentifyContext, Identity, Owner, RunningProgram } from "./types.ts";
import type { DatabaseState } from "./verdict.ts";

export { packageExcerpts } from "./excerpts.ts";
export { checksOf } from "./checks.ts";
export { concernOf, type Concern } from "./concern.ts";
export type { Examiner, IdentifyContext, Identity, Owner, RunningProgram } from "./types.ts";
export { REASON_CODES, reason, type ReasonArgs, type ReasonCode } from "./reasons.ts";

/**
 * Opens the package database of a root. It is read at the first question: about 130 ms for 724 packages with 122,000
 * paths, then microseconds a path.
 */
export function examiner(root: Root): Examiner {
  return new RootExaminer(root);
}

/** The package database of a root alone, for whoever asks about all packages; null where there is none that can be read. */
export function openPackageDatabase(root: Root): PackageDatabase | null {
  return atOnce(openDatabase(root)).database;
}

class RootExaminer implements Examiner {
  readonly #root: Root;
  #opened: Opened | null = null;
  #prepared: Prepared | null = null;
  #shipped: ShippedFiles | null = null;

  constructor(root: Root) {
    this.#root = root;
  }

  *prepare(): Steps<void> {
    if (this.#prepared !== null) return;
    const prepared: Prepared = { steps: openDatabase(this.#root), stamp: stampOf(this.#root), opened: null };
    this.#prepared = prepared;
    // Whoever asks meanwhile has the rest read at once.
    while (this.#opened === null) {
      const step = prepared.steps.next();
      if (step.done === true) {
        prepared.opened = step.value;
        return;
      }
      yield;
    }
  }

  *prepareContents(): Steps<void> {
    const opened = this.#opened ?? this.#prepared?.opened ?? null;
    if (opened?.database != null) yield* opened.database.readAhead();
    yield* prepareOtherOwners(this.#root);
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

  lastInstalled(before: number): number | null {
    return this.#database.database?.lastInstalled(before) ?? null;
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

  get algorithms(): Examiner["algorithms"] {
    return this.#database.database?.algorithms ?? [];
  }

  knowDigests(stamp: string, digests: Digests): void {
    this.#shippedFiles.know(stamp, digests);
  }

  get #shippedFiles(): ShippedFiles {
    const { database, state } = this.#database;
    return (this.#shipped ??= new ShippedFiles({ root: this.#root, database, state }));
  }

  asShipped(path: Untrusted, process?: RunningProgram): Owner | null {
    if (!path.startsWith("/")) return null;
    const { database, state } = this.#database;
    const at = { root: this.#root, database, state };
    const owner = this.#shippedFiles.ownerOf(path);
    if (owner === null || process === undefined) return owner;
    return runningReasons(at, path, null, process).some(({ weight }) => weight !== "weak") ? null : owner;
  }

  isLocal(path: Untrusted): boolean {
    const { database } = this.#database;
    const [entry, real] = [this.#root.canonical(path), this.#root.realpath(path)];
    const stat = real === null ? null : this.#root.stat(real);
    if (database === null || entry === null || real === null || stat === null || (stat.mode & 0o6000n) !== 0n)
      return false;
    if (placeOf(entry) !== "local" || placeOf(real) !== "local" || !stat.isFile()) return false;
    return ownership(this.#root, database, path).owners.length === 0 && database.ownersOf(real).length === 0;
  }

  identify(path: Untrusted, context: IdentifyContext = {}): Identity {
    const { database, state } = this.#database;
    try {
      const at = { root: this.#root, database, state };
      const present = path.startsWith("/") ? identifyPresent(at, path, context) : null;
      return present ?? identifyAbsent(this.#root, database, path, context.process);
    } catch (error) {
      // EACCES, EIO, ESTALE, …: the file system refused, so nothing can be said.
      const code = errnoOf(error);
      if (code === "") throw error;
      const reasons = [reason("identity.cannot-read", "weak", { path, error: code })];
      return absent(this.#root, path, { verdict: "unverifiable", owner: null, reasons, attack: [] });
    }
  }

  get #database(): Opened {
    return (this.#opened ??= this.#open());
  }

  #open(): Opened {
    const prepared = this.#prepared;
    // What was read before a package was installed is not what one would read now, or a mixture of both.
    if (prepared === null || prepared.stamp !== stampOf(this.#root)) return atOnce(openDatabase(this.#root));
    return prepared.opened ?? atOnce(prepared.steps);
  }
}

/** A database that is being read step by step, and by what can be told that it is still the same. */
interface Prepared {
  steps: Steps<Opened>;
  stamp: string;
  opened: Opened | null;
}

interface Opened {
  database: PackageDatabase | null;
  state: DatabaseState;
}

function stampOf(root: Root): string {
  return packageManagers.map((manager) => `${manager.present(root)} ${manager.stamp(root)}`).join(" ");
}

function* openDatabase(root: Root): Steps<Opened> {
  const other = unreadableManager(root);
  let database: PackageDatabase | null = null;
  for (const manager of packageManagers.filter((known) => known.present(root))) {
    const opened = yield* manager.open(root);
    database ??= opened;
    if (opened.packages === 0) continue;
    // A tool of another world may be installed, with an empty database: Fedora's dpkg, Debian's rpm.
    database = opened;
    break;
  }
  if (database === null) {
    return { database, state: other === null ? { kind: "none" } : { kind: "unknown-manager", manager: other } };
  }
  if (database.packages === 0 && other !== null)
    return { database, state: { kind: "unknown-manager", manager: other } };
  const problems = database.ledger.skipped;
  if (database.packages === 0) return { database, state: { kind: "unreadable", manager: database.manager, problems } };
  if (!database.complete) return { database, state: { kind: "incomplete", manager: database.manager, problems } };
  return { database, state: { kind: "complete" } };
}
