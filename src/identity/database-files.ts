import type { Root } from "../platform/root.ts";

/** The first of these paths at which something is, readable or not; null: nothing. */
export function firstPresent(root: Root, places: readonly string[]): string | null {
  return places.find((place) => isThere(root, place)) ?? null;
}

function isThere(root: Root, place: string): boolean {
  try {
    return root.lstat(place) !== null;
  } catch {
    // Not allowed to look: no sign of that manager.
    return false;
  }
}

/** Another text than before when one of the files was written meanwhile. */
export function stampOfFiles(root: Root, files: readonly string[]): string {
  return files
    .map((path) => {
      try {
        const stat = root.stat(path);
        return stat === null ? "-" : `${stat.ino}:${stat.size}:${stat.mtimeNs}`;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code ?? "?";
      }
    })
    .join(" ");
}
