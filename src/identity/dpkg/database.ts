import { emptyLedger, skip, type SourceLedger } from "../../model/ledger.ts";
import type { Steps } from "../../model/steps.ts";
import { fromBytes, type Untrusted } from "../../model/text.ts";
import { errnoOf } from "../../platform/errno.ts";
import type { Root } from "../../platform/root.ts";
import type {
  Alternative,
  Diversion,
  FileRecord,
  Ownership,
  PackageDatabase,
  ShippedDigest,
} from "../package-database.ts";
import { Alternatives } from "../alternatives.ts";
import { Entries } from "../same-entry.ts";
import { linesOf } from "../listed-database.ts";
import { allDigests, md5Of, pathOf } from "./digests.ts";
import type { Digests } from "../digests.ts";
import { Diversions, readDiversions } from "./diversions.ts";
import { readDatabase, type DatabaseReading, type ListedPackage } from "./package-lists.ts";
import { readStatOverrides } from "./statoverride.ts";
import { PathIndex, type ListedPath } from "../path-index.ts";

/** Files that are read in one step. */
const A_STEP = 16;

/** The database under /var/lib/dpkg, read once. It never runs dpkg: paths are neither patterns nor substrings here. */
export class DpkgDatabase implements PackageDatabase {
  readonly manager = "dpkg";
  readonly algorithms = ["md5"] as const;
  readonly packages: number;
  readonly complete: boolean;
  readonly architecture: string | null;
  readonly ledger: SourceLedger;
  readonly #root: Root;
  readonly #listed: readonly ListedPackage[];
  readonly #index: PathIndex;
  readonly #entries: Entries;
  readonly #names: string[];
  readonly #byName: ReadonlyMap<string, ListedPackage>;
  readonly #diversions: Diversions;
  readonly #alternatives: Alternatives;
  readonly #md5sums = new Map<Untrusted, Buffer | null>();
  #overrides: ReadonlyMap<Untrusted, FileRecord> | null = null;
  #installTimes: Float64Array | null = null;

  static *read(this: void, root: Root): Steps<DpkgDatabase> {
    const ledger = emptyLedger("dpkg", null, "/var/lib/dpkg");
    const reading = yield* readDatabase(root, ledger);
    const index = yield* PathIndex.of(reading.packages.map(({ list }) => list));
    return new DpkgDatabase(root, ledger, reading, index);
  }

  private constructor(root: Root, ledger: SourceLedger, { packages, complete }: DatabaseReading, index: PathIndex) {
    this.#root = root;
    this.ledger = ledger;
    this.#listed = packages;
    this.#index = index;
    this.#entries = new Entries(root);
    for (const { list, line } of this.#index.damaged) {
      skip(this.ledger, packages[list]?.listFile ?? "", "line is no absolute path", line);
    }
    this.packages = packages.length;
    this.complete = complete;
    this.architecture = packages.find(({ status }) => status.name === "dpkg")?.status.architecture ?? null;
    this.#names = displayNames(packages);
    this.#byName = new Map(packages.map((listed, number) => [this.#names[number] as string, listed]));
    this.#diversions = new Diversions(this.#readDiversions(), (path) => this.#canonical(path));
    this.#alternatives = new Alternatives(root, "/var/lib/dpkg/alternatives");
  }

  ownersOf(entry: Untrusted): Ownership[] {
    const here = this.#index.named(lastName(entry)).filter(({ path }) => this.#entries.same(path, entry));
    const owners = here
      .filter(({ path, list }) => !this.#movedAway(path, list))
      .map((listed) => this.#ownership(listed, false));
    for (const { from } of this.#diversions.leadingTo(entry)) {
      const moved = this.#index
        .named(lastName(from))
        .filter(({ path, list }) => path === from && this.#movedAway(path, list));
      owners.push(...moved.map((listed) => this.#ownership(listed, true)));
    }
    return owners;
  }

  named(name: Untrusted): { path: Untrusted; package: string }[] {
    return this.#index.named(name).map(({ path, list }) => ({ path, package: this.#names[list] as string }));
  }

  shipped({ owner, listed }: Ownership): ShippedDigest | null {
    const found = this.#byName.get(owner.package);
    if (found === undefined) return null;
    const conffile = found.status.conffiles.get(listed);
    if (conffile !== undefined) return { algorithm: "md5", hex: conffile, conffile: true };
    const hex = this.#digests(found.md5sums);
    const recorded = hex === null ? null : md5Of(listed, hex);
    return recorded === null ? null : { algorithm: "md5", hex: recorded, conffile: false };
  }

  shippedAs({ md5 }: Digests): { path: Untrusted; package: string } | null {
    if (md5 === undefined) return null;
    for (const [number, { md5sums }] of this.#listed.entries()) {
      const content = this.#digests(md5sums);
      const path = content === null ? null : pathOf(md5, content);
      if (path !== null) return { path, package: this.#names[number] as string };
    }
    return null;
  }

  *readAhead(): Steps<void> {
    for (const [number, { md5sums }] of this.#listed.entries()) {
      this.#digests(md5sums);
      if (number % A_STEP === A_STEP - 1) yield;
    }
    this.#installed();
  }

  diversionOf(entry: Untrusted): Diversion | null {
    return this.#diversions.at(entry);
  }

  pathsOf({ owner }: Ownership): Iterable<Untrusted> {
    return linesOf(this.#byName.get(owner.package)?.list);
  }

  placeOf({ owner, listed }: Ownership): Untrusted {
    return this.#diversions.placeOf(listed, this.#byName.get(owner.package)?.status.name);
  }

  *recorded(): Iterable<{ by: Ownership; shipped: ShippedDigest }> {
    for (const [number, { status, md5sums }] of this.#listed.entries()) {
      // Removed, its configuration kept: nothing else of it is here.
      if (status.state === "config-files") continue;
      const owner = { manager: this.manager, package: this.#names[number] as string, version: status.version };
      const ownership = (listed: Untrusted): Ownership => ({ owner, listed, diverted: false, state: status.state });
      for (const [listed, hex] of status.conffiles) {
        yield { by: ownership(listed), shipped: { algorithm: "md5", hex, conffile: true } };
      }
      for (const [listed, hex] of allDigests(this.#read(md5sums) ?? Buffer.alloc(0))) {
        if (status.conffiles.has(listed)) continue;
        yield { by: ownership(listed), shipped: { algorithm: "md5", hex, conffile: false } };
      }
    }
  }

  *listed(except: ReadonlySet<Untrusted>): Iterable<Ownership> {
    for (const [number, { status, list }] of this.#listed.entries()) {
      if (status.state === "config-files") continue;
      const owner = { manager: this.manager, package: this.#names[number] as string, version: status.version };
      for (const listed of linesOf(list)) {
        if (!except.has(listed)) yield { owner, listed, diverted: false, state: status.state };
      }
    }
  }

  overrideOf(entry: Untrusted): FileRecord | null {
    this.#overrides ??= this.#readOverrides();
    return this.#overrides.get(entry) ?? null;
  }

  /** dpkg records none: they stand in the archive that the package came in. */
  recordOf(): null {
    return null;
  }

  scriptsOf({ owner }: Ownership): { path: Untrusted; text: Untrusted }[] {
    const md5sums = this.#byName.get(owner.package)?.md5sums;
    if (md5sums === undefined) return [];
    const base = md5sums.replace(/\.md5sums$/, "");
    return ["preinst", "postinst", "config"].flatMap((kind) => {
      const content = this.#read(`${base}.${kind}`);
      return content === null ? [] : [{ path: `${base}.${kind}`, text: fromBytes(content) }];
    });
  }

  alternativeOf(entry: Untrusted): Alternative | null {
    const before = this.#alternatives.damaged.length;
    const found = this.#alternatives.of(entry);
    for (const file of this.#alternatives.damaged.slice(before)) skip(this.ledger, file, "no alternatives record", "");
    return found;
  }

  /** Times of files alone tell it, which anybody can set. */
  lastInstalled(): null {
    return null;
  }

  installedAround(time: bigint, seconds: number): boolean {
    const wanted = Number(time) / 1e9;
    return this.#installed().some((installed) => Math.abs(installed - wanted) <= seconds);
  }

  /** When each package was unpacked or configured last, seconds since 1970. */
  #installed(): Float64Array {
    return (this.#installTimes ??= Float64Array.from(this.#listed, ({ listFile }) => {
      return Number(this.#root.lstat(listFile)?.mtimeNs ?? 0n) / 1e9;
    }));
  }

  #ownership({ path, list }: ListedPath, diverted: boolean): Ownership {
    const { status } = this.#listed[list] as ListedPackage;
    const owner = { manager: this.manager, package: this.#names[list] as string, version: status.version };
    return { owner, listed: path, diverted, state: status.state };
  }

  #movedAway(path: Untrusted, list: number): boolean {
    return this.#diversions.movesAway(path, this.#listed[list]?.status.name);
  }

  #digests(file: Untrusted): Buffer | null {
    const known = this.#md5sums.get(file);
    if (known !== undefined) return known;
    const content = this.#read(file);
    this.#md5sums.set(file, content);
    return content;
  }

  #readDiversions(): Diversion[] {
    const file = "/var/lib/dpkg/diversions";
    const content = this.#read(file);
    if (content === null) return [];
    const { diversions, damaged } = readDiversions(content);
    for (const line of damaged) skip(this.ledger, file, "no record of three lines", line);
    return diversions;
  }

  #readOverrides(): Map<Untrusted, FileRecord> {
    const file = "/var/lib/dpkg/statoverride";
    const { overrides, damaged } = readStatOverrides(this.#read(file) ?? new Uint8Array());
    for (const line of damaged) skip(this.ledger, file, "not `user group mode path`", line);
    return new Map(overrides.map(({ path, record }) => [this.#canonical(path), record]));
  }

  #read(file: Untrusted): Buffer | null {
    try {
      return this.#root.read(file, 256 << 20);
    } catch (error) {
      skip(this.ledger, file, errnoOf(error) || "unreadable", "");
      return null;
    }
  }

  #canonical(path: Untrusted): Untrusted {
    try {
      return this.#root.canonical(path) ?? path;
    } catch {
      // A directory that may not be searched: its files are still owned under their listed name.
      return path;
    }
  }
}

/** Package names as dpkg shows them: with the architecture only where it tells two installed packages apart. */
function displayNames(packages: readonly ListedPackage[]): string[] {
  const count = new Map<string, number>();
  for (const { status } of packages) count.set(status.name, (count.get(status.name) ?? 0) + 1);
  return packages.map(({ status: { name, architecture } }) =>
    count.get(name) === 1 ? name : `${name}:${architecture}`,
  );
}

function lastName(path: Untrusted): Untrusted {
  return path.slice(path.lastIndexOf("/") + 1);
}
