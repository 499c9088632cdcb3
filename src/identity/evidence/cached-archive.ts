import type { Root } from "../../platform/root.ts";
import type { Untrusted } from "../../model/text.ts";
import type { Owner } from "../types.ts";

/** Where a package manager keeps the package files that it fetched, and how it names the one of a package. */
interface Kept {
  folders: readonly string[];
  isOf(file: Untrusted, owner: Owner): boolean;
}

const KEPT: Readonly<Record<string, Kept>> = {
  // `at_3.2.5-1_amd64.deb`; apt writes what may not stand in a file name as `%3a` (QuoteString in apt's strutl.cc).
  dpkg: {
    folders: ["/var/cache/apt/archives"],
    isOf(file, { package: name, version }) {
      const [bare = name] = name.split(":");
      return file.startsWith(`${bare}_${version.replaceAll(":", "%3a")}_`) && file.endsWith(".deb");
    },
  },
  // `at-3.2.5-r0.1a2b3c4d.apk`, with the beginning of its checksum (apk-tools, src/package.c); the first is a link to where
  // setup-apkcache was told to keep them.
  apk: {
    folders: ["/etc/apk/cache", "/var/cache/apk"],
    isOf: (file, { package: name, version }) =>
      file.startsWith(`${name}-${version}.`) &&
      /^(?:[0-9a-f]{8}\.)?apk$/.test(file.slice(name.length + version.length + 2)),
  },
  // `at-3.2.5-1-x86_64.pkg.tar.zst` (makepkg(8)); CacheDir of pacman.conf(5) is not followed.
  pacman: {
    folders: ["/var/cache/pacman/pkg"],
    isOf: (file, { package: name, version }) =>
      file.startsWith(`${name}-${version}-`) &&
      /^[^-]+\.pkg\.tar(?:\.(?:zst|xz|gz))?$/.test(file.slice(name.length + version.length + 2)),
  },
};

/** The package file that a packaged file came in, where the package manager still keeps it; null: not here. */
export function cachedArchive(root: Root, owner: Owner): Untrusted | null {
  const kept = KEPT[owner.manager];
  for (const folder of kept?.folders ?? []) {
    try {
      const found = (root.list(folder) ?? []).find((file) => kept?.isOf(file, owner) === true);
      if (found !== undefined) return `${folder}/${found}`;
    } catch {
      // The folder may not be read: as if nothing were kept.
    }
  }
  return null;
}
