import { basename, dirname } from "node:path";

/** Files that together are one log, oldest first. */
export interface LogSet {
  /** The name of the newest without number, date and `.gz`, `.xz` or `.zst`: `/var/log/audit/audit.log`. */
  name: string;
  paths: string[];
}

/**
 * Groups files into rotated sets, oldest first: `audit.log.3 audit.log.2.gz audit.log.1 audit.log` (auditd, logrotate) and
 * `audit.log-20260101.gz audit.log-20260102 audit.log` (logrotate's dateext). Only files of one directory belong together.
 * A path given twice is read once.
 */
export function rotatedSets(paths: readonly string[]): LogSet[] {
  const sets = new Map<string, { path: string; age: number }[]>();
  for (const path of new Set(paths)) {
    const { name, age } = place(path);
    const members = sets.get(name);
    if (members === undefined) sets.set(name, [{ path, age }]);
    else members.push({ path, age });
  }
  return [...sets].map(([name, members]) => ({
    name,
    paths: members.sort((a, b) => b.age - a.age || (a.path < b.path ? -1 : 1)).map((member) => member.path),
  }));
}

/** Numbers above any that a rotation uses, so that dates and numbers keep apart. */
const DATED = 1e9;

function place(path: string): { name: string; age: number } {
  if (path === "-") return { name: path, age: 0 };
  const file = basename(path).replace(/\.(?:gz|xz|zst)$/, "");
  const inDirectory = (name: string): string => `${dirname(path)}/${name}`;
  // Up to seven digits: the files of one `strace -ff` bear PIDs, and are one set too.
  const numbered = /^(.+)\.(\d{1,7})$/.exec(file);
  if (numbered !== null) return { name: inDirectory(numbered[1] as string), age: Number(numbered[2]) };
  const dated = /^(.+)[-.](\d{4})-?(\d{2})-?(\d{2})(?:[-_T.]?(\d{2,10}))?$/.exec(file);
  if (dated === null) return { name: inDirectory(file), age: 0 };
  const [, name, year, month, day, time] = dated;
  const when = Number(`${year}${month}${day}`) + Number(`0.${time ?? "0"}`);
  return { name: inDirectory(name as string), age: DATED - when };
}
