import { skip, type SourceLedger } from "../../model/ledger.ts";
import type { Steps } from "../../model/steps.ts";
import type { Untrusted } from "../../model/text.ts";
import { errnoOf } from "../../platform/errno.ts";
import type { Root } from "../../platform/root.ts";
import { listFromMd5sums } from "./digests.ts";
import { readStatus, type PackageStatus, type StatusReading } from "./status.ts";

const ADMIN = "/var/lib/dpkg";
const INFO = `${ADMIN}/info`;
/** Distroless images keep one status stanza and one md5sums file a package here, and no file lists. */
const STATUS_D = `${ADMIN}/status.d`;
const LARGEST = 256 << 20;

/** A package, its state, and where its files are listed. */
export interface ListedPackage {
  status: PackageStatus;
  /** Path of its md5sums file, which may not exist. */
  md5sums: Untrusted;
  /** Path of its file list, or of what stands in for it. */
  listFile: Untrusted;
  list: Buffer;
}

export interface DatabaseReading {
  packages: ListedPackage[];
  /** False when the paths of some installed package stay unknown. */
  complete: boolean;
}

/** Whether the root has a dpkg database. */
export function hasDatabase(root: Root): boolean {
  return [`${ADMIN}/status`, INFO, STATUS_D].some((path) => {
    try {
      return root.lstat(path) !== null;
    } catch {
      // Not allowed to look into it: then it is there.
      return true;
    }
  });
}

/** Changes when dpkg has changed what `readDatabase` reads: it writes `status` and lists anew, under the same names. */
export function stampOf(root: Root): string {
  const stamps = [`${ADMIN}/status`, `${ADMIN}/updates`, INFO, STATUS_D, `${ADMIN}/diversions`].map((path) => {
    try {
      const stat = root.lstat(path);
      return stat === null ? "-" : `${stat.ino}:${stat.size}:${stat.mtimeNs}`;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? "?";
    }
  });
  return stamps.join(" ");
}

/** Reads status, its journal and all file lists. What cannot be read is counted in the ledger. */
export function* readDatabase(root: Root, ledger: SourceLedger): Steps<DatabaseReading> {
  const reader = new Reader(root, ledger);
  const statuses = yield* readStatuses(reader);
  yield;
  const names = new Set(reader.list(INFO));
  const result: DatabaseReading = { packages: [], complete: !reader.failed };
  for (const status of statuses.packages.values()) {
    if (status.state === "not-installed") continue;
    const found = readPackage(reader, status, names);
    if (found !== null) result.packages.push(found);
    else if (status.state !== "config-files") result.complete = false;
    yield;
  }
  const lists = [...names].filter((name) => name.endsWith(".list")).length;
  if (lists > 0 && result.packages.length === 0) result.complete = false;
  ledger.events = result.packages.length;
  return result;
}

function* readStatuses(reader: Reader): Steps<StatusReading> {
  const reading: StatusReading = { packages: new Map(), damaged: [] };
  const files = [`${ADMIN}/status`];
  // Journal of changes since the last writing of `status`, oldest first (dpkg's lib/dpkg/dbmodify.c).
  for (const name of reader.list(`${ADMIN}/updates`)) if (/^\d+$/.test(name)) files.push(`${ADMIN}/updates/${name}`);
  for (const file of files) yield* readInto(reader, file, reading);
  for (const name of reader.list(STATUS_D)) {
    if (!name.endsWith(".md5sums")) yield* readInto(reader, `${STATUS_D}/${name}`, reading, "install ok installed");
  }
  return reading;
}

function* readInto(reader: Reader, file: Untrusted, reading: StatusReading, assumed?: string): Steps<void> {
  const content = reader.read(file);
  if (content === null) return;
  yield* readStatus(content, reading, assumed);
  for (const { locator, why, quote } of reading.damaged.splice(0)) reader.problem(`${file} ${locator}`, why, quote);
}

function readPackage(reader: Reader, status: PackageStatus, names: ReadonlySet<Untrusted>): ListedPackage | null {
  // Packages that can be installed for several architectures at once carry it in the file name.
  const qualified = `${status.name}:${status.architecture}`;
  const base = names.has(`${qualified}.list`) || names.has(`${qualified}.md5sums`) ? qualified : status.name;
  const folder = names.has(`${base}.list`) || names.has(`${base}.md5sums`) ? INFO : STATUS_D;
  const md5sums = `${folder}/${base}.md5sums`;
  const listFile = `${INFO}/${base}.list`;
  if (names.has(`${base}.list`)) {
    const list = reader.read(listFile, "file list is no regular file");
    if (list !== null) return { status, md5sums, listFile, list };
  } else if (folder === INFO) reader.problem(listFile, "file list is missing", "");
  const sums = reader.read(md5sums);
  if (sums !== null) return { status, md5sums, listFile: md5sums, list: listFromMd5sums(sums) };
  if (folder === STATUS_D) reader.problem(listFile, "file list is missing", "");
  return null;
}

/** Reads files of the root, turning errors into entries of the ledger. */
class Reader {
  failed = false;
  readonly #root: Root;
  readonly #ledger: SourceLedger;

  constructor(root: Root, ledger: SourceLedger) {
    this.#root = root;
    this.#ledger = ledger;
  }

  /** `expected`: what to report when there is no such regular file; nothing unless told. */
  read(path: Untrusted, expected?: string): Buffer | null {
    return this.#attempt(path, () => {
      const content = this.#root.read(path, LARGEST);
      if (content === null && expected !== undefined) this.problem(path, expected, "");
      return content;
    });
  }

  list(path: Untrusted): Untrusted[] {
    return this.#attempt(path, () => this.#root.list(path)) ?? [];
  }

  problem(locator: string, why: string, quote: string): void {
    skip(this.#ledger, locator, why, quote);
  }

  #attempt<T>(path: Untrusted, look: () => T | null): T | null {
    try {
      return look();
    } catch (error) {
      this.failed = true;
      this.problem(path, errnoOf(error) || "unreadable", "");
      return null;
    }
  }
}
