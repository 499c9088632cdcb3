import { fromBytes, type Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";

const FILES = "/etc/dpkg/dpkg.cfg";

/**
 * Tells which paths dpkg was told to leave out: `path-exclude` and `path-include` of /etc/dpkg/dpkg.cfg and dpkg.cfg.d, the
 * last match counts (dpkg(1), --path-exclude). Patterns are those of fnmatch(3) in which `*` also matches a slash.
 */
export function pathExcludes(root: Root): (path: Untrusted) => boolean {
  const rules: { exclude: boolean; pattern: RegExp }[] = [];
  for (const file of [FILES, ...namesIn(root, `${FILES}.d`)]) {
    for (const [, kind, pattern = ""] of read(root, file).matchAll(
      /^(?:--)?path-(exclude|include)[ \t]*=?[ \t]*(\S+)/gm,
    )) {
      rules.push({ exclude: kind === "exclude", pattern: new RegExp(`^${patternOf(pattern)}$`, "s") });
    }
  }
  return (path) => rules.findLast(({ pattern }) => pattern.test(path))?.exclude === true;
}

/** A glob as a regular expression that cannot run away: runs of `*` are one. */
function patternOf(glob: string): string {
  return glob
    .slice(0, 4096)
    .replaceAll(/[.+^${}()|\\[\]]/g, String.raw`\$&`)
    .replaceAll(/\*+/g, ".*")
    .replaceAll("?", ".");
}

function namesIn(root: Root, folder: string): Untrusted[] {
  try {
    return (root.list(folder) ?? []).map((name) => `${folder}/${name}`);
  } catch {
    return [];
  }
}

function read(root: Root, file: Untrusted): Untrusted {
  try {
    return fromBytes(root.read(file, 1 << 20) ?? new Uint8Array());
  } catch {
    // Not readable: what was left out is then called missing, which is true.
    return "";
  }
}
