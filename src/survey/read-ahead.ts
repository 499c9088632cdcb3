import type { Examiner } from "../identity/types.ts";
import { hashAll } from "../verification/hashing-threads.ts";
import type { HashTask } from "../verification/messages.ts";
import type { Root } from "../platform/root.ts";
import type { Untrusted } from "../model/text.ts";

/** Programs are judged one after another; their contents are read on all cores before. Below this it is not worth a thread. */
const FEWEST = 128;

/** Computes the digests of the files that packages own among these, each inode once, and hands them to the examiner. */
export async function readAhead(root: Root, who: Examiner, paths: Iterable<Untrusted>): Promise<void> {
  const [algorithm, ...more] = who.algorithms;
  // Where packages differ in that, each file is read when it is judged.
  if (algorithm === undefined || more.length > 0) return;
  const tasks = new Map<string, HashTask>();
  for (const path of paths) {
    try {
      const real = root.realpath(path);
      const stat = real === null ? null : root.lstat(real);
      if (real === null || stat?.isFile() !== true || who.ownerOf(real) === null) continue;
      const inode = `${stat.dev}:${stat.ino}`;
      if (!tasks.has(inode)) tasks.set(inode, { id: tasks.size, path: root.hostPath(real), inode, algorithm });
    } catch {
      // Judging it will say so.
      continue;
    }
  }
  if (tasks.size < FEWEST) return;
  const take = ({ hex, stamp }: { hex: string | null; stamp: string | null }): void => {
    if (hex !== null && stamp !== null) who.knowDigests(stamp, { [algorithm]: hex });
  };
  await hashAll([...tasks.values()], take, new AbortController().signal);
}
