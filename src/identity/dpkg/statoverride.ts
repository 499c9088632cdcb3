import { fromBytes, type Untrusted } from "../../model/text.ts";
import type { FileRecord } from "../package-database.ts";

// `root messagebus 4754 /usr/lib/dbus-1.0/dbus-daemon-launch-helper`; `#104` stands for a number without a name.
const LINE = /^(\S+) (\S+) ([0-7]{1,5}) (\/.*)$/;

/** Reads /var/lib/dpkg/statoverride: user, group, octal mode and path a line (dpkg's lib/dpkg/db-fsys-override.c). */
export function readStatOverrides(content: Uint8Array): {
  overrides: { path: Untrusted; record: FileRecord }[];
  damaged: Untrusted[];
} {
  const overrides: { path: Untrusted; record: FileRecord }[] = [];
  const damaged: Untrusted[] = [];
  for (const line of fromBytes(content).split("\n")) {
    const [, user = "", group = "", mode = "", path = ""] = LINE.exec(line) ?? [];
    const record = { mode: Number.parseInt(mode, 8) & 0o7777, user, group, capabilities: null };
    if (path !== "") overrides.push({ path, record });
    else if (line !== "") damaged.push(line);
  }
  return { overrides, damaged };
}
