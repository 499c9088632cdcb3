import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";

/**
 * Whether two names mean one entry: the same last name in the same directory. Directories are compared by their real
 * path, and else by device and inode, so aliases by links (merged /usr, merged /usr/sbin) and by bind mounts are one.
 */
export class Entries {
  readonly #root: Root;
  readonly #directories = new Map<Untrusted, string>();

  constructor(root: Root) {
    this.#root = root;
  }

  same(listed: Untrusted, entry: Untrusted): boolean {
    if (listed === entry) return true;
    const [a, b] = [listed.lastIndexOf("/"), entry.lastIndexOf("/")];
    if (listed.slice(a) !== entry.slice(b)) return false;
    return this.#directory(listed.slice(0, a)) === this.#directory(entry.slice(0, b));
  }

  /** `device:inode` of a directory, or its name where it cannot be looked at: then only the name can be compared. */
  #directory(path: Untrusted): string {
    let known = this.#directories.get(path);
    if (known === undefined) {
      known = this.#look(path === "" ? "/" : path);
      if (this.#directories.size < 65_536) this.#directories.set(path, known);
    }
    return known;
  }

  #look(path: Untrusted): string {
    try {
      const stat = this.#root.stat(path);
      return stat === null ? path : `${stat.dev}:${stat.ino}`;
    } catch {
      return path;
    }
  }
}
