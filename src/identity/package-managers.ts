import type { Root } from "../platform/root.ts";
import { apk } from "./apk/manager.ts";
import { dpkg } from "./dpkg/manager.ts";
import { pacman } from "./pacman/manager.ts";
import { rpm } from "./rpm/manager.ts";
import { firstPresent } from "./database-files.ts";
import type { PackageManager } from "./package-database.ts";
import type { Identity } from "./types.ts";

/** All package managers whose databases can be read, the first present one rules the root. */
export const packageManagers: readonly PackageManager[] = [dpkg, apk, pacman, rpm];

/** Databases that are recognised but cannot be read yet: files in such a root are unverifiable, never unowned. */
const UNREADABLE: readonly { id: string; places: readonly string[] }[] = [
  { id: "portage", places: ["/var/db/pkg"] },
  { id: "xbps", places: ["/var/db/xbps"] },
  { id: "nix", places: ["/nix/var/nix/db/db.sqlite"] },
];

/** The manager that answers for a judged file, or that of the root where nobody does. Throws what looking throws. */
export function managerFor(root: Root, identity: Pick<Identity, "owner" | "twins">): PackageManager | null {
  const owner = identity.owner ?? identity.twins.find((twin) => twin.owner !== null)?.owner ?? null;
  const named = packageManagers.find(({ id }) => id === owner?.manager);
  return named ?? packageManagers.find((manager) => manager.present(root)) ?? null;
}

/** Name of a package manager that rules the root but whose database this program cannot read, or null. */
export function unreadableManager(root: Root): string | null {
  return UNREADABLE.find(({ places }) => firstPresent(root, places) !== null)?.id ?? null;
}
