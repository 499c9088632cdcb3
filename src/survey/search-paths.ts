import { readFileSync } from "node:fs";
import { PROGRAM_DIRECTORIES } from "../identity/places.ts";
import { fromBytes, type Untrusted } from "../model/text.ts";
import { errnoOf } from "../platform/errno.ts";
import type { Root } from "../platform/root.ts";
import type { Sighting, Unlisted } from "./types.ts";

/** Setuid, setgid, or executable by anybody. */
const PROGRAM_BITS = 0o6111n;

/**
 * The directories in which a bare name is searched, each once by its real path and in the order found: those of the File
 * System Hierarchy, of root's logins (`ENV_SUPATH` in login.defs(5), /etc/environment), of `more` (the supervisors'), and on
 * the live host those of this shell and of PID 1.
 */
export function searchDirectories(root: Root, more: Iterable<Untrusted>, live: boolean): Untrusted[] {
  const lists = [
    ...PROGRAM_DIRECTORIES,
    ...pathsIn(root, "/etc/login.defs", /^\s*ENV_SUPATH\s+(?:PATH=)?(\S+)/gm),
    ...pathsIn(root, "/etc/environment", /^\s*(?:export\s+)?PATH=["']?([^"'\n]+)/gm),
    ...more,
    ...(live ? [...pathOf(process.env["PATH"]), ...pathOfInit()] : []),
  ];
  const real = new Set<Untrusted>();
  for (const directory of lists) {
    const found = directory.startsWith("/") ? realDirectory(root, directory) : null;
    if (found !== null) real.add(found);
  }
  return [...real];
}

/** Every program in a directory: regular files, also behind links, that somebody may execute. */
export function programsIn(root: Root, directory: Untrusted, unlisted: Unlisted[]): Sighting[] {
  const found: Sighting[] = [];
  try {
    for (const name of root.list(directory) ?? []) {
      const path = directory === "/" ? `/${name}` : `${directory}/${name}`;
      const stat = lookedAt(root, path, unlisted);
      if (stat?.isFile() === true && (stat.mode & PROGRAM_BITS) !== 0n) {
        found.push({ path, seen: { how: "search-path", directory } });
      }
    }
  } catch (error) {
    unlisted.push({ where: directory, error: errorOf(error) });
  }
  return found;
}

function lookedAt(root: Root, path: Untrusted, unlisted: Unlisted[]): ReturnType<Root["stat"]> {
  try {
    return root.stat(path);
  } catch (error) {
    unlisted.push({ where: path, error: errorOf(error) });
    return null;
  }
}

function realDirectory(root: Root, directory: Untrusted): Untrusted | null {
  try {
    const real = root.realpath(directory);
    return real !== null && root.lstat(real)?.isDirectory() === true ? real : null;
  } catch {
    // Not searchable: what lies in it cannot be started by a bare name from here either; listing its parent tells more.
    return null;
  }
}

function pathsIn(root: Root, file: Untrusted, pattern: RegExp): Untrusted[] {
  try {
    const content = root.read(file, 65_536);
    if (content === null) return [];
    return [...fromBytes(content).matchAll(pattern)].flatMap(([, value]) => pathOf(value));
  } catch {
    return [];
  }
}

/** PATH of PID 1, which its children inherit; nothing where this user may not read it. */
function pathOfInit(): Untrusted[] {
  try {
    const environment = fromBytes(readFileSync("/proc/1/environ"));
    return pathOf(/(?:^|\0)PATH=([^\0]*)/.exec(environment)?.[1]);
  } catch {
    return [];
  }
}

function pathOf(value: Untrusted | undefined): Untrusted[] {
  return value?.split(":").filter((directory) => directory.startsWith("/")) ?? [];
}

/** Throws on what is no error of a system call. */
export function errorOf(error: unknown): string {
  const code = errnoOf(error);
  if (code === "") throw error;
  return code;
}
