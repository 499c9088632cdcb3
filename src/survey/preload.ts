import { fromBytes, type Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { errorOf } from "./search-paths.ts";
import type { Sighting, Unlisted } from "./types.ts";

const FILE = "/etc/ld.so.preload";

/**
 * Libraries that the loader puts into every program of the root: the entries of /etc/ld.so.preload (ld.so(8)), also those
 * that are not there (any more).
 */
export function preloadedFiles(root: Root, unlisted: Unlisted[]): Sighting[] {
  try {
    const content = root.read(FILE, 65_536);
    const words =
      content === null
        ? []
        : fromBytes(content)
            .replace(/#.*/g, "")
            .split(/[\s:]+/);
    return words
      .filter((word) => word !== "")
      .map((word) => ({ path: located(root, word), seen: { how: "preload", file: FILE } }));
  } catch (error) {
    unlisted.push({ where: FILE, error: errorOf(error) });
    return [];
  }
}

/** A bare name is searched in the loader's directories, those of the multiarch layout included. */
function located(root: Root, word: Untrusted): Untrusted {
  if (word.startsWith("/")) return word;
  const places = ["/usr/lib64", "/usr/lib", "/lib64", "/lib"];
  const multiarch = (root.list("/usr/lib") ?? []).filter((name) => name.includes("-linux-"));
  const paths = [...places, ...multiarch.map((name) => `/usr/lib/${name}`)].map((place) => `${place}/${word}`);
  return paths.find((path) => root.stat(path) !== null) ?? `/usr/lib/${word}`;
}
