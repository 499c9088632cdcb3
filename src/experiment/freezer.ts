import * as fs from "node:fs";
import { fromBytes, toBytes, type Untrusted } from "../model/text.ts";

/** A cgroup hierarchy that can freeze: version 2 itself (since Linux 5.2), or the controller `freezer` of version 1. */
export interface Freezer {
  version: 1 | 2;
  /** Where it is mounted, and the cgroup that is mounted there. */
  dir: Untrusted;
  root: Untrusted;
  /** Set where it is not to freeze but to give less CPU: the controller `cpu` of version 1. */
  controller?: "cpu" | undefined;
}

/** The freezers of this host, version 2 first: what is frozen there can still be killed. [] where there is none. */
export function freezers(
  mountinfo = read("/proc/self/mountinfo"),
  release = read("/proc/sys/kernel/osrelease"),
): Freezer[] {
  const found: Freezer[] = [];
  for (const line of (mountinfo ?? "").split("\n")) {
    const [mount, system] = line.split(" - ", 2);
    const [type, , options] = system?.split(" ") ?? [];
    const [, , , root, dir] = mount?.split(" ") ?? [];
    if (root === undefined || dir === undefined) continue;
    const version = type === "cgroup2" ? 2 : type === "cgroup" && options?.split(",").includes("freezer") ? 1 : null;
    if (version === null || found.some((other) => other.version === version)) continue;
    if (version === 2 && !isAtLeast(release ?? "", 5, 2)) continue;
    found.push({ version, dir: unescaped(dir), root: unescaped(root) });
  }
  return found.sort((a, b) => b.version - a.version);
}

/** Where version 2 (`cgroup2`), or the hierarchy of version 1 with this option (`name=systemd`), is mounted. */
export function mountsOf(what: string): { dir: Untrusted; root: Untrusted } | null {
  for (const line of (read("/proc/self/mountinfo") ?? "").split("\n")) {
    const [mount, system] = line.split(" - ", 2);
    const [type, , options] = system?.split(" ") ?? [];
    const [, , , root, dir] = mount?.split(" ") ?? [];
    if (root === undefined || dir === undefined) continue;
    if (type === what || (type === "cgroup" && options?.split(",").includes(what)))
      return { dir: unescaped(dir), root: unescaped(root) };
  }
  return null;
}

/** Folder of a process's cgroup in this hierarchy, from /proc/PID/cgroup (cgroups(7)); null: gone, or outside of what is mounted. */
export function cgroupFolder({ version, dir, root, controller }: Freezer, pid: number): Untrusted | null {
  for (const line of (read(`/proc/${pid}/cgroup`) ?? "").split("\n")) {
    const head = /^(\d+):([^:]*):/.exec(line);
    if (head === null) continue;
    const isThis = version === 2 ? head[1] === "0" : (head[2] as string).split(",").includes(controller ?? "freezer");
    if (!isThis) continue;
    const path = line.slice(head[0].length);
    if (path.includes("/..") || path.endsWith(" (deleted)")) return null;
    if (root === "/") return path === "/" ? dir : dir + path;
    if (path !== root && !path.startsWith(`${root}/`)) return null;
    return dir + path.slice(root.length);
  }
  return null;
}

/** Processes of a cgroup: [] when it is gone. */
export function membersOf(folder: Untrusted): number[] {
  const text = read(`${folder}/cgroup.procs`);
  // A number of 0 is one of a PID namespace above.
  return (text ?? "")
    .split("\n")
    .filter((line) => /^[1-9]\d*$/.test(line))
    .map(Number);
}

/** The same with all cgroups below it. */
export function membersBelow(folder: Untrusted): number[] {
  return [folder, ...foldersBelow(folder)].flatMap(membersOf);
}

function foldersBelow(folder: Untrusted, depth = 0): Untrusted[] {
  if (depth > 8) return [];
  let names: Buffer[];
  try {
    names = fs
      .readdirSync(asBytes(folder), { withFileTypes: true, encoding: "buffer" })
      .filter((one) => one.isDirectory())
      .map((one) => one.name);
  } catch {
    // Removed meanwhile.
    return [];
  }
  return names.map((name) => `${folder}/${fromBytes(name)}`).flatMap((one) => [one, ...foldersBelow(one, depth + 1)]);
}

/** Whether a cgroup is there. */
export function isThere(folder: Untrusted): boolean {
  return fs.existsSync(asBytes(folder));
}

/** Moves a process into a cgroup. Throws what write(2) says: ESRCH when it is gone, EBUSY, EINVAL. */
export function moveInto(folder: Untrusted, pid: number): void {
  fs.writeFileSync(asBytes(`${folder}/cgroup.procs`), String(pid));
}

/** Asks for a state; version 1 takes a while to get there. */
export function askFor(version: 1 | 2, folder: Untrusted, frozen: boolean): void {
  if (version === 2) fs.writeFileSync(asBytes(`${folder}/cgroup.freeze`), frozen ? "1" : "0");
  else fs.writeFileSync(asBytes(`${folder}/freezer.state`), frozen ? "FROZEN" : "THAWED");
}

/** `asked`: what was asked for; `is`: whether all of it stands still. Null: it cannot be read. */
export function stateOf(version: 1 | 2, folder: Untrusted): { asked: boolean; is: boolean } | null {
  if (version === 2) {
    const asked = read(`${folder}/cgroup.freeze`);
    const events = read(`${folder}/cgroup.events`);
    if (asked === null || events === null) return null;
    // What is above it counts for `frozen` as well.
    return { asked: asked.trim() === "1", is: /^frozen 1$/m.test(events) };
  }
  const state = read(`${folder}/freezer.state`)?.trim();
  return state === undefined ? null : { asked: state !== "THAWED", is: state === "FROZEN" };
}

/** The text of one file of a cgroup, without the newline at its end; null: it cannot be read. */
export function settingOf(folder: Untrusted, file: string): string | null {
  return read(`${folder}/${file}`)?.trim() ?? null;
}

/** Writes one file of a cgroup. Throws what write(2) says. */
export function setTo(folder: Untrusted, file: string, value: string): void {
  // Never made where it is not: a hierarchy has the files that it has.
  fs.writeFileSync(asBytes(`${folder}/${file}`), value, { flag: "r+" });
}

function isAtLeast(release: string, major: number, minor: number): boolean {
  const [, a, b] = /^(\d+)\.(\d+)/.exec(release) ?? [];
  return a !== undefined && (Number(a) > major || (Number(a) === major && Number(b) >= minor));
}

/** Blank, tab, newline and backslash are written in octal (fs/proc_namespace.c mangle). */
function unescaped(word: Untrusted): Untrusted {
  return word.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

function read(path: Untrusted): Untrusted | null {
  try {
    return fromBytes(fs.readFileSync(asBytes(path)));
  } catch {
    return null;
  }
}

function asBytes(path: Untrusted): Buffer {
  return Buffer.from(toBytes(path));
}
