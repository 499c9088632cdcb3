import * as fs from "node:fs";
import { join } from "node:path";
import { fromSystemError, unusable, type UnusableInput } from "./input-error.ts";

/** Regular files behind the names that the user gave, each once, however often it is named; `size` is 0 for standard input and for files of /proc. */
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
  const seen = new Set<string>();
  for (const name of names) {
    if (name === "-") found.files.push({ path: name, size: 0 });
    else
      try {
        const stat = fs.statSync(name, { bigint: true });
        if (stat.isDirectory()) findInside(name, found, seen);
        else if (stat.isFile()) add(found, seen, name, stat);
        else found.unusable.push(unusable(name, "special"));
      } catch (error) {
        found.unusable.push(fromSystemError(name, error));
      }
  }
  return found;
}

/** Links, other spellings and a folder that holds the file as well do not make another of it. */
function add(found: FoundFiles, seen: Set<string>, path: string, { dev, ino, size }: fs.BigIntStats): void {
  const file = `${dev}:${ino}`;
  if (seen.has(file)) return;
  seen.add(file);
  found.files.push({ path, size: Number(size) });
}

function findInside(folder: string, found: FoundFiles, seen: Set<string>): void {
  let files = 0;
  const refused: UnusableInput[] = [];
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isFile()) {
      files++;
      add(found, seen, path, fs.lstatSync(path, { bigint: true }));
    } else if (!entry.isDirectory()) refused.push(unusable(path, "special"));
  }
  found.unusable.push(...refused);
  if (files === 0 && refused.length === 0) found.unusable.push(unusable(folder, "empty"));
}
