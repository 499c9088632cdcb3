import type { Untrusted } from "../model/text.ts";

/** PATH_MAX of linux/limits.h. */
const LONGEST_PATH = 4096;
/** Bytes for all paths of a database, and what each costs beside its text: four million paths at most. */
const BUDGET = 256 << 20;
const EACH = 64;

/**
 * What the paths of one database may take. apk and rpm spell a directory once for all of its files, so that a few kilobytes
 * can spell gigabytes. Whole distributions have a million paths.
 */
export class PathBudget {
  #left = BUDGET;

  /** False: no path can be so long, or there are too many. */
  take(path: Untrusted): boolean {
    this.#left -= path.length + EACH;
    return path.length <= LONGEST_PATH && this.#left >= 0;
  }
}
