import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import type { Alternative, Ownership, PackageDatabase } from "./package-database.ts";

/** Who answers for a path, and along which way that was found. */
export interface FoundOwnership {
  /** The entry itself: directory resolved, name kept. */
  entry: Untrusted;
  /** Owners of the entry, or else of the file that an alternatives link leads to. */
  owners: Ownership[];
  /** Set when the entry is a link of the alternatives system that nobody owns. */
  alternative: Alternative | null;
}

/**
 * Owners of a path. Aliases of merged /usr are one path, diversions are applied, and a link of the alternatives system
 * counts as its target's package's. Any other link that no package lists belongs to nobody.
 */
export function ownership(root: Root, database: PackageDatabase, path: Untrusted): FoundOwnership {
  const entry = root.canonical(path) ?? path;
  const owners = database.ownersOf(entry);
  if (owners.length > 0) return { entry, owners, alternative: null };
  const alternative = database.alternativeOf(entry);
  if (alternative === null) return { entry, owners, alternative };
  const real = root.realpath(entry);
  return { entry, owners: real === null ? [] : database.ownersOf(real), alternative };
}
