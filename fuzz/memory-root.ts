import type { Root } from "../src/platform/root.ts";

/** As much of a root as the readers ask for: these regular files, by path, and the names in their folders. */
export function memoryRoot(files: ReadonlyMap<string, Uint8Array>): Root {
  const listed = (folder: string): string[] => [
    ...new Set(
      [...files.keys()]
        .filter((path) => path.startsWith(`${folder}/`))
        .map((path) => path.slice(folder.length + 1).split("/")[0] as string),
    ),
  ];
  const root = {
    dir: "/",
    read: (path: string) => (files.has(path) ? Buffer.from(files.get(path) as Uint8Array) : null),
    list: (folder: string) => (listed(folder).length === 0 ? null : listed(folder)),
    lstat: () => null,
    stat: (path: string) => (files.has(path) ? { isFile: () => true } : null),
    realpath: (path: string) => path,
    canonical: (path: string) => path,
    readlink: () => null,
  };
  return root as unknown as Root;
}

/** The parts of an input between bytes of zero, so many of them at least. */
export function partsOf(data: Uint8Array, least: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let start = 0; start <= data.length;) {
    const zero = data.indexOf(0, start);
    const end = zero < 0 ? data.length : zero;
    parts.push(data.subarray(start, end));
    start = end + 1;
  }
  while (parts.length < least) parts.push(new Uint8Array());
  return parts;
}
