import { fromBytes, type Untrusted } from "../../model/text.ts";

// `root messagebus 4754 /usr/lib/dbus-1.0/dbus-daemon-launch-helper`; `#104` stands for a number without a name.
const LINE = /^\S+ \S+ ([0-7]{1,5}) (\/.*)$/;

/** Reads /var/lib/dpkg/statoverride: user, group, octal mode and path a line (dpkg's lib/dpkg/db-fsys-override.c). */
export function readStatOverrides(content: Uint8Array): {
  overrides: { path: Untrusted; mode: number }[];
  damaged: Untrusted[];
} {
  const overrides: { path: Untrusted; mode: number }[] = [];
  const damaged: Untrusted[] = [];
  for (const line of fromBytes(content).split("\n")) {
    const match = LINE.exec(line);
    if (match !== null) overrides.push({ path: match[2] as string, mode: Number.parseInt(match[1] as string, 8) });
    else if (line !== "") damaged.push(line);
  }
  return { overrides, damaged };
}
