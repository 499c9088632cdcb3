import { gunzipSync } from "node:zlib";
import { skip, type SourceLedger } from "../../model/ledger.ts";
import type { Steps } from "../../model/steps.ts";
import { fromBytes, type Untrusted } from "../../model/text.ts";
import { errnoOf } from "../../platform/errno.ts";
import type { Root } from "../../platform/root.ts";
import { listOf, pathWith, type ListedPackage, type ListedPackages } from "../listed-database.ts";
import type { ShippedDigest } from "../package-database.ts";
import { readMtree, type MtreeEntry } from "./mtree.ts";

export const LOCAL = "/var/lib/pacman/local";
const LARGEST = 64 << 20;
/** Entries of all mtrees that are kept after they were read; those of more are read again at each question. */
const MOST_KEPT = 4_000_000;

/**
 * Reads the local database: a folder NAME-VERSION-RELEASE a package, with `desc` and `files` (a `%FIELD%` line, its values,
 * an empty line; libalpm's be_local.c) and `mtree`, gzipped, with the digests.
 */
export function* packagesOf(root: Root, ledger: SourceLedger): Steps<ListedPackages> {
  const packages: ListedPackage[] = [];
  const room = { left: MOST_KEPT };
  let complete = true;
  for (const folder of entriesOf(root, ledger)) {
    yield;
    const desc = read(root, `${LOCAL}/${folder}/desc`, ledger);
    // Plain files (ALPM_DB_VERSION) are no packages.
    if (desc === null) continue;
    const fields = fieldsOf(desc);
    const files = read(root, `${LOCAL}/${folder}/files`, ledger);
    const [name] = fields.get("NAME") ?? [];
    const [version] = fields.get("VERSION") ?? [];
    if (name === undefined || version === undefined || files === null) {
      complete = false;
      skip(ledger, `${LOCAL}/${folder}`, "no name, version or list of files", "");
      continue;
    }
    ledger.events++;
    packages.push(packageOf(root, folder, { name, version }, fields, fieldsOf(files), ledger, room));
  }
  return { packages, complete };
}

function entriesOf(root: Root, ledger: SourceLedger): Untrusted[] {
  try {
    return root.list(LOCAL) ?? [];
  } catch (error) {
    skip(ledger, LOCAL, errnoOf(error) || "unreadable", "");
    return [];
  }
}

function packageOf(
  root: Root,
  folder: Untrusted,
  { name, version }: { name: string; version: string },
  desc: ReadonlyMap<string, Untrusted[]>,
  files: ReadonlyMap<string, Untrusted[]>,
  ledger: SourceLedger,
  room: { left: number },
): ListedPackage {
  // A folder ends in a slash.
  const paths = (files.get("FILES") ?? []).map((path) => `/${path.replace(/\/$/, "")}`);
  const kept = new Set((files.get("BACKUP") ?? []).map((line) => line.split("\t")[0]));
  const installed = Number(desc.get("INSTALLDATE")?.[0]);
  let entries: ReadonlyMap<Untrusted, MtreeEntry> | null = null;
  const recorded = (): ReadonlyMap<Untrusted, MtreeEntry> => {
    if (entries !== null) return entries;
    const read = entriesIn(root, `${LOCAL}/${folder}/mtree`, ledger);
    if ((room.left -= read.size) >= 0) entries = read;
    return read;
  };
  return {
    owner: { manager: "pacman", package: name, version },
    architecture: desc.get("ARCH")?.[0] ?? null,
    state: "installed",
    installedAt: Number.isFinite(installed) ? installed : null,
    list: listOf(paths),
    algorithms: ["sha256", "md5"],
    digests: function* () {
      for (const [path, digest] of digestsIn(recorded()))
        yield [path, { ...digest, conffile: kept.has(path.slice(1)) }];
    },
    find: (wanted) => pathWith(digestsIn(recorded()), wanted),
    record: (path) => recorded().get(path)?.record ?? null,
    shipped(path) {
      const found = recorded().get(path)?.digest ?? null;
      return found === null ? null : { ...found, conffile: kept.has(path.slice(1)) };
    },
  };
}

function* digestsIn(entries: ReadonlyMap<Untrusted, MtreeEntry>): Generator<[Untrusted, ShippedDigest]> {
  for (const [path, { digest }] of entries) if (digest !== null) yield [path, digest];
}

/** Values by field: `%NAME%`, then one value a line, up to an empty line. */
function fieldsOf(content: Buffer): Map<string, Untrusted[]> {
  const fields = new Map<string, Untrusted[]>();
  let values: Untrusted[] | null = null;
  for (const line of fromBytes(content).split("\n")) {
    const field = /^%([A-Z0-9]+)%$/.exec(line)?.[1];
    if (field !== undefined) fields.set(field, (values = []));
    else if (line === "") values = null;
    else values?.push(line);
  }
  return fields;
}

function entriesIn(root: Root, path: Untrusted, ledger: SourceLedger): ReadonlyMap<Untrusted, MtreeEntry> {
  const entries = readMtree(unpacked(root, path, ledger));
  if (entries === null) skip(ledger, path, "more entries than any package has", "");
  return entries ?? new Map();
}

/** The mtree, bounded: a small gzip file can unpack to anything. */
function unpacked(root: Root, path: Untrusted, ledger: SourceLedger): Buffer {
  const packed = read(root, path, ledger);
  if (packed === null) return Buffer.alloc(0);
  try {
    return packed[0] === 0x1f ? gunzipSync(packed, { maxOutputLength: LARGEST }) : packed;
  } catch {
    skip(ledger, path, "no gzip file, a damaged one, or one too large", "");
    return Buffer.alloc(0);
  }
}

function read(root: Root, path: Untrusted, ledger: SourceLedger): Buffer | null {
  try {
    return root.read(path, LARGEST);
  } catch (error) {
    skip(ledger, path, errnoOf(error) || "unreadable", "");
    return null;
  }
}
