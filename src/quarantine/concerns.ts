import * as fs from "node:fs";
import { fromBytes, type Untrusted } from "../model/text.ts";
import { allPids, executesFile } from "../platform/processes.ts";
import type { Root } from "../platform/root.ts";
import { examiner } from "../identity/index.ts";
import type { FileRecord } from "./file-record.ts";
import { executes } from "./processes.ts";
import type { Concern } from "./result.ts";

/**
 * Programs without which a host does not boot, or nobody can log in to it and set it right again: by last name, since they
 * lie in /bin or /usr/bin, and `ld-linux`, `libc` and `libpam` by their beginning.
 */
const VITAL = new Set(
  (
    "init systemd upstart busybox bash dash sh login sshd agetty getty su sudo mount umount modprobe kmod udevd " +
    "systemd-udevd systemd-logind systemd-journald dbus-daemon dbus-broker dpkg rpm apt apt-get dnf yum apk pacman cp mv chmod chown"
  ).split(" "),
);
const VITAL_LIBRARY = /^(?:ld-linux|ld-musl|ld64|ld-\d|libc[.-]|libpam|libcrypt|libselinux|libsystemd|libnss_)/;

/** What about this file asks for an explicit word. `path` is inside the root. */
export function concernsOf(root: Root, path: Untrusted, record: FileRecord): Concern[] {
  const found: Concern[] = [];
  const owner = ownerOf(root, path);
  if (owner !== null)
    found.push({ kind: "packaged", why: { code: "quarantine.concern.packaged", args: { path, package: owner } } });
  const name = path.slice(path.lastIndexOf("/") + 1);
  // An impostor bears a vital name only where that name's own file is not: /usr/bin/sshd is nobody's, /usr/sbin/sshd is.
  const isVital = executes(1, record) || (owner !== null && (VITAL.has(name) || VITAL_LIBRARY.test(name)));
  if (isVital) found.push({ kind: "vital", why: { code: "quarantine.concern.vital", args: { path } } });
  const users = usersOf(record, name);
  if (users.length > 0)
    found.push({
      kind: "library-in-use",
      why: { code: "quarantine.concern.library", args: { count: users.length, pid: users[0] } },
    });
  if (record.links > 1)
    found.push({ kind: "hard-links", why: { code: "quarantine.concern.links", args: { count: record.links } } });
  return found;
}

function ownerOf(root: Root, path: Untrusted): string | null {
  return examiner(root).ownerOf(path)?.package ?? null;
}

/** Processes that have the file mapped as code and do not execute it: `7f… r-xp 00000000 08:01 123  /usr/lib/x.so`. */
function usersOf(record: FileRecord, name: Untrusted): number[] {
  return allPids().filter((pid) => {
    let text: string;
    try {
      text = fromBytes(fs.readFileSync(`/proc/${pid}/maps`));
    } catch {
      return false;
    }
    const isMapped = text.split("\n").some((line) => {
      // The device is not compared: in a file of btrfs or of an overlay it is another one than stat(2) tells.
      const [, permissions, , , inode, ...path] = line.split(/ +/);
      return permissions?.[2] === "x" && inode === record.inode && path.join(" ").endsWith(`/${name}`);
    });
    // A member of a chain has ended by now: that it executes the file no longer is no sign of a library.
    return isMapped && executesFile(pid, record) === false;
  });
}
