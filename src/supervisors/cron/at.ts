import type { Untrusted } from "../../model/text.ts";
import { CRON_PATH } from "./cron.ts";
import { addProblem, attempt, listConfig, newBudget, readConfig } from "../files/read-config.ts";
import { commandProgram } from "../commands/scripts.ts";
import { pathSetBy } from "../commands/shell-words.ts";
import type { Job, JobReading, Problem, Supervisor } from "../types.ts";

/** Where jobs wait: Debian; Red Hat and others. */
const SPOOLS = ["/var/spool/cron/atjobs", "/var/spool/at", "/var/spool/atjobs"];
/** Queue (`=` while it runs), job number, and minutes since 1970, both hexadecimal. */
const JOB_NAME = /^[A-Za-z=]([0-9a-f]{5})[0-9a-f]{8}$/;

/** at: jobs that wait for their time, each a script that sets its owner's environment and then runs what he typed (at(1)). */
export const at: Supervisor = {
  id: "at",
  present(root) {
    return SPOOLS.some((spool) => attempt([], spool, true, () => root.list(spool) !== null));
  },
  *jobs(root) {
    const reading: JobReading = { jobs: [], problems: [] };
    const budget = newBudget();
    for (const spool of SPOOLS) {
      for (const name of listConfig(root, spool, reading.problems)) {
        yield;
        const number = JOB_NAME.exec(name)?.[1];
        const file = `${spool}/${name}`;
        const text = number === undefined ? null : readConfig(root, file, reading.problems, budget);
        if (number === undefined || text === null) continue;
        // atd takes no file that at(1) has not marked as complete.
        const complete = attempt(reading.problems, file, true, () => ((root.stat(file)?.mode ?? 0n) & 0o100n) !== 0n);
        const job = jobOf(text, file, String(Number.parseInt(number, 16)), reading.problems);
        if (job !== null) reading.jobs.push(complete ? job : { ...job, inactive: "off" });
      }
    }
    return reading;
  },
  atWork: { programs: ["atd"] },
};

function jobOf(text: Untrusted, file: Untrusted, unit: string, problems: Problem[]): Job | null {
  const lines = text.split("\n");
  // What was typed follows the block of the `cd` that leads back to where it was typed.
  const changes = lines.findIndex((line) => line.startsWith("cd "));
  const end = lines.findIndex((line, i) => i > changes && line === "}");
  const start = lines.findIndex((line, i) => i > end && line.trim() !== "");
  if (changes < 0 || end < 0 || start < 0) {
    addProblem(problems, file, null, "not a job as at(1) writes it");
    return null;
  }
  const command = lines.slice(start).join("\n").trimEnd();
  const { program, chroot } = commandProgram(command);
  return {
    supervisor: "at",
    unit,
    file,
    line: start + 1,
    directive: "at",
    restarts: "never",
    limit: null,
    atLimit: null,
    delaySeconds: 0,
    command: command.slice(0, 4_096),
    program,
    searchPath: pathSetBy(lines.slice(0, changes).join("\n")) ?? [...CRON_PATH],
    expects: null,
    shell: true,
    script: { file, line: 1 },
    ...(chroot === null ? {} : { chroot }),
  };
}
