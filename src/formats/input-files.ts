import * as fs from "node:fs";
import { join } from "node:path";
import { fromSystemError, unusable, type UnusableInput } from "./input-error.ts";

/** Regular files behind the names that the user gave; `size` is 0 for standard input and for files of /proc. */
export interface FoundFiles {
  files: { path: string; size: number }[];
  unusable: UnusableInput[];
}

/**
 * Finds the files behind names: a file (through links, since the user named it), a folder (its regular files, not those of
 * folders inside), `-`. FIFOs, devices and sockets are refused without opening them.
 */
export function findFiles(names: readonly string[]): FoundFiles {
  const found: FoundFiles = { files: [], unusable: [] };
  for (const name of names) {
    if (name === "-") found.files.push({ path: name, size: 0 });
    else
      try {
        const stat = fs.statSync(name);
        if (stat.isDirectory()) findInside(name, found);
        else if (stat.isFile()) found.files.push({ path: name, size: stat.size });
        else found.unusable.push(unusable(name, "special"));
      } catch (error) {
        found.unusable.push(fromSystemError(name, error));
      }
  }
  return found;
}

function findInside(folder: string, found: FoundFiles): void {
  const before = found.files.length;
  const refused: UnusableInput[] = [];
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isFile()) found.files.push({ path, size: fs.lstatSync(path).size });
    else if (!entry.isDirectory()) refused.push(unusable(path, "special"));
  }
  found.unusable.push(...refused);
  if (found.files.length === before && refused.length === 0) found.unusable.push(unusable(folder, "empty"));
}
