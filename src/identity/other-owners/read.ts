import { createHash } from "node:crypto";
import { fromBytes, type Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";

const LARGEST = 64 << 20;

/** The text of a small file; "" where there is none. */
export function textOf(root: Root, path: Untrusted, limit = 4 << 20): Untrusted {
  return fromBytes(root.read(path, limit) ?? new Uint8Array());
}

/** A digest of a file of at most 64 MiB; null: larger, or not there. */
export function digestAt(root: Root, path: Untrusted, algorithm: "md5" | "sha256"): Buffer | null {
  const content = root.read(path, LARGEST + 1);
  if (content === null || content.length > LARGEST) return null;
  return createHash(algorithm).update(content).digest();
}

/** Paths of a directory's entries; none where it is not there. */
export function entriesOf(root: Root, directory: Untrusted): Untrusted[] {
  return (root.list(directory) ?? []).map((name) => `${directory}/${name}`);
}
