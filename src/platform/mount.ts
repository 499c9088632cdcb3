import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fromBytes, toBytes, type Untrusted } from "../model/text.ts";

/** One line of /proc/self/mounts (proc(5), fstab(5)). */
export interface Mount {
  source: Untrusted;
  dir: Untrusted;
  type: string;
  /** `rw,nosuid,hidepid=2`. */
  options: string;
}

/** The mounts that this process sees, in the order of mounting. */
export function mounts(): Mount[] {
  return parseMounts(readFileSync("/proc/self/mounts"));
}

/** Parses the text of /proc/PID/mounts; lines with fewer than three words are left out. */
export function parseMounts(text: Uint8Array): Mount[] {
  const found: Mount[] = [];
  for (const line of fromBytes(text).split("\n")) {
    const [source, dir, type, options] = line.split(" ");
    if (source === undefined || dir === undefined || type === undefined) continue;
    found.push({ source: unescapeOctal(source), dir: unescapeOctal(dir), type, options: options ?? "" });
  }
  return found;
}

/** Blank, tab, newline, backslash and # are written `\040` (fs/proc_namespace.c mangle()). */
function unescapeOctal(word: Untrusted): Untrusted {
  if (!word.includes("\\")) return word;
  const raw = toBytes(word);
  const out: number[] = [];
  for (let i = 0; i < raw.length; i++) {
    const digits = raw[i] === 0x5c ? String.fromCharCode(...raw.subarray(i + 1, i + 4)) : "";
    if (/^[0-3][0-7]{2}$/.test(digits)) {
      out.push(Number.parseInt(digits, 8));
      i += 3;
    } else out.push(raw[i] as number);
  }
  return fromBytes(Uint8Array.from(out));
}

/** Whether the running kernel knows a file system type (/proc/filesystems). */
export function kernelKnows(type: string): boolean {
  return readFileSync("/proc/filesystems", "latin1")
    .split("\n")
    .some((line) => line.split("\t")[1] === type);
}

/**
 * Mounts a file system that needs no device. `source` is the name that /proc/mounts shows for it.
 * Returns null when it is done, else what mount(8) said. Runs the distribution's mount by absolute path, without a shell.
 */
export function mountVirtual(type: string, source: string, dir: string): string | null {
  return run(["/usr/bin/mount", "/bin/mount", "/sbin/mount"], ["-t", type, "-o", "nosuid,nodev,noexec", source, dir]);
}

/** Unmounts what is on top of `dir`. Returns null when it is done, else what umount(8) said (`target is busy`). */
export function unmount(dir: string): string | null {
  return run(["/usr/bin/umount", "/bin/umount", "/sbin/umount"], [dir]);
}

function run(programs: string[], args: string[]): string | null {
  const program = programs.find((path) => existsSync(path));
  if (program === undefined) return `none of ${programs.join(", ")} exists`;
  const result = spawnSync(program, args, {
    env: { LC_ALL: "C" },
    stdio: ["ignore", "ignore", "pipe"],
    timeout: 10_000,
  });
  if (result.status === 0) return null;
  const said = fromBytes(result.stderr ?? new Uint8Array()).trim();
  return said || result.error?.message || `${program} ended with status ${result.status}`;
}
