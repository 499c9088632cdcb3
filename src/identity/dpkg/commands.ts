import type { Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import type { ManagerCommands } from "../package-database.ts";

/**
 * dpkg-query(1) takes a path for a pattern of fnmatch(3), so its special characters are escaped; and it knows one name
 * only where /usr is merged, so both are given: the wrong one is answered with "no path found".
 */
export function commandsOf(root: Root, path: Untrusted): ManagerCommands {
  const { dir } = root;
  const there = dir === "/" ? [] : [`--admindir=${dir}/var/lib/dpkg`];
  const patterns = (paths: Untrusted[]): Untrusted[] =>
    paths.map((name) => name.replaceAll(/[*?[\]\\]/g, String.raw`\$&`));
  const names = patterns(namesOf(root, path));
  return {
    owner: ["dpkg-query", ...there, "--search", ...names],
    contents: (archive) => ["dpkg-deb", "--contents", archive],
    override: () => ["dpkg-statoverride", ...there, "--list", ...names],
    alternative: (name) => ["update-alternatives", ...(dir === "/" ? [] : ["--root", dir]), "--query", name],
    diversion: (from) => ["dpkg-divert", ...(dir === "/" ? [] : ["--root", dir]), "--list", ...patterns([from])],
    verify: (name) => ["dpkg", ...(dir === "/" ? [] : [`--root=${dir}`]), "--verify", name],
  };
}

/** `/usr/bin/ls` and, where /bin leads to /usr/bin, `/bin/ls`. */
function namesOf(root: Root, path: Untrusted): Untrusted[] {
  const entry = root.canonical(path) ?? path;
  if (!entry.startsWith("/usr/")) return [entry];
  const alias = entry.slice("/usr".length);
  return root.canonical(alias) === entry ? [entry, alias] : [entry];
}
