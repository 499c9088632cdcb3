import type { Steps } from "../model/steps.ts";
import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { argvProgram, splitWords } from "./commands/argv-words.ts";
import { namesLike } from "./files/glob.ts";
import { readMonitWords, type MonitWord } from "./monit-words.ts";
import { addProblem, attempt, newBudget, readConfig, type Budget } from "./files/read-config.ts";
import type { Job, JobReading, Problem, Supervisor } from "./types.ts";

/** Where monit looks for its file (monit(1), -c), in its order after the home directory. */
const FILES = ["/etc/monitrc", "/etc/monit/monitrc", "/etc/monit.conf", "/usr/local/etc/monitrc"];
/** PATH that monit gives to what it starts (spawn.c). */
const PATH: readonly Untrusted[] = ["/bin", "/usr/bin", "/sbin", "/usr/sbin"];
/** Seconds of a cycle where `set daemon` does not tell. */
const CYCLE_SECONDS = 30;
const MAX_FILES = 10_000;
const MAX_DEPTH = 8;

/**
 * monit: `check process` entries. Each cycle it looks whether the process is there, and starts it again if not, without a
 * limit unless a line says `if N restarts within M cycles then unmonitor`. `check program` runs a program each cycle.
 */
export const monit: Supervisor = {
  id: "monit",
  present(root) {
    return FILES.some((file) => attempt([], file, true, () => root.lstat(file) !== null));
  },
  *jobs(root) {
    const reading: JobReading = { jobs: [], problems: [] };
    const main = FILES.find((file) => attempt([], file, true, () => root.lstat(file) !== null));
    if (main === undefined) return reading;
    const words: MonitWord[] = [];
    yield* readFile(root, main, words, reading.problems, { budget: newBudget(), files: new Set(), depth: 0 });
    const seconds = cycleSeconds(words);
    for (const entry of entriesOf(words)) {
      yield;
      const job = jobOf(entry, seconds, reading.problems);
      if (job !== null) reading.jobs.push(job);
    }
    return reading;
  },
  atWork: { programs: ["monit"] },
};

interface Progress {
  budget: Budget;
  files: Set<Untrusted>;
  depth: number;
}

/** The words of a file, with those of the files that it includes in their place. */
function* readFile(
  root: Root,
  file: Untrusted,
  words: MonitWord[],
  problems: Problem[],
  { budget, files, depth }: Progress,
): Steps<void> {
  yield;
  if (files.has(file) || files.size >= MAX_FILES || depth > MAX_DEPTH) return;
  files.add(file);
  const text = readConfig(root, file, problems, budget);
  if (text === null) return;
  const found = readMonitWords(text, file);
  for (let at = 0; at < found.length; at++) {
    const word = found[at] as MonitWord;
    const pattern = found[at + 1];
    if (is(word, "include") && pattern?.text.startsWith("/") === true) {
      for (const included of namesLike(root, pattern.text, problems))
        yield* readFile(root, included, words, problems, { budget, files, depth: depth + 1 });
      at++;
    } else words.push(word);
  }
}

function cycleSeconds(words: readonly MonitWord[]): number {
  const at = words.findIndex((word, i) => is(word, "daemon") && is(words[i - 1], "set"));
  const seconds = at < 0 ? undefined : words[at + 1]?.text;
  return seconds !== undefined && /^\d{1,6}$/.test(seconds) ? Math.max(1, Number(seconds)) : CYCLE_SECONDS;
}

/** Words from one `check` to the next, or to a `set`. */
function entriesOf(words: readonly MonitWord[]): MonitWord[][] {
  const entries: MonitWord[][] = [];
  let open = false;
  for (const [at, word] of words.entries()) {
    if (is(word, "check") && TYPES.has(words[at + 1]?.text.toLowerCase() ?? "")) {
      entries.push([]);
      open = true;
    } else if (is(word, "set") && words[at + 1]?.quoted === false) open = false;
    if (open) entries.at(-1)?.push(word);
  }
  return entries;
}

const TYPES = new Set("process file fifo filesystem device directory host system program network".split(" "));

function is(word: MonitWord | undefined, keyword: string): boolean {
  return word !== undefined && !word.quoted && word.text.toLowerCase() === keyword;
}

function jobOf(entry: readonly MonitWord[], cycle: number, problems: Problem[]): Job | null {
  const [check, type, name] = entry;
  if (check === undefined || type === undefined || name === undefined) return null;
  const every = number(after(entry, "every")) ?? 1;
  if (is(type, "program")) {
    const path = after(entry, "path");
    return path === null ? null : base(name.text, path, "check program", { restarts: "on-schedule", everySeconds: cycle * every }); // prettier-ignore
  }
  if (!is(type, "process")) return null;
  const start = commandAfter(entry, "restart") ?? commandAfter(entry, "start");
  if (start === null) return null;
  const limit = limitOf(entry, cycle * every);
  const pidFile = after(entry, "pidfile");
  const manual = entry.some((word, i) => is(word, "mode") && is(entry[i + 1], "passive"));
  const job = base(name.text, start, "start program", {
    restarts: "always",
    limit,
    atLimit: limit === null ? null : { action: "stop" },
    delaySeconds: cycle * every,
    ...(pidFile === null ? {} : { pidFile: pidFile.text }),
    ...(manual ? { inactive: "manual" } : {}),
  });
  if (job.program === null) addProblem(problems, start.file, start.line, "no program: it cannot be started");
  return job;
}

function base(unit: Untrusted, command: MonitWord, directive: string, more: Partial<Job>): Job {
  const { program, chroot, shell } = argvProgram(splitWords(command.text) ?? []);
  return {
    supervisor: "monit",
    unit,
    file: command.file,
    line: command.line,
    directive,
    restarts: "never",
    limit: null,
    atLimit: null,
    delaySeconds: 0,
    command: command.text,
    program,
    searchPath: [...PATH],
    expects: null,
    ...(shell ? { shell: true as const } : {}),
    ...(chroot === null ? {} : { chroot }),
    ...more,
  };
}

/** The word behind a keyword. */
function after(entry: readonly MonitWord[], keyword: string): MonitWord | null {
  // The first two words are the check and its type, the third its name.
  const at = entry.findIndex((word, i) => i > 2 && is(word, keyword));
  return at < 0 ? null : (entry[at + 1] ?? null);
}

/** `start program = "COMMAND"`, with or without `program` and `=`. */
function commandAfter(entry: readonly MonitWord[], keyword: string): MonitWord | null {
  for (const [at, word] of entry.entries()) {
    if (at < 3 || !is(word, keyword)) continue;
    let next = at + 1;
    while (is(entry[next], "program") || is(entry[next], "=")) next++;
    const command = entry[next];
    // `then restart` stands at the end of a condition.
    if (command !== undefined && !is(entry[at - 1], "then") && (command.quoted || command.text.startsWith("/")))
      return command;
  }
  return null;
}

/** `if 5 restarts within 5 cycles then unmonitor` (or `timeout`, its old name). */
function limitOf(entry: readonly MonitWord[], cycle: number): Job["limit"] {
  for (const [at, word] of entry.entries()) {
    if (!/^restarts?$/i.test(word.text) || word.quoted) continue;
    const starts = number(entry[at - 1] ?? null);
    const cycles = entry
      .slice(at + 1, at + 4)
      .map(number)
      .find((one) => one !== null);
    const ends = entry.slice(at, at + 8).some((one) => is(one, "unmonitor") || is(one, "timeout"));
    if (starts !== null && cycles !== undefined && cycles !== null && ends) return { starts, seconds: cycles * cycle };
  }
  return null;
}

function number(word: MonitWord | null): number | null {
  return word !== null && !word.quoted && /^\d{1,6}$/.test(word.text) ? Number(word.text) : null;
}
