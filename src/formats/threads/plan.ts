import { availableParallelism } from "node:os";
import { isUnpackable, openRegular, packing, readHead } from "../input-bytes.ts";
import type { ReadOptions } from "../input.ts";
import type { LogSet } from "../rotation.ts";
import { closeSync } from "node:fs";

/** A thread more costs 0.1 s of CPU and compiles the reader anew: worth it for this many bytes as they are unpacked. */
const LARGE = 150e6;
/** Logs are packed to about a twelfth. */
const UNPACKS_TO = 12;

export interface ThreadPlan {
  /** All threads, this one included; 1: nothing is worth another. */
  threads: number;
  /** Sets that a thread of their own reads, by their place. */
  apart: ReadonlySet<number>;
}

/**
 * Which sets of files threads of their own read, while this one takes the events. Only files can be given to another thread, and
 * only where the reader is the format's own.
 */
export function planThreads(
  sets: readonly LogSet[],
  files: readonly { path: string; size: number }[],
  { threads, open }: ReadOptions,
): ThreadPlan {
  const most = threads ?? availableParallelism();
  const apart = new Set<number>();
  if (most > 1 && open === undefined) {
    const sizes = new Map(files.map(({ path, size }) => [path, size]));
    for (const [place, { paths }] of sets.entries()) {
      if (paths.includes("-")) continue;
      if (threads !== undefined || isLarge(paths, sizes)) apart.add(place);
    }
  }
  return { threads: Math.min(most, 1 + apart.size), apart };
}

function isLarge(paths: readonly string[], sizes: ReadonlyMap<string, number>): boolean {
  let bytes = 0;
  for (const path of paths) {
    const size = sizes.get(path) ?? 0;
    if (size * UNPACKS_TO + bytes < LARGE && paths.length === 1) return false;
    bytes += size >= LARGE || !isPacked(path) ? size : size * UNPACKS_TO;
    if (bytes >= LARGE) return true;
  }
  return false;
}

function isPacked(path: string): boolean {
  try {
    const fd = openRegular(path);
    try {
      return isUnpackable(packing(readHead(fd)));
    } finally {
      closeSync(fd);
    }
  } catch {
    // Whoever reads it says what is wrong with it.
    return false;
  }
}
