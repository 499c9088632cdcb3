import { existsSync } from "node:fs";
import { mountVirtual, unmount } from "../../src/platform/mount.ts";

const PLACE = "/sys/kernel/tracing";

/**
 * Sees to it that tracefs is mounted at its usual place, for tests that read the kernel's files themselves: on some hosts nothing
 * mounts it, and the program itself unmounts what it has mounted.
 * @returns takes the mount away again if there was none before
 */
export function mountedTracefs(): () => void {
  if (existsSync(`${PLACE}/instances`)) return () => undefined;
  const why = mountVirtual("tracefs", "whoforks-test", PLACE);
  if (why !== null) throw new Error(`tracefs cannot be mounted: ${why}`);
  return () => void unmount(PLACE);
}
