import { openSync, readdirSync, readFileSync } from "node:fs";
import { monotonicNs } from "../../platform/clock.ts";

/** glibc (libc.so.6, before 2.34 libc-2.31.so), musl (ld-musl-x86_64.so.1, libc.musl-…), uClibc, bionic (libc.so). */
const NAME = /\/(?:libc[.-][^/]*|ld-musl-[^/]*|libuClibc-[^/]*)$/;
/** More text than this is a process with tens of thousands of mappings; its C library stands in it early or late. */
const LONGEST_MAPS = 4 << 20;

/** Processes through which one C library is tried to be opened. */
const ENOUGH = 4;

/** A C library that a living process runs, by the inode behind the mapping: the name may lie, or be another one's by now. */
export interface CLibrary {
  /** `fe:00 12345`: device and inode as /proc/PID/maps has them. */
  key: string;
  /** Opens that very inode, also in another mount namespace or deleted. Throws the errno when the process is gone. */
  open(): number;
}

/** The C libraries that one process has mapped. Empty for static programs and for what is gone. Never throws. */
export function cLibrariesOf(pid: number): CLibrary[] {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/maps`, "latin1");
  } catch {
    // It ended, or it is a kernel thread or another user's.
    return [];
  }
  if (text.length > LONGEST_MAPS) return [];
  const found: CLibrary[] = [];
  // 7f12db274000-7f12db3c9000 r-xp 00026000 fe:00 12345    /usr/lib/x86_64-linux-gnu/libc.so.6
  for (const match of text.matchAll(
    /^([0-9a-f]+-[0-9a-f]+) \S*x\S* [0-9a-f]+ (\S+ [1-9]\d*) +(\/.*?)(?: \(deleted\))?$/gm,
  )) {
    const [, range, key, path] = match as unknown as [string, string, string, string];
    if (!NAME.test(path) || found.some((known) => known.key === key)) continue;
    found.push({ key, open: () => openSync(`/proc/${pid}/map_files/${range}`, "r") });
  }
  return found;
}

/**
 * The C libraries of all living processes, each inode once for each of the first processes that run it: the first may end before it is
 * opened. Low numbers come first, because they are mostly those that live long. Ends when `most` inodes are found or `budgetNs` is spent. `whole` says whether all processes were looked at.
 */
export function cLibrariesInUse(most: number, budgetNs: number): { libraries: CLibrary[]; whole: boolean } {
  const until = monotonicNs() + budgetNs;
  const libraries: CLibrary[] = [];
  const times = new Map<string, number>();
  const pids = readdirSync("/proc").flatMap((name) => (/^[1-9]\d*$/.test(name) ? [Number(name)] : []));
  for (const pid of pids.sort((a, b) => a - b)) {
    // On a host that has no time for anybody the budget may be gone with the first processes: one library is the least.
    if (times.size >= most || (libraries.length > 0 && monotonicNs() > until)) return { libraries, whole: false };
    for (const library of cLibrariesOf(pid)) {
      const before = times.get(library.key) ?? 0;
      if (before >= ENOUGH) continue;
      times.set(library.key, before + 1);
      libraries.push(library);
    }
  }
  return { libraries, whole: true };
}
