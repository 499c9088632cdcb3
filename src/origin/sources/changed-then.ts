import type { Untrusted } from "../../model/text.ts";
import { walk, type Visited } from "../../platform/walk.ts";
import { birthOf } from "../file-times.ts";
import { isoTime } from "../../identity/file-facts.ts";
import { directoryOf } from "../../identity/places.ts";
import { msOf } from "../iso.ts";
import { Telling } from "../told.ts";
import type { Question, Source } from "../types.ts";

const BOUNDS = { entries: 1_500_000, time: 10_000 };
/** Files of nobody that are told one by one; of the others the number. */
const NAMED = 40;
const PACKAGES_NAMED = 5;

/** Where to look first: what keeps a program alive, then where it may have left others. */
const STARTS = ["/etc", "/var/spool", "/root", "/home", "/tmp", "/var/tmp", "/usr/local", "/opt", "/usr", "/srv", "/"];

/**
 * Files by which something is started again or let in: cron, units of supervisors, the loader, logins. By their places; what
 * they say is `whoforks why`'s to tell.
 */
const STARTING =
  /^\/(?:etc\/(?:cron|anacrontab|systemd\/|init|rc|inittab|ld\.so\.|profile|bash|environment|sudoers|pam\.|passwd|shadow|group|ssh\/|xinetd|inetd|supervisor|monit|runit|sv\/|s6|dinit\.d|at\.|udev\/rules|modules|modprobe|logrotate|apt\/apt\.conf|conf\.d\/)|var\/spool\/(?:cron|at|anacron)|(?:usr\/)?lib\/(?:systemd\/(?:system|user)|udev\/rules)|usr\/local\/lib\/systemd|(?:root|home\/[^/]+)\/(?:\.ssh\/|\.bash|\.profile|\.zsh|\.config\/(?:systemd|autostart)))/;

/** One walk over the file's own file system: what starts programs and changed then, and what else was born then. */
export const changedThen: Source = {
  id: "files",
  async look(question) {
    const { file, moments, root, path } = question;
    const arrival = moments.arrival;
    if (file === null || arrival === null) return null;
    const telling = new Telling(this.id, question);
    const near = (ms: number): boolean => Math.abs(ms - arrival.ms) <= moments.around;
    const earliest = arrival.ms - moments.around;
    const starting: Visited[] = [];
    const born: Visited[] = [];
    const walked = walk(root, {
      device: file.device,
      starts: [directoryOf(path), ...STARTS],
      bounds: BOUNDS,
      // Whoever puts a file into a directory changes the directory.
      looks: ({ path: where, stat }) => msOf(stat.ctimeNs) >= earliest || STARTING.test(`${where}/`),
      visit(one) {
        if (one.stat.ino === file.inode) return;
        const birth = birthOf(one.stat);
        const isBorn = near(msOf(birth ?? one.stat.ctimeNs));
        if (STARTING.test(one.path) && (isBorn || near(msOf(one.stat.ctimeNs)))) starting.push(one);
        else if (isBorn && born.length < 200_000) born.push(one);
      },
    });
    telling.files.push("/");
    telling.ledger.events = walked.entries;
    if (walked.cutBy !== null)
      telling.gap("origin.walk-cut", "/", `after ${walked.entries} names`, { entries: walked.entries });
    if (walked.unlisted > 0)
      telling.gap("origin.walk-unlisted", "/", `${walked.unlisted} folders`, { folders: walked.unlisted });
    tellStarting(question, telling, starting);
    tellBorn(question, telling, born);
    return telling.end();
  },
};

function tellStarting({ examiner }: Question, telling: Telling, files: readonly Visited[]): void {
  const owned = new Set<Visited>();
  for (const file of files) {
    const owner = examiner.ownerOf(file.path)?.package ?? null;
    if (owner !== null) owned.add(file);
    tellFile(telling, "origin.starter-changed", file, owner);
  }
}

function tellBorn({ examiner }: Question, telling: Telling, files: readonly Visited[]): void {
  const packages = new Map<Untrusted, number>();
  const unowned: Visited[] = [];
  for (const file of files) {
    const owner = examiner.ownerOf(file.path);
    if (owner === null) unowned.push(file);
    else packages.set(owner.package, (packages.get(owner.package) ?? 0) + 1);
  }
  // Programs first: a set bit for execution is what a visitor leaves.
  unowned.sort((a, b) => rank(b) - rank(a));
  for (const file of unowned.slice(0, NAMED)) tellFile(telling, "origin.born-then", file, null);
  const more = unowned.length - NAMED;
  if (more > 0) telling.event(null, "around", "origin.more-born-then", { count: more }, null);
  const count = [...packages.values()].reduce((sum, one) => sum + one, 0);
  if (count === 0) return;
  const most = [...packages].sort((a, b) => b[1] - a[1]).slice(0, PACKAGES_NAMED);
  const args = { count, packages: most.map(([name]) => name), packageCount: packages.size };
  telling.event(null, "around", "origin.packaged-born-then", args, null);
}

function rank({ stat }: Visited): number {
  return (stat.mode & 0o6000n) !== 0n ? 2 : (stat.mode & 0o111n) !== 0n && stat.isFile() ? 1 : 0;
}

function tellFile(telling: Telling, code: string, { path, stat }: Visited, owner: string | null): void {
  const birth = birthOf(stat);
  const ns = birth ?? stat.ctimeNs;
  const args = { path, package: owner, birth: birth === null ? null : isoTime(birth), uid: Number(stat.uid) };
  telling.event(msOf(ns), "around", code, args, { file: path, at: birth === null ? "ctime" : "birth", quote: null });
}
