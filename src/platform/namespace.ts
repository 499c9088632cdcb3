import { readlinkSync } from "node:fs";

/** Mount namespace of a process (`mnt:[4026531841]`, namespaces(7)), or null: gone, or not permitted. */
export function mountNamespaceOf(pid: number | "self"): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    // ENOENT, ESRCH or EACCES: all of them mean "unknown" to the caller.
    return null;
  }
}
