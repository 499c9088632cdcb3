import type { Untrusted } from "../model/text.ts";
import { argvProgram } from "./commands/argv-words.ts";
import { attempt, newBudget, readConfig } from "./files/read-config.ts";
import { lineOf } from "./commands/scripts.ts";
import { afterAssignments, CONTROL_WORDS, pathSetBy, simpleCommands } from "./commands/shell-words.ts";
import type { Job, JobReading, Supervisor } from "./types.ts";

const FILES = ["/etc/rc.local", "/etc/rc.d/rc.local"];
const PATH: readonly Untrusted[] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
/** Words that start no program, or none that outlives the script. */
const BUILTINS = new Set("done fi esac } : [ [[ test exit return cd export unset set echo printf ulimit umask read shift trap wait break continue case for in sleep true false touch mkdir chmod chown rm ln".split(" ")); // prettier-ignore
/** Most commands of one script. */
const MAX_COMMANDS = 500;

/** /etc/rc.local: run once at the end of boot, if it is executable (rc-local.service, /etc/init.d/rc.local). */
export const rcLocal: Supervisor = {
  id: "rc.local",
  present(root) {
    return FILES.some((file) => attempt([], file, true, () => root.lstat(file) !== null));
  },
  *jobs(root) {
    const reading: JobReading = { jobs: [], problems: [] };
    const seen = new Set<Untrusted>();
    for (const file of FILES) {
      yield;
      const real = attempt(reading.problems, file, null, () => root.realpath(file));
      if (real === null || seen.has(real)) continue;
      seen.add(real);
      const text = readConfig(root, file, reading.problems, newBudget());
      if (text === null) continue;
      const runs = attempt(reading.problems, file, false, () => ((root.stat(file)?.mode ?? 0n) & 0o111n) !== 0n);
      reading.jobs.push(...jobsOf(text, file).map((job) => (runs ? job : { ...job, inactive: "off" as const })));
    }
    return reading;
  },
};

function jobsOf(text: Untrusted, file: Untrusted): Job[] {
  const searchPath = pathSetBy(text) ?? PATH;
  const job = (line: number, directive: string, command: Untrusted, program: Untrusted | null): Job => ({
    supervisor: "rc.local",
    unit: `${file.slice(file.lastIndexOf("/") + 1)}:${line}`,
    file,
    line,
    directive,
    restarts: "never",
    limit: null,
    atLimit: null,
    delaySeconds: 0,
    command,
    program,
    searchPath: [...searchPath],
    expects: null,
    shell: true,
    script: { file, line: 1 },
  });
  // The script itself, for what its loops start.
  const jobs = [job(1, "#!", file, file)];
  for (const command of simpleCommands(text).slice(0, MAX_COMMANDS)) {
    const start = command.findIndex((word) => !CONTROL_WORDS.has(word.text));
    const words = afterAssignments(start < 0 ? [] : command.slice(start));
    const [first] = words;
    if (first === undefined || first.text === "" || first.dynamic || BUILTINS.has(first.text)) continue;
    const texts = words.map((word) => word.text);
    const { program } = argvProgram(texts);
    const dynamic = words.some((word) => word.dynamic && word.text === program);
    jobs.push(job(lineOf(text, first.at), "command", texts.join(" "), dynamic ? null : program));
  }
  return jobs;
}
