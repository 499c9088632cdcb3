import * as fs from "node:fs";
import { z } from "zod";
import { fromBytes, toBytes, type Untrusted } from "../model/text.ts";
import { openDirectory, splitLast, type OpenDirectory } from "../platform/beneath.ts";
import { errnoOf } from "../platform/errno.ts";
import { StepRefused } from "../journal/types.ts";
import { isRecorded, type FileRecord } from "./file-record.ts";

/** A name in a file system: absolute and canonical as seen from `root`, a folder of this host ("/" for its own). */
export const place = z.object({ root: z.string(), path: z.string().startsWith("/") });
export type Place = z.infer<typeof place>;

/** A directory held open, and a name in it. */
export interface OpenPlace {
  directory: OpenDirectory;
  name: Untrusted;
}

/** Runs `use` with the directory of a place held open; no link on the way is followed. */
export function withPlace<T>({ root, path }: Place, use: (open: OpenPlace) => T): T {
  const { parent, name } = splitLast(path);
  const directory = openDirectory(root, parent);
  try {
    return use({ directory, name });
  } finally {
    directory.close();
  }
}

/** Runs `use` with what has that name held open; null when there is nothing of that name. */
export function withHeld<T>({ directory, name }: OpenPlace, use: (held: number) => T): T | null {
  let held: number;
  try {
    held = directory.hold(name);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
  try {
    return use(held);
  } finally {
    fs.closeSync(held);
  }
}

/** Runs `use` with the recorded file, which must be what has that name. Throws `StepRefused` when another file has it, or none. */
export function withRecorded<T>(at: Place, record: FileRecord, use: (held: number, open: OpenPlace) => T): T {
  return withPlace(at, (open) => {
    const found = withHeld(open, (held) => {
      if (!isRecorded(held, record)) throw new StepRefused("quarantine.another-file", { path: at.path });
      return { value: use(held, open) };
    });
    if (found === null) throw new StepRefused("quarantine.gone", { path: at.path });
    return found.value;
  });
}

/** A place's path on this host, for commands that a person runs. */
export function hostPath({ root, path }: Place): Untrusted {
  return root === "/" ? path : fromBytes(Buffer.concat([toBytes(root), toBytes(path)]));
}
