import type { Untrusted } from "../model/text.ts";

/** What may stand beside a path in a log: a path goes on with anything else. */
const BEFORE = /[\s"'=:,(;<>|&[`]/;
const AFTER = /[\s"',:;)<>|&\]`]/;

/** Whether a line names one of the paths as a whole word: `/usr/bin/atd.conf` does not name /usr/bin/atd. */
export function namesPath(line: Untrusted, paths: readonly Untrusted[]): boolean {
  for (const path of paths) {
    for (let at = line.indexOf(path); at !== -1; at = line.indexOf(path, at + 1)) {
      const before = line[at - 1];
      const after = line[at + path.length];
      if ((before === undefined || BEFORE.test(before)) && (after === undefined || AFTER.test(after))) return true;
    }
  }
  return false;
}
