import type { SourceLedger } from "../model/ledger.ts";
import { skip } from "../model/ledger.ts";
import type { Steps } from "../model/steps.ts";
import { fromBytes, toBytes, type Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { isShipped, type DigestAlgorithm, type Digests } from "./digests.ts";
import { Alternatives } from "./alternatives.ts";
import type { Alternative, FileRecord, Ownership, PackageDatabase, ShippedDigest } from "./package-database.ts";
import { PathIndex, type ListedPath } from "./path-index.ts";
import { Entries } from "./same-entry.ts";
import type { Owner } from "./types.ts";

/** A package as the readers of apk, pacman and rpm give it. */
export interface ListedPackage {
  owner: Owner;
  architecture: string | null;
  state: string;
  /** Seconds since 1970; null: not recorded. */
  installedAt: number | null;
  /** Its paths, one a line. */
  list: Buffer;
  /** By which its digests are recorded. */
  algorithms: readonly DigestAlgorithm[];
  /** What it shipped at one of these paths; null when it recorded no digest for it. */
  shipped(path: Untrusted): ShippedDigest | null;
  /** Mode, owners and capabilities that it recorded for one of these paths; null: none. */
  record(path: Untrusted): FileRecord | null;
  /** Whether it lists a path that need not be there; left out where there are none such. */
  mayBeAbsent?(path: Untrusted): boolean;
  /** All that it recorded digests for. */
  digests(): Iterable<[Untrusted, ShippedDigest]>;
  /** The path for which it recorded the digest of this content, or null. */
  find(digests: Digests): Untrusted | null;
}

export interface ListedPackages {
  packages: ListedPackage[];
  /** False when the paths of some installed package stay unknown. */
  complete: boolean;
}

/** The first path whose recorded digest is that of the content. */
export function pathWith(recorded: Iterable<[Untrusted, ShippedDigest]>, digests: Digests): Untrusted | null {
  for (const [path, digest] of recorded) if (isShipped(digest, digests)) return path;
  return null;
}

/** Paths as the index takes them. A name that holds a newline has no line of its own and is left out. */
export function listOf(paths: readonly Untrusted[]): Buffer {
  const lines = paths.filter((path) => !path.includes("\n")).map((path) => `${path}\n`);
  return Buffer.from(toBytes(lines.join("")));
}

/** The lines of a list that are absolute paths. */
export function* linesOf(list: Buffer = Buffer.alloc(0)): Generator<Untrusted> {
  for (let start = 0; start < list.length;) {
    const newline = list.indexOf(10, start);
    const end = newline < 0 ? list.length : newline;
    if (list[start] === 47) yield fromBytes(list.subarray(start, end));
    start = end + 1;
  }
}

/** A package database without diversions, overrides and alternatives of its own: packages, and the paths they list. */
export class ListedDatabase implements PackageDatabase {
  readonly manager: string;
  readonly algorithms: readonly DigestAlgorithm[];
  readonly packages: number;
  readonly complete: boolean;
  readonly architecture: string | null;
  readonly ledger: SourceLedger;
  readonly #packages: readonly ListedPackage[];
  readonly #index: PathIndex;
  readonly #entries: Entries;
  readonly #alternatives: Alternatives;
  readonly #byName = new Map<string, ListedPackage[]>();

  static *of(root: Root, manager: string, ledger: SourceLedger, read: ListedPackages): Steps<ListedDatabase> {
    const index = yield* PathIndex.of(read.packages.map(({ list }) => list));
    return new ListedDatabase(root, manager, ledger, read, index);
  }

  private constructor(root: Root, manager: string, ledger: SourceLedger, read: ListedPackages, index: PathIndex) {
    this.manager = manager;
    this.algorithms = [...new Set(read.packages.flatMap(({ algorithms }) => algorithms))];
    this.ledger = ledger;
    this.#packages = read.packages;
    this.#alternatives = new Alternatives(root, "/var/lib/alternatives");
    for (const one of read.packages) {
      const same = this.#byName.get(one.owner.package);
      if (same === undefined) this.#byName.set(one.owner.package, [one]);
      else same.push(one);
    }
    this.#index = index;
    this.#entries = new Entries(root);
    for (const { list, line } of index.damaged) {
      skip(ledger, read.packages[list]?.owner.package ?? "", "line is no absolute path", line);
    }
    this.packages = read.packages.length;
    this.complete = read.complete;
    this.architecture = commonest(read.packages);
  }

  ownersOf(entry: Untrusted): Ownership[] {
    return this.#index
      .named(entry.slice(entry.lastIndexOf("/") + 1))
      .filter(({ path }) => this.#entries.same(path, entry))
      .map((listed) => this.#ownership(listed));
  }

  named(name: Untrusted): { path: Untrusted; package: string }[] {
    return this.#index.named(name).map(({ path, list }) => ({ path, package: this.#package(list).owner.package }));
  }

  shipped({ owner, listed }: Ownership): ShippedDigest | null {
    return this.#firstOf(owner, (one) => one.shipped(listed));
  }

  recordOf({ owner, listed }: Ownership): FileRecord | null {
    return this.#firstOf(owner, (one) => one.record(listed));
  }

  pathsOf({ owner }: Ownership): Iterable<Untrusted> {
    return linesOf((this.#byName.get(owner.package) ?? []).find((one) => one.owner.version === owner.version)?.list);
  }

  placeOf({ listed }: Ownership): Untrusted {
    return listed;
  }

  *recorded(): Iterable<{ by: Ownership; shipped: ShippedDigest }> {
    for (const one of this.#packages) {
      const { owner, state } = one;
      for (const [listed, shipped] of one.digests()) yield { by: { owner, listed, diverted: false, state }, shipped };
    }
  }

  *listed(except: ReadonlySet<Untrusted>): Iterable<Ownership> {
    for (const one of this.#packages) {
      const { owner, state } = one;
      for (const listed of linesOf(one.list)) {
        if (!except.has(listed) && one.mayBeAbsent?.(listed) !== true) {
          yield { owner, listed, diverted: false, state };
        }
      }
    }
  }

  #firstOf<T>({ package: name, version }: Owner, ask: (one: ListedPackage) => T | null): T | null {
    // Several versions of one package (kernels) may be installed beside each other.
    for (const one of this.#byName.get(name) ?? []) {
      const answer = one.owner.version === version ? ask(one) : null;
      if (answer !== null) return answer;
    }
    return null;
  }

  shippedAs(digests: Digests): { path: Untrusted; package: string } | null {
    for (const one of this.#packages) {
      const path = one.find(digests);
      if (path !== null) return { path, package: one.owner.package };
    }
    return null;
  }

  /** They came with the lists. */
  *readAhead(): Steps<void> {}

  diversionOf(): null {
    return null;
  }

  overrideOf(): null {
    return null;
  }

  /** Their scripts are no files of the database, and modes and owners that packages set are recorded. */
  scriptsOf(): [] {
    return [];
  }

  alternativeOf(entry: Untrusted): Alternative | null {
    const before = this.#alternatives.damaged.length;
    const found = this.#alternatives.of(entry);
    for (const file of this.#alternatives.damaged.slice(before)) skip(this.ledger, file, "no alternatives record", "");
    return found;
  }

  lastInstalled(before: number): number | null {
    const times = this.#packages
      .map(({ installedAt }) => (installedAt ?? Number.NaN) * 1000)
      .filter((ms) => ms < before);
    return times.reduce<number | null>((newest, ms) => Math.max(newest ?? ms, ms), null);
  }

  installedAround(time: bigint, seconds: number): boolean {
    const wanted = Number(time) / 1e9;
    return this.#packages.some(({ installedAt }) => installedAt !== null && Math.abs(installedAt - wanted) <= seconds);
  }

  #ownership({ path, list }: ListedPath): Ownership {
    const { owner, state } = this.#package(list);
    return { owner, listed: path, diverted: false, state };
  }

  #package(list: number): ListedPackage {
    return this.#packages[list] as ListedPackage;
  }
}

/** The architecture of most packages, those for all of them (`noarch`, `any`) aside. */
function commonest(packages: readonly ListedPackage[]): string | null {
  const counts = new Map<string, number>();
  for (const { architecture } of packages) {
    if (architecture === null || architecture === "noarch" || architecture === "any") continue;
    counts.set(architecture, (counts.get(architecture) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? null;
}
