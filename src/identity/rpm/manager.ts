import * as fs from "node:fs";
import { emptyLedger, skip, type SourceLedger } from "../../model/ledger.ts";
import type { Steps } from "../../model/steps.ts";
import type { Untrusted } from "../../model/text.ts";
import { fileSource } from "../../platform/file-source.ts";
import { errnoOf } from "../../platform/errno.ts";
import type { Root } from "../../platform/root.ts";
import { firstPresent, stampOfFiles } from "../database-files.ts";
import { ListedDatabase, type ListedPackage } from "../listed-database.ts";
import type { ManagerCommands, PackageDatabase, PackageManager } from "../package-database.ts";
import { PathBudget } from "../path-budget.ts";
import { signedHeader, type SignedHeader } from "../../archive/rpm-signature.ts";
import type { Owner } from "../types.ts";
import { bdbBlobs, isBdb } from "./bdb.ts";
import { isNdb, ndbBlobs } from "./ndb.ts";
import { packageOf } from "./packages.ts";
import { SqliteFile, type Bytes } from "../../platform/sqlite/database.ts";

/** Folders of the database: since Fedora 36, ostree, before, CentOS 7 and openSUSE's older ones. */
const FOLDERS = ["/usr/lib/sysimage/rpm", "/usr/share/rpm", "/var/lib/rpm"];
/** One file a kind: sqlite (rpm 4.16), ndb (openSUSE), Berkeley DB. */
const FILES = ["rpmdb.sqlite", "Packages.db", "Packages"];
export const RPM_DATABASES: readonly string[] = FOLDERS.flatMap((folder) => FILES.map((file) => `${folder}/${file}`));

/** rpm of Fedora, Red Hat, SUSE and what is built on them: all three kinds of database, told by their content. */
export const rpm: PackageManager = {
  id: "rpm",
  present: (root) => firstPresent(root, RPM_DATABASES) !== null,
  *open(root): Steps<PackageDatabase> {
    const place = firstPresent(root, RPM_DATABASES) ?? (RPM_DATABASES[0] as string);
    const ledger = emptyLedger("rpm", null, place);
    const packages: ListedPackage[] = [];
    const budget = new PathBudget();
    for (const { blob, locator } of blobsOf(root, place, ledger)) {
      yield;
      const found = blob === null ? null : packageOf(blob, ledger, `${place}, ${locator}`, budget);
      if (blob === null) skip(ledger, `${place}, ${locator}`, "no whole header", "");
      if (found === null) continue;
      ledger.events++;
      packages.push(found);
    }
    return yield* ListedDatabase.of(root, "rpm", ledger, { packages, complete: ledger.skipped === 0 });
  },
  stamp: (root) => stampOfFiles(root, [...RPM_DATABASES, ...RPM_DATABASES.map((place) => `${place}-wal`)]),
  // Headers are no text that could be shown.
  excerpts: () => [],
  commands: commandsOf,
};

/** The header of an installed package as its builder signed it; null: not found, or not signed. */
export function signedHeaderOf(root: Root, owner: Owner): SignedHeader | null {
  const place = firstPresent(root, RPM_DATABASES);
  const ledger = emptyLedger("rpm", null, place ?? "");
  for (const { blob } of place === null ? [] : blobsOf(root, place, ledger)) {
    const found = blob === null ? null : packageOf(blob, ledger, "");
    if (blob !== null && found?.owner.package === owner.package && found.owner.version === owner.version) {
      return signedHeader(blob);
    }
  }
  return null;
}

interface Blob {
  /** Null: it could not be read whole. */
  blob: Buffer | null;
  locator: string;
}

/** All header blobs. What cannot be read is counted. */
function* blobsOf(root: Root, place: Untrusted, ledger: SourceLedger): Generator<Blob> {
  const opened: number[] = [];
  const bytesOf = (path: Untrusted): Bytes | null => {
    const fd = root.open(path);
    if (fd === null) return null;
    opened.push(fd);
    const read = fileSource(fd);
    return (offset, length) => {
      const bytes = read(offset, length);
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    };
  };
  try {
    const read = bytesOf(place);
    if (read === null) return skip(ledger, place, "no regular file", "");
    if (isNdb(read)) return yield* ndbBlobs(read);
    if (isBdb(read)) return yield* bdbBlobs(read);
    const sqlite = SqliteFile.open(read, bytesOf(`${place}-wal`));
    if (sqlite === null) return skip(ledger, place, "no rpm database of a known kind", "");
    yield* sqliteBlobs(sqlite);
    for (const what of sqlite.damaged) skip(ledger, place, what, "");
  } catch (error) {
    const code = errnoOf(error);
    if (code === "") throw error;
    skip(ledger, place, code, "");
  } finally {
    for (const fd of opened) fs.closeSync(fd);
  }
}

/** The table is `Packages(hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)` (rpm's lib/backend/sqlite.c). */
function* sqliteBlobs(file: SqliteFile): Generator<Blob> {
  const page = file.rootOf("Packages");
  if (page === null) return void file.damaged.push("no table Packages");
  let row = 0;
  for (const [, blob] of file.rows(page)) {
    yield { blob: Buffer.isBuffer(blob) ? blob : null, locator: `row ${++row}` };
  }
}

function commandsOf(root: Root, path: Untrusted): ManagerCommands {
  const there = root.dir === "/" ? [] : ["--root", root.dir];
  return {
    owner: ["rpm", ...there, "--query", "--file", path],
    contents: (archive) => ["rpm", "--query", "--list", "--verbose", "--package", archive],
    alternative: (name) => [
      "alternatives",
      ...(root.dir === "/"
        ? []
        : ["--altdir", `${root.dir}/etc/alternatives`, "--admindir", `${root.dir}/var/lib/alternatives`]),
      "--display",
      name,
    ],
    verify: (name) => ["rpm", ...there, "--verify", name],
  };
}
