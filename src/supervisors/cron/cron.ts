import type { Steps } from "../../model/steps.ts";
import type { Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import { shortestGap } from "./schedule.ts";
import { readCrontab, type CronEntry } from "./crontab.ts";
import { addProblem, attempt, listConfig, newBudget, readConfig, type Budget } from "../files/read-config.ts";
import { RUN_PARTS_NAME, runPartsJobs, runPartsOf } from "./run-parts.ts";
import { commandProgram } from "../commands/scripts.ts";
import type { Job, JobReading, Problem, Supervisor } from "../types.ts";

const SYSTEM_TABLE = "/etc/crontab";
const SYSTEM_TABLES = "/etc/cron.d";
/** Tables of users: Debian and BusyBox, cronie, Alpine. */
const SPOOLS = ["/var/spool/cron/crontabs", "/var/spool/cron", "/etc/crontabs"];
/** PATH that cron sets (pathnames.h) where a table sets none. */
export const CRON_PATH: readonly Untrusted[] = ["/usr/bin", "/bin"];
const ANACRON = "/usr/sbin/anacron";

/**
 * cron: the system's tables, users' tables, and the folders that run-parts runs. Debian's (Vixie 3.0pl1) starts nothing of
 * a table in which one line is wrong, nor of one that its owner, mode or number of links speaks against; cronie leaves
 * out the wrong line only.
 */
export const cron: Supervisor = {
  id: "cron",
  present(root) {
    return [SYSTEM_TABLE, SYSTEM_TABLES, ...SPOOLS].some((path) =>
      attempt([], path, true, () => root.lstat(path) !== null),
    );
  },
  *jobs(root) {
    const reading: JobReading = { jobs: [], problems: [] };
    const budget = newBudget();
    const strict = attempt([], "/usr/sbin/crond", true, () => root.lstat("/usr/sbin/crond") === null);
    const tables: Table[] = [{ file: SYSTEM_TABLE, owner: null, strict }];
    for (const name of names(root, SYSTEM_TABLES, reading.problems))
      if (RUN_PARTS_NAME.test(name)) tables.push({ file: `${SYSTEM_TABLES}/${name}`, owner: null, strict });
    const seen = new Set<Untrusted>();
    for (const spool of SPOOLS) {
      const real = attempt([], spool, null, () => root.realpath(spool)) ?? spool;
      if (seen.has(real)) continue;
      seen.add(real);
      for (const name of names(root, spool, reading.problems)) {
        const file = `${spool}/${name}`;
        const isFolder = attempt(reading.problems, file, false, () => root.lstat(file)?.isDirectory() === true);
        if (!isFolder && !name.startsWith(".")) tables.push({ file, owner: name, strict });
      }
    }
    const users = usersOf(root, budget);
    for (const table of tables) yield* readTable(root, table, users, reading, budget);
    return reading;
  },
  atWork: { programs: ["cron", "crond"], throughShell: true },
};

interface Table {
  file: Untrusted;
  /** The user whose table it is; null: the system's. */
  owner: Untrusted | null;
  strict: boolean;
}

function names(root: Root, folder: Untrusted, problems: Problem[]): Untrusted[] {
  return listConfig(root, folder, problems);
}

function* readTable(
  root: Root,
  table: Table,
  users: ReadonlyMap<Untrusted, number>,
  reading: JobReading,
  budget: Budget,
): Steps<void> {
  const { file, owner, strict } = table;
  yield;
  const refused = whyRefused(root, table, users, reading.problems);
  const text = readConfig(root, file, reading.problems, budget);
  if (text === null) return;
  if (refused !== null) addProblem(reading.problems, file, null, `${refused}: cron ignores the file`);
  const { entries, broken } = readCrontab(text, file, owner === null, reading.problems);
  const rejected = refused !== null || (broken && strict);
  for (const entry of entries) {
    yield;
    const job = jobOf(entry, file, owner, rejected);
    reading.jobs.push(job);
    // Where anacron is installed, Debian's table leaves these folders to it.
    const left = entry.command.includes(ANACRON) && attempt([], ANACRON, false, () => root.stat(ANACRON) !== null);
    if (!left) for (const folder of runPartsOf(entry.command)) yield* runPartsJobs(root, folder, job, reading, budget);
  }
}

function jobOf(entry: CronEntry, file: Untrusted, owner: Untrusted | null, rejected: boolean): Job {
  const gap = entry.schedule === null ? null : shortestGap(entry.schedule);
  const path = entry.environment.get("PATH");
  const { program, chroot } = commandProgram(entry.command);
  const user = entry.user ?? owner;
  const never = entry.schedule !== null && gap === null;
  return {
    supervisor: "cron",
    unit: `${file.slice(file.lastIndexOf("/") + 1)}:${entry.line}`,
    file,
    line: entry.line,
    directive: entry.when,
    restarts: gap === null ? "never" : "on-schedule",
    ...(gap === null || gap === Infinity ? {} : { everySeconds: gap }),
    limit: null,
    atLimit: null,
    delaySeconds: 0,
    command: entry.command,
    program,
    searchPath: path === undefined ? [...CRON_PATH] : path.split(":"),
    expects: null,
    shell: true,
    ...(chroot === null ? {} : { chroot }),
    ...(rejected ? { inactive: "rejected" as const } : never ? { inactive: "off" as const } : {}),
    ...(user === null ? {} : { settings: { User: user } }),
  };
}

/** What `process_crontab` of Debian's cron checks before it reads a table (src/database.c); null: nothing against it. */
function whyRefused(
  root: Root,
  { file, owner, strict }: Table,
  users: ReadonlyMap<Untrusted, number>,
  problems: Problem[],
): string | null {
  return attempt(problems, file, null, () => {
    const entry = root.lstat(file);
    const stat = root.stat(file);
    if (entry === null || stat === null || !stat.isFile()) return null;
    if (owner !== null && users.size > 0 && !users.has(owner)) return "no such user in /etc/passwd";
    if (!strict) return null;
    if (stat.nlink > 1n) return "more than one link to it";
    if (owner === null) {
      if (entry.isSymbolicLink() && entry.uid !== 0n) return "a link that is not root's";
      if (stat.uid !== 0n) return "not owned by root";
      return (stat.mode & 0o022n) === 0n ? null : "others than its owner may write to it";
    }
    if (entry.isSymbolicLink()) return "a link";
    if (stat.uid !== 0n && Number(stat.uid) !== users.get(owner)) return "not owned by its user or root";
    return (stat.mode & 0o7777n) === 0o600n ? null : "its mode is not 600";
  });
}

/** Users of /etc/passwd and their numbers; empty when it cannot be read. */
function usersOf(root: Root, budget: Budget): Map<Untrusted, number> {
  const text = readConfig(root, "/etc/passwd", [], budget) ?? "";
  const users = new Map<Untrusted, number>();
  for (const line of text.split("\n")) {
    const [name, , uid] = line.split(":");
    if (name !== undefined && uid !== undefined && /^\d+$/.test(uid)) users.set(name, Number(uid));
  }
  return users;
}
