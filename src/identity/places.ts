import type { Untrusted } from "../model/text.ts";

/**
 * Who is expected to put files into a place.
 * - `programs`: the directories of programs, where only the package manager writes
 * - `ruled`: libraries, helpers and shared data, where it rules too, but not every tree below
 * - `local`: the administrator, users, and services' own trees
 * - `temporary`: anybody
 * - `other`: configuration, spools, caches, the top directory
 */
export type Place = "programs" | "ruled" | "local" | "temporary" | "other";

const PROGRAMS = /^\/(?:usr\/)?(?:s?bin|games|libexec)\//;
const RULED = /^\/(?:usr\/)?lib(?:32|64|x32)?\/|^\/usr\/share\//;
const TEMPORARY = /^\/(?:tmp|dev|run|proc|sys|var\/tmp|var\/run|var\/lock)\//;
const LOCAL = /^\/(?:usr\/local|var\/lib|var\/www|var\/opt)\//;
/** Top directories of the Filesystem Hierarchy Standard whose content is neither the administrator's nor a service's own. */
const SYSTEM = /^\/(?:usr|var|etc|boot|bin|sbin|lib(?:32|64|x32)?|lost\+found)\//;

/** The kind of place that a canonical path lies in. */
export function placeOf(entry: Untrusted): Place {
  if (PROGRAMS.test(entry)) return "programs";
  if (RULED.test(entry)) return "ruled";
  if (TEMPORARY.test(entry)) return "temporary";
  if (LOCAL.test(entry)) return "local";
  return SYSTEM.test(entry) || entry.lastIndexOf("/") === 0 ? "other" : "local";
}

/** Where shells and supervisors look for a bare name, and where packages keep programs that are not on any PATH. */
export const PROGRAM_DIRECTORIES: readonly string[] = [
  "/usr/local/sbin",
  "/usr/local/bin",
  "/usr/sbin",
  "/usr/bin",
  "/sbin",
  "/bin",
  "/usr/games",
  "/usr/libexec",
];

/** Whether a path that a package lists is a program by its place: what an impostor would take the name of. */
export function isProgramPath(listed: Untrusted): boolean {
  return /^\/(?:usr\/)?(?:s?bin|games|libexec|lib\/systemd)\/[^/]+$/.test(listed);
}

/** Last name of a path. */
export function lastName(path: Untrusted): Untrusted {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Directory of an entry's path. */
export function directoryOf(entry: Untrusted): Untrusted {
  return entry.slice(0, Math.max(1, entry.lastIndexOf("/")));
}
