import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { bundle, MANIFEST, MANIFEST_DIGEST, type Bundle } from "./manifest.ts";

/** What is wrong with a bundle: a code of the catalogue (`collect.CODE`), and the item that it is about. */
export interface Fault {
  code: "no-manifest" | "manifest-changed" | "unreadable" | "changed" | "missing" | "not-listed" | "twice" | "no-file";
  name: string;
}

export interface Verified {
  /** Null: it has none, or none that can be read. */
  manifest: Bundle | null;
  faults: Fault[];
}

const LARGEST_MANIFEST = 16 << 20;
const MOST_BYTES = 8 * 2 ** 30;
const MOST_ENTRIES = 20_000;
const TOP = "bundle/";

/**
 * Reads a bundle whole and compares every item with the manifest, and the manifest with its digest. `take`: the item whose
 * bytes are wanted too. Writes nothing. Whatever an archive holds is data, never an exception; only a file that cannot be
 * opened throws the system's error.
 */
export async function readBundle(
  path: string,
  take: string | null = null,
): Promise<Verified & { taken: Buffer | null }> {
  const found = new Map<string, { size: number; sha256: string }>();
  const faults: Fault[] = [];
  const kept = new Map<string, Buffer>();
  const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  if (!fs.fstatSync(fd).isFile()) {
    fs.closeSync(fd);
    return { manifest: null, faults: [{ code: "unreadable", name: "" }], taken: null };
  }
  try {
    const archive = extract();
    const reading = pipeline(fs.createReadStream("", { fd }), createGunzip(), archive);
    reading.catch(() => undefined);
    let bytes = 0;
    for await (const entry of archive) {
      const { type, name: full } = entry.header;
      const name = full.startsWith(TOP) ? full.slice(TOP.length) : full;
      if (type !== "file") faults.push({ code: "no-file", name });
      if (found.has(name)) faults.push({ code: "twice", name });
      const hash = createHash("sha256");
      const chunks: Buffer[] = [];
      const wanted = name === MANIFEST || name === MANIFEST_DIGEST || name === take;
      let size = 0;
      for await (const chunk of entry) {
        const part = chunk as Buffer;
        size += part.length;
        bytes += part.length;
        hash.update(part);
        if (wanted && (name === take || size <= LARGEST_MANIFEST)) chunks.push(part);
        if (bytes > MOST_BYTES) throw new Error("too large");
      }
      if (found.size >= MOST_ENTRIES) throw new Error("too many entries");
      found.set(name, { size, sha256: hash.digest("hex") });
      if (wanted) kept.set(name, Buffer.concat(chunks));
    }
    await reading;
  } catch {
    // Cut off, not packed by gzip, no tar.
    faults.push({ code: "unreadable", name: "" });
  }
  const manifest = manifestOf(kept, faults);
  if (manifest !== null) compare(manifest, found, faults);
  return { manifest, faults, taken: take === null ? null : (kept.get(take) ?? null) };
}

function manifestOf(kept: ReadonlyMap<string, Buffer>, faults: Fault[]): Bundle | null {
  const bytes = kept.get(MANIFEST);
  if (bytes === undefined) {
    faults.push({ code: "no-manifest", name: MANIFEST });
    return null;
  }
  const told = kept.get(MANIFEST_DIGEST)?.toString("latin1").slice(0, 64);
  if (told !== createHash("sha256").update(bytes).digest("hex"))
    faults.push({ code: "manifest-changed", name: MANIFEST });
  try {
    const parsed = bundle.safeParse(JSON.parse(bytes.toString("utf8")));
    if (parsed.success) return parsed.data;
  } catch {
    // No JSON.
  }
  faults.push({ code: "no-manifest", name: MANIFEST });
  return null;
}

function compare(
  { items }: Bundle,
  found: ReadonlyMap<string, { size: number; sha256: string }>,
  faults: Fault[],
): void {
  const listed = new Set([MANIFEST, MANIFEST_DIGEST]);
  for (const { name, size, sha256 } of items) {
    listed.add(name);
    const is = found.get(name);
    if (is === undefined) faults.push({ code: "missing", name });
    else if (is.sha256 !== sha256 || is.size !== size) faults.push({ code: "changed", name });
  }
  for (const name of found.keys()) if (!listed.has(name)) faults.push({ code: "not-listed", name });
}
