import { skip, type SourceLedger } from "../../model/ledger.ts";
import type { Untrusted } from "../../model/text.ts";
import { listOf, type ListedPackage } from "../listed-database.ts";
import { PathBudget } from "../path-budget.ts";
import type { FileRecord, ShippedDigest } from "../package-database.ts";
import { RpmHeader, TAG } from "../../archive/rpm-header.ts";

/** File digest algorithms by their OpenPGP numbers (RFC 9580, section 9.5); an absent tag means MD5. */
const ALGORITHMS: Readonly<Record<number, ShippedDigest["algorithm"]>> = {
  1: "md5",
  2: "sha1",
  8: "sha256",
  9: "sha384",
  10: "sha512",
};
/**
 * RPMFILE_CONFIG, RPMFILE_MISSINGOK and RPMFILE_GHOST of rpmfiles.h: the administrator's to change; need not be there; listed
 * and not shipped.
 */
const CONFIG = 1;
const MISSING_OK = 8;
const GHOST = 64;
/** RPMFILE_STATE_NORMAL of rpmfiles.h; others were replaced by another package, or not installed. */
const NORMAL = 0;

/** The digest that a header has for a path; null: none. */
export function digestIn(header: RpmHeader, path: Untrusted): { algorithm: string; hex: string } | null {
  const index = pathsOf(header).indexOf(path);
  const hex = index < 0 ? undefined : header.strings(TAG.fileDigests)[index];
  const algorithm = ALGORITHMS[header.number(TAG.digestAlgorithm) ?? 1];
  return !hex || algorithm === undefined ? null : { algorithm, hex };
}

/** The package of one header blob; null (and counted) when it is no header with a name, a version and paths that can be. */
export function packageOf(
  blob: Buffer,
  ledger: SourceLedger,
  locator: string,
  budget = new PathBudget(),
): ListedPackage | null {
  const header = RpmHeader.read(blob);
  const [name, version] = [header?.string(TAG.name), header?.string(TAG.version)];
  if (header === null || !name || !version) {
    skip(ledger, locator, "no rpm header with a name and a version", "");
    return null;
  }
  const paths = pathsOf(header);
  if (!paths.every((path) => budget.take(path))) {
    skip(ledger, locator, "its paths are too long, or too many", name);
    return null;
  }
  const release = header.string(TAG.release);
  const epoch = header.number(TAG.epoch);
  const flags = header.numbers(TAG.fileFlags);
  const states = header.numbers(TAG.fileStates);
  const digests = packed(header.strings(TAG.fileDigests));
  const algorithm = ALGORITHMS[header.number(TAG.digestAlgorithm) ?? 1];
  const list = listOf(paths.filter((_, index) => (states[index] ?? NORMAL) === NORMAL));
  let places: ReadonlyMap<Untrusted, number> | null = null;
  const indexOf = (path: Untrusted): number | undefined => {
    places ??= new Map(paths.map((each, index) => [each, index]));
    return places.get(path);
  };
  const shippedAt = (index: number): ShippedDigest | null => {
    const hex = digests.at(index);
    if (hex === "" || algorithm === undefined || ((flags[index] ?? 0) & GHOST) !== 0) return null;
    return { algorithm, hex, conffile: ((flags[index] ?? 0) & CONFIG) !== 0 };
  };
  let records: ((index: number) => FileRecord | null) | null = null;
  return {
    owner: {
      manager: "rpm",
      package: name,
      version: `${epoch === null || epoch === 0 ? "" : `${epoch}:`}${version}${release === null ? "" : `-${release}`}`,
    },
    architecture: header.string(TAG.arch),
    state: "installed",
    installedAt: header.number(TAG.installTime),
    list,
    algorithms: algorithm === undefined ? [] : [algorithm],
    mayBeAbsent(path) {
      const index = indexOf(path);
      return index !== undefined && ((flags[index] ?? 0) & (GHOST | MISSING_OK)) !== 0;
    },
    *digests() {
      for (const [index, path] of paths.entries()) {
        const shipped = (states[index] ?? NORMAL) === NORMAL ? shippedAt(index) : null;
        if (shipped !== null) yield [path, shipped];
      }
    },
    find(wanted) {
      const hex = algorithm === undefined ? undefined : wanted[algorithm];
      const index = hex === undefined ? -1 : digests.indexOf(hex);
      return index < 0 ? null : (paths[index] ?? null);
    },
    record(path) {
      const index = indexOf(path);
      records ??= recordsOf(header);
      return index === undefined || ((flags[index] ?? 0) & GHOST) !== 0 ? null : records(index);
    },
    shipped(path) {
      const index = indexOf(path);
      return index === undefined ? null : shippedAt(index);
    },
  };
}

/** RPMVERIFY_USER, _GROUP, _MODE and _CAPS of rpmfiles.h: what the packager wants compared; all without the tag. */
const VERIFY = { user: 1 << 3, group: 1 << 4, mode: 1 << 6, capabilities: 1 << 8 };

/** Mode, owners and capabilities by the place of the path. */
function recordsOf(header: RpmHeader): (index: number) => FileRecord | null {
  const modes = header.numbers(TAG.fileModes);
  const [users, groups] = [header.strings(TAG.fileUserName), header.strings(TAG.fileGroupName)];
  const capabilities = header.strings(TAG.fileCapabilities);
  const wanted = header.numbers(TAG.fileVerifyFlags);
  return (index) => {
    const mode = modes[index];
    if (mode === undefined) return null;
    const asked = (flag: number): boolean => ((wanted[index] ?? -1) & flag) !== 0;
    return {
      mode: asked(VERIFY.mode) ? mode & 0o7777 : null,
      user: asked(VERIFY.user) ? (users[index] ?? null) : null,
      group: asked(VERIFY.group) ? (groups[index] ?? null) : null,
      // A package none of whose files has any goes without the tag.
      capabilities: asked(VERIFY.capabilities) ? (capabilities[index] ?? "") : null,
    };
  };
}

/** Paths in the order of the other tags: directory and last name apart, or whole in packages of rpm 3. */
function pathsOf(header: RpmHeader): Untrusted[] {
  const directories = header.strings(TAG.directoryNames);
  const indexes = header.numbers(TAG.directoryIndexes);
  const names = header.strings(TAG.baseNames);
  if (names.length === 0) return header.strings(TAG.oldFileNames);
  return names.map((name, index) => `${directories[indexes[index] ?? -1] ?? ""}${name}`);
}

/** Digests as bytes: as text those of a whole Fedora would be tens of megabytes. */
function packed(digests: readonly string[]): { at(index: number): string; indexOf(hex: string): number } {
  const longest = digests.reduce((most, digest) => Math.max(most, digest.length), 0);
  const width = Math.min(64, Math.floor(longest / 2));
  const bytes = Buffer.alloc(digests.length * width);
  const there = new Uint8Array(digests.length);
  for (const [index, digest] of digests.entries()) {
    if (digest.length !== width * 2 || width === 0 || !/^[0-9a-f]+$/i.test(digest)) continue;
    bytes.write(digest, index * width, "hex");
    there[index] = 1;
  }
  return {
    at: (index) => (there[index] === 1 ? bytes.toString("hex", index * width, (index + 1) * width) : ""),
    indexOf(hex) {
      const wanted = Buffer.from(hex, "hex");
      if (width === 0 || wanted.length !== width) return -1;
      for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1)) {
        if (at % width === 0) return at / width;
      }
      return -1;
    },
  };
}
