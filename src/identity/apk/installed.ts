import { skip, type SourceLedger } from "../../model/ledger.ts";
import type { Steps } from "../../model/steps.ts";
import { fromBytes, type Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import { listOf, pathWith, type ListedPackage, type ListedPackages } from "../listed-database.ts";
import { PathBudget } from "../path-budget.ts";
import type { FileRecord, ShippedDigest } from "../package-database.ts";

const STANZAS_A_STEP = 8;

/**
 * Reads lib/apk/db/installed: stanzas of `LETTER:value` lines, an empty line between them. `P` name, `V` version, `A`
 * architecture, `f` flags of a broken package, `F` a directory without its leading slash, `R` a file in the directory
 * before it, `Z` its checksum, `a` its owner and mode (apk-tools, src/database.c, apk_db_read_layer and apk_db_fdb_read).
 */
export function* packagesOf(content: Buffer, root: Root, ledger: SourceLedger, locator: string): Steps<ListedPackages> {
  const packages: ListedPackage[] = [];
  let complete = true;
  let count = 0;
  const budget = new PathBudget();
  for (const stanza of fromBytes(content).split(/\n{2,}/)) {
    if (++count % STANZAS_A_STEP === 0) yield;
    if (stanza.trim() === "") continue;
    const found = packageOf(stanza, root, budget);
    if (typeof found === "string") {
      complete = false;
      skip(ledger, locator, found, stanza);
      continue;
    }
    ledger.events++;
    packages.push(found);
  }
  return { packages, complete };
}

/** Text: why it is none. */
function packageOf(stanza: Untrusted, root: Root, budget: PathBudget): ListedPackage | string {
  const fields = new Map<string, Untrusted>();
  const digests = new Map<Untrusted, ShippedDigest>();
  const records = new Map<Untrusted, FileRecord>();
  const paths: Untrusted[] = [];
  let directory = "/";
  let file: Untrusted | null = null;
  for (const line of stanza.split("\n")) {
    const value = line.slice(2);
    if (line[1] !== ":") continue;
    switch (line[0]) {
      case "F":
        directory = value === "" ? "/" : `/${value}/`;
        if (!budget.take(directory)) return "its paths are too long, or too many";
        paths.push(directory === "/" ? "/" : `/${value}`);
        file = null;
        break;
      case "R":
        file = directory + value;
        if (!budget.take(file)) return "its paths are too long, or too many";
        paths.push(file);
        break;
      case "Z": {
        const digest = file === null ? null : checksumOf(value, directory);
        if (file !== null && digest !== null) digests.set(file, digest);
        break;
      }
      case "a": {
        const record = recordOf(value);
        if (file !== null && record !== null) records.set(file, record);
        break;
      }
      case "P":
      case "V":
      case "A":
      case "f":
        fields.set(line[0], value);
        break;
      default:
    }
  }
  const [name, version] = [fields.get("P") ?? "", fields.get("V") ?? ""];
  if (name === "" || version === "") return "stanza without P: and V:";
  return {
    owner: { manager: "apk", package: name, version },
    architecture: fields.get("A") ?? null,
    state: fields.has("f") ? "broken" : "installed",
    installedAt: null,
    list: listOf(paths),
    algorithms: [...new Set([...digests.values()].map(({ algorithm }) => algorithm))],
    digests: () => [...digests].filter(([path]) => !isLink(root, path)),
    find: (wanted) => pathWith(digests, wanted),
    record: (path) => (isLink(root, path) ? null : (records.get(path) ?? (digests.has(path) ? PLAIN : null))),
    shipped: (path) => (isLink(root, path) ? null : (digests.get(path) ?? null)),
  };
}

/** A file without an `a:` line (apk_db_fdb_read: root's, 0644). */
const PLAIN: FileRecord = { mode: 0o644, user: "#0", group: "#0", capabilities: null };

/** `a:0:0:4755`: user, group, octal mode; a checksum of extended attributes may follow, which is not read. */
function recordOf(value: Untrusted): FileRecord | null {
  const [, user, group, mode] = /^(\d+):(\d+):([0-7]{1,5})(?::|$)/.exec(value) ?? [];
  if (mode === undefined) return null;
  return { mode: Number.parseInt(mode, 8) & 0o7777, user: `#${user}`, group: `#${group}`, capabilities: null };
}

/** The checksum of a link is that of the path it holds, not of what it leads to; the database does not say which is one. */
function isLink(root: Root, path: Untrusted): boolean {
  try {
    return root.lstat(path)?.isSymbolicLink() === true;
  } catch {
    return false;
  }
}

/** `Q1` SHA-1 and `Q2` SHA-256, in base64. What lies in /etc is the administrator's to change (apk's protected paths). */
function checksumOf(value: Untrusted, directory: Untrusted): ShippedDigest | null {
  const algorithm = { Q1: "sha1", Q2: "sha256" }[value.slice(0, 2)] as "sha1" | "sha256" | undefined;
  if (algorithm === undefined) return null;
  const digest = Buffer.from(value.slice(2), "base64");
  if (digest.length !== (algorithm === "sha1" ? 20 : 32)) return null;
  return { algorithm, hex: digest.toString("hex"), conffile: directory.startsWith("/etc/") };
}
