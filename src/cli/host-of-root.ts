import { fromBytes } from "../model/text.ts";
import { rootFolder } from "./root-folder.ts";

/** Name and system of the host that a file system belongs to, from /etc/hostname and os-release(5). */
export function hostOfRoot(dir: string): { hostname: string | null; os: string | null } {
  const root = rootFolder(dir);
  const read = (path: string): string | null => {
    const content = root.read(path, 65_536);
    return content === null ? null : fromBytes(content);
  };
  const release = read("/etc/os-release") ?? read("/usr/lib/os-release");
  const os = /^PRETTY_NAME=(?:"([^"\n]*)"|([^\n]*))$/m.exec(release ?? "");
  return { hostname: read("/etc/hostname")?.split("\n")[0] || null, os: os?.[1] ?? os?.[2] ?? null };
}
