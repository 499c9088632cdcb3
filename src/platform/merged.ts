import type { Untrusted } from "../model/text.ts";
import type { Root } from "./root.ts";

/** Directories that are links, each with the real one that it leads to: `["/bin", "/usr/bin"]`. */
export type MergedDirectories = readonly (readonly [Untrusted, Untrusted])[];

/** Those that distributions merge: usrmerge of Debian, merged /usr/sbin of Fedora and Arch, /run (hier(7), file-hierarchy(7)). */
const CANDIDATES = "/bin /sbin /lib /lib32 /lib64 /libx32 /usr/sbin /usr/lib64 /var/run /var/lock".split(" ");

/** Which of these are merged in a root. Never throws: what cannot be looked at is not known to be. */
export function mergedDirectories(root: Root): [Untrusted, Untrusted][] {
  return CANDIDATES.flatMap((directory): [Untrusted, Untrusted][] => {
    try {
      const real = root.realpath(directory);
      return real === null || real === directory || root.stat(real)?.isDirectory() !== true ? [] : [[directory, real]];
    } catch {
      return [];
    }
  });
}

/** A path under the real name of its directory: `/usr/bin/x` for `/bin/x` where these are one. */
export function realName(path: Untrusted, merged: MergedDirectories): Untrusted {
  const found = merged.find(([directory]) => path.startsWith(`${directory}/`));
  return found === undefined ? path : found[1] + path.slice(found[0].length);
}

/** Every name of a path that merged directories give it, the one asked for first. */
export function namesOf(path: Untrusted, merged: MergedDirectories): Untrusted[] {
  const real = realName(path, merged);
  const others = merged.flatMap(([directory, to]) =>
    real.startsWith(`${to}/`) ? [directory + real.slice(to.length)] : [],
  );
  return [...new Set([path, real, ...others])];
}
