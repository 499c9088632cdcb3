import { imageKey } from "../derive/index.ts";
import { starts, type Family } from "../derive/family.ts";

/** Levels that are followed: a shell, what it calls, and what that calls. */
const DEEPEST = 6;

/**
 * Families and what descends from them: families of copies of their programs, and what those start, as far as it is theirs,
 * i.e. not started by `root` itself, and not a much larger storm that only begins below (a loop in a script that cron
 * starts is a storm of the script).
 */
export function descent(from: readonly Family[], all: readonly Family[], root: string): Family[] {
  const found = new Set(from);
  let level = new Set(from.map(({ image }) => imageKey(image)));
  const roots = from.reduce((sum, family) => sum + starts(family), 0);
  for (let depth = 0; depth < DEEPEST && level.size > 0; depth++) {
    const next = new Set<string>();
    for (const family of all) {
      if (found.has(family) || starts(family) === 0) continue;
      const starter = family.spawnerImage === null ? null : imageKey(family.spawnerImage);
      if (starter === null || starter === root || !level.has(starter)) continue;
      if (starts(family) > MOST_EACH * roots) continue;
      found.add(family);
      next.add(imageKey(family.image));
    }
    level = next;
  }
  return [...found];
}

/** More than this many of one program for each start above it are a storm of their own. */
const MOST_EACH = 10;
