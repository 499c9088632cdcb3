import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import type { Excerpt } from "./package-database.ts";
import { managerFor } from "./package-managers.ts";
import type { Identity } from "./types.ts";

/**
 * The parts of the package database that a judgement rests on, as read: about its owner, the package whose program it
 * claims to be, and those of its namesakes. Throws what reading throws.
 */
export function packageExcerpts(root: Root, identity: Identity): Excerpt[] {
  const { path, owner, claims, twins } = identity;
  const manager = managerFor(root, identity);
  if (manager === null) return [];
  const paths = [path, ...(claims === null ? [] : [claims.path]), ...twins.map((twin) => twin.path)];
  const names = new Set(paths.map(lastPart));
  const packages = [owner?.package, claims?.package, ...twins.map((twin) => twin.owner?.package)];
  return [...new Set(packages)].flatMap((name) => (name === undefined ? [] : manager.excerpts(root, name, names)));
}

function lastPart(path: Untrusted): Untrusted {
  return path.slice(path.lastIndexOf("/") + 1);
}
