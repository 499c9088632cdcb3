import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { openRoot, type Root } from "../../../src/platform/root.ts";

/** Content of a file, a link, a directory (null), or a file with its own mode. */
export type Entry = string | Uint8Array | null | { link: string } | { mode: number; content?: string };

export interface Tree {
  root: Root;
  dir: string;
  remove(): void;
}

/** Makes a root in a temporary folder. Files under a bin or sbin folder are executable unless a mode is given. */
export function makeTree(entries: Record<string, Entry>): Tree {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-tree-"));
  fs.chmodSync(dir, 0o755);
  for (const [name, entry] of Object.entries(entries)) {
    const at = path.join(dir, name);
    fs.mkdirSync(path.dirname(at), { recursive: true });
    if (entry === null) fs.mkdirSync(at, { recursive: true });
    else if (typeof entry === "object" && "link" in entry) fs.symlinkSync(entry.link, at);
    else {
      const own = typeof entry === "object" && "mode" in entry ? entry : null;
      fs.writeFileSync(at, own === null ? (entry as string | Uint8Array) : (own.content ?? "x"));
      fs.chmodSync(at, own?.mode ?? (/bin\/[^/]+$/.test(name) ? 0o755 : 0o644));
    }
  }
  return { root: openRoot(dir), dir, remove: () => fs.rmSync(dir, { recursive: true, force: true }) };
}

/** Runs with a tree that is gone afterwards. */
export function withTree<T>(entries: Record<string, Entry>, use: (tree: Tree) => T): T {
  const tree = makeTree(entries);
  try {
    return use(tree);
  } finally {
    tree.remove();
  }
}
