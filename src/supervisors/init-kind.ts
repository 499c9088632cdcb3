import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";

/** They start their system's jobs as PID 1 and not otherwise. */
export const INITS: ReadonlySet<string> = new Set(["systemd", "upstart", "sysvinit"]);

/** Words that only one kind of init has in its binary: its bus name, its table, its own name. */
const MARKS: readonly (readonly [string, string])[] = [
  ["upstart", "com.ubuntu.Upstart"],
  ["busybox", "BusyBox v"],
  ["sysvinit", "/etc/inittab"],
];

/**
 * Which supervisor a program is: `systemd`, `upstart`, `sysvinit`, `busybox`, or null when it is none of these or
 * cannot be read. Goes by the file, never by the task name, which anybody may set.
 * @param exe the program as /proc/PID/exe names it, inside the root
 */
export function initKind(root: Root, exe: Untrusted | null): string | null {
  if (exe === null) return null;
  // The link keeps naming the old file after an upgrade of a running init.
  const path = exe.replace(/ \(deleted\)$/, "");
  try {
    const real = root.realpath(path);
    if (real === null) return null;
    if (real.endsWith("/systemd/systemd")) return "systemd";
    const name = real.slice(real.lastIndexOf("/") + 1);
    if (name !== "init" && name !== "upstart" && name !== "busybox" && !name.startsWith("init.")) return null;
    const binary = root.read(real, 4 << 20);
    return (binary === null ? undefined : MARKS.find(([, mark]) => binary.includes(mark)))?.[0] ?? null;
  } catch {
    // Unreadable is unknown here: the caller only ranks by it.
    return null;
  }
}
