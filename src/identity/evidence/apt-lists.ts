import { createHash } from "node:crypto";
import { unpackLz4 } from "../../platform/lz4.ts";
import { packing, isUnpackable, unpack } from "../../platform/unpack.ts";
import type { Root } from "../../platform/root.ts";
import type { Untrusted } from "../../model/text.ts";

const LISTS = "/var/lib/apt/lists";
const LARGEST = 1 << 30;

/** An index of packages, and the signed file that should list it. */
export interface IndexFile {
  path: Untrusted;
  /** `…_InRelease`, or the `…_Release` of an older apt or archive. */
  release: Untrusted;
  /** `…_Release.gpg`, the signature of the latter; null: the file bears its own. */
  signature: Untrusted | null;
  /** As InRelease names it: `main/binary-amd64/Packages`. */
  name: string;
}

/**
 * The package indexes of apt that have what signs them beside them: `HOST_dists_SUITE_InRelease` (or `…_Release` with
 * `…_Release.gpg`) and `HOST_dists_SUITE_main_binary-amd64_Packages`, which may be packed (apt.conf(5), Acquire::GzipIndexes).
 */
export function indexFiles(root: Root): IndexFile[] {
  const names = root.list(LISTS) ?? [];
  const there = new Set(names);
  const prefixes = new Set(
    names.flatMap((name) => {
      const end = ["_InRelease", "_Release.gpg"].find((one) => name.endsWith(one));
      return end === undefined ? [] : [name.slice(0, -end.length + 1)];
    }),
  );
  return names.flatMap((name) => {
    const [prefix] = [...prefixes].filter((one) => name.startsWith(one)).sort((a, b) => b.length - a.length);
    const rest =
      prefix === undefined ? null : /^(.*_Packages)(?:\.(?:lz4|xz|gz|zst))?$/.exec(name.slice(prefix.length));
    if (prefix === undefined || rest === null) return [];
    const listed = (rest[1] ?? "").replaceAll("_", "/");
    const bearsItsOwn = there.has(`${prefix}InRelease`);
    return [
      {
        path: `${LISTS}/${name}`,
        release: `${LISTS}/${prefix}${bearsItsOwn ? "InRelease" : "Release"}`,
        signature: bearsItsOwn ? null : `${LISTS}/${prefix}Release.gpg`,
        name: listed,
      },
    ];
  });
}

/** The index as text; null where it cannot be read or unpacked. */
export async function readIndex(root: Root, { path }: IndexFile): Promise<Buffer | null> {
  const content = root.read(path, LARGEST);
  if (content === null) return null;
  const kind = packing(content.subarray(0, 6));
  if (kind === "plain") return content;
  if (kind === "lz4") return unpackLz4(content, LARGEST);
  if (!isUnpackable(kind)) return null;
  const pieces: Uint8Array[] = [];
  let total = 0;
  try {
    await unpack(kind, [content], (bytes) => {
      pieces.push(Uint8Array.from(bytes));
      return (total += bytes.length) <= LARGEST;
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith("Z_") !== true) throw error;
    return null;
  }
  return Buffer.concat(pieces);
}

/** Whether the signed text lists a file of this name with this content (its `SHA256:` field, deb822(5)). */
export function lists(release: Buffer, name: string, content: Buffer): boolean {
  const hex = createHash("sha256").update(content).digest("hex");
  const text = release.toString("latin1");
  const from = text.search(/^SHA256:/m);
  if (from < 0) return false;
  const field = /^SHA256:[^\n]*\n((?: [^\n]*\n?)*)/m.exec(text.slice(from))?.[1] ?? "";
  return field.split("\n").some((line) => {
    const [digest, size, path] = line.trim().split(/\s+/);
    return path === name && digest === hex && Number(size) === content.length;
  });
}

/** The stanza that has this SHA-256 of a package file: its Package, Version and Architecture; null: none. */
export function stanzaWith(
  index: Buffer,
  sha256: string,
): { name: string; version: string; architecture: string } | null {
  const at = index.indexOf(`\nSHA256: ${sha256}`);
  if (at < 0) return null;
  const before = index.lastIndexOf("\n\n", at);
  const after = index.indexOf("\n\n", at);
  const stanza = index.toString("utf8", before < 0 ? 0 : before + 2, after < 0 ? index.length : after);
  const field = (name: string): string => new RegExp(`^${name}: *(.*)$`, "m").exec(stanza)?.[1]?.trim() ?? "";
  return { name: field("Package"), version: field("Version"), architecture: field("Architecture") };
}
