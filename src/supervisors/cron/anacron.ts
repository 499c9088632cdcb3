import type { Untrusted } from "../../model/text.ts";
import { CRON_PATH } from "./cron.ts";
import { addProblem, attempt, newBudget, readConfig } from "../files/read-config.ts";
import { runPartsJobs, runPartsOf } from "./run-parts.ts";
import { commandProgram } from "../commands/scripts.ts";
import type { Job, JobReading, Problem, Supervisor } from "../types.ts";

const TABLE = "/etc/anacrontab";
const DAY = 86_400;
/** Names of periods in days: anacron of Debian knows `@monthly`, that of cronie all of them. */
const PERIODS: Readonly<Record<string, number>> = { "@daily": 1, "@weekly": 7, "@monthly": 28, "@yearly": 365 };

/** anacron: /etc/anacrontab (anacrontab(5)). It starts a job when so many days have passed since the last time. */
export const anacron: Supervisor = {
  id: "anacron",
  present(root) {
    return attempt([], TABLE, true, () => root.lstat(TABLE) !== null);
  },
  *jobs(root) {
    const reading: JobReading = { jobs: [], problems: [] };
    const budget = newBudget();
    const text = readConfig(root, TABLE, reading.problems, budget);
    if (text === null) return reading;
    for (const job of readTable(text, reading.problems)) {
      yield;
      reading.jobs.push(job);
      for (const folder of runPartsOf(job.command)) yield* runPartsJobs(root, folder, job, reading, budget);
    }
    return reading;
  },
  atWork: { programs: ["anacron"], throughShell: true },
};

function* readTable(text: Untrusted, problems: Problem[]): Generator<Job> {
  let path: readonly Untrusted[] = CRON_PATH;
  const lines = text.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const line = i + 1;
    const parts = [(lines[i] as string).trimStart()];
    // A comment is not continued.
    if (parts[0] === "" || parts[0]?.startsWith("#") === true) continue;
    for (let last = parts[0] as string; last.endsWith("\\") && i + 1 < lines.length;) {
      parts[parts.length - 1] = last.slice(0, -1);
      last = lines[++i] as string;
      parts.push(last);
    }
    const said = parts.join("");
    const variable = /^([A-Za-z_]\w*)[ \t]*=(.*)$/s.exec(said);
    if (variable !== null) {
      if (variable[1] === "PATH") path = (variable[2] as string).trim().split(":");
      continue;
    }
    const job = jobOf(said, line, path);
    if (job === null)
      addProblem(problems, TABLE, line, "not a period, a delay, a name and a command: anacron skips it");
    else yield job;
  }
}

function jobOf(said: Untrusted, line: number, path: readonly Untrusted[]): Job | null {
  const fields = /^(\S+)[ \t]+(\d{1,6})[ \t]+([^\s/]+)[ \t]+(\S.*)$/s.exec(said);
  if (fields === null) return null;
  const [, period = "", , unit = "", command = ""] = fields;
  const days = Object.hasOwn(PERIODS, period) ? PERIODS[period] : /^\d{1,6}$/.test(period) ? Number(period) : undefined;
  if (days === undefined) return null;
  const { program, chroot } = commandProgram(command);
  return {
    supervisor: "anacron",
    unit,
    file: TABLE,
    line,
    directive: period,
    restarts: "on-schedule",
    everySeconds: Math.max(1, days) * DAY,
    limit: null,
    atLimit: null,
    delaySeconds: 0,
    command,
    program,
    searchPath: [...path],
    expects: null,
    shell: true,
    ...(chroot === null ? {} : { chroot }),
  };
}
