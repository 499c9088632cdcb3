import type { Root } from "../platform/root.ts";
import { dpkg } from "./dpkg/manager.ts";
import type { PackageManager } from "./package-database.ts";

/** All package managers whose databases can be read, the first present one rules the root. */
export const packageManagers: readonly PackageManager[] = [dpkg];

/** Databases that are recognised but cannot be read yet: files in such a root are unverifiable, never unowned. */
const UNREADABLE: readonly { id: string; places: readonly string[] }[] = [
  { id: "rpm", places: ["/usr/lib/sysimage/rpm", "/var/lib/rpm"] },
  { id: "apk", places: ["/lib/apk/db/installed", "/usr/lib/apk/db/installed"] },
  { id: "pacman", places: ["/var/lib/pacman/local"] },
  { id: "portage", places: ["/var/db/pkg"] },
  { id: "xbps", places: ["/var/db/xbps"] },
  { id: "nix", places: ["/nix/var/nix/db/db.sqlite"] },
];

/** Name of a package manager that rules the root but whose database this program cannot read, or null. */
export function unreadableManager(root: Root): string | null {
  return UNREADABLE.find(({ places }) => places.some((place) => isThere(root, place)))?.id ?? null;
}

function isThere(root: Root, place: string): boolean {
  try {
    return root.lstat(place) !== null;
  } catch {
    // Not allowed to look: no sign of that manager.
    return false;
  }
}
