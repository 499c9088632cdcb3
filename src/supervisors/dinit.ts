import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { addProblem, attempt, listConfig, newBudget, readConfig, type Budget } from "./files/read-config.ts";
import type { Job, JobReading, Supervisor } from "./types.ts";
import { unwrap } from "./commands/wrappers.ts";

/** Where the system's dinit looks for a service, in this order (dinit(8), --services-dir). */
const FOLDERS = ["/etc/dinit.d", "/run/dinit.d", "/usr/local/lib/dinit.d", "/lib/dinit.d"];
const RESTART_DELAY = 0.2;
const LIMIT = { starts: 3, seconds: 10 };
/** Types whose process dinit watches; `scripted` and `internal` services have none. */
const WATCHED = new Set(["process", "bgprocess"]);
const PATH = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

interface Setting {
  value: Untrusted;
  line: number;
}

/**
 * dinit: service descriptions of `key = value` (dinit-service(5)). A service that ends is started again where
 * `restart` says so, 0.2 s later, and given up after three restarts in ten seconds.
 */
export const dinit: Supervisor = {
  id: "dinit",
  present: (root) => FOLDERS.some((folder) => attempt([], folder, false, () => root.list(folder) !== null)),
  *jobs(root) {
    const reading: JobReading = { jobs: [], problems: [] };
    const budget = newBudget();
    const seen = new Set<Untrusted>();
    for (const folder of FOLDERS)
      for (const name of listConfig(root, folder, reading.problems)) {
        yield;
        const file = `${folder}/${name}`;
        const isFile = attempt(reading.problems, file, false, () => root.stat(file)?.isFile() === true);
        if (name.startsWith(".") || seen.has(name) || !isFile) continue;
        seen.add(name);
        const job = readService(root, file, name, reading, budget);
        if (job !== null) reading.jobs.push(job);
      }
    return reading;
  },
  atWork: { programs: ["dinit"] },
};

function readService(
  root: Root,
  file: Untrusted,
  name: Untrusted,
  { problems }: JobReading,
  budget: Budget,
): Job | null {
  const text = readConfig(root, file, problems, budget);
  if (text === null) return null;
  const settings = settingsOf(text, file, problems);
  const type = settings.get("type")?.value ?? "process";
  const command = settings.get("command");
  if (command === undefined) {
    if (type !== "internal" && type !== "triggered")
      addProblem(problems, file, null, "no command: it cannot be started");
    return null;
  }
  const restart = settings.get("restart");
  const smooth = settings.get("smooth-recovery");
  const isSmooth = smooth?.value === "yes" || smooth?.value === "true";
  const restarts = isSmooth ? "always" : restartsOf(restart?.value);
  const watched = WATCHED.has(type) && restarts !== "never";
  const { words } = unwrap(wordsOf(command.value));
  const starts = numberOf(settings.get("restart-limit-count"), LIMIT.starts);
  const seconds = numberOf(settings.get("restart-limit-interval"), LIMIT.seconds);
  // restart-limit-count = 0 disables the limit.
  const limit = watched && seconds > 0 && starts > 0 ? { starts, seconds } : null;
  const pidFile = settings.get("pid-file")?.value;
  const decisive = isSmooth ? smooth : (restart ?? command);
  return {
    supervisor: "dinit",
    unit: name,
    file,
    line: decisive.line,
    directive: isSmooth ? "smooth-recovery" : restart === undefined ? "command" : `restart = ${restart.value}`,
    restarts: watched ? restarts : "never",
    limit,
    atLimit: limit === null ? null : { action: "stop" },
    delaySeconds: watched ? numberOf(settings.get("restart-delay"), RESTART_DELAY) : 0,
    command: command.value,
    program: words[0] ?? null,
    searchPath: PATH,
    expects: type,
    ...(pidFile === undefined ? {} : { pidFile }),
  };
}

/** `key = value` or `key: value`; `+=` adds words; `#` begins a comment line. The last of one key counts. */
function settingsOf(text: Untrusted, file: Untrusted, problems: JobReading["problems"]): Map<string, Setting> {
  const settings = new Map<string, Setting>();
  for (const [index, raw] of text.split("\n").entries()) {
    const content = raw.trim();
    if (content === "" || content.startsWith("#") || content.startsWith("@")) continue;
    const [, key, sign, value] = /^([\w.-]+)\s*(\+?=|:)\s*(.*)$/s.exec(content) ?? [];
    if (key === undefined || value === undefined) {
      addProblem(problems, file, index + 1, "neither `key = value` nor a comment");
      continue;
    }
    const before = settings.get(key);
    const joined = sign === "+=" && before !== undefined ? `${before.value} ${value}` : value;
    settings.set(key, { value: joined, line: index + 1 });
  }
  return settings;
}

function restartsOf(value: Untrusted | undefined): "always" | "on-failure" | "never" {
  if (value === "yes" || value === "true") return "always";
  return value === "on-failure" ? "on-failure" : "never";
}

function numberOf(setting: Setting | undefined, otherwise: number): number {
  return setting !== undefined && /^\d{1,9}(?:\.\d{1,9})?$/.test(setting.value) ? Number(setting.value) : otherwise;
}

/** Words as dinit cuts them: by blanks, `"…"` keeps them, a backslash takes the next character as it is. */
function wordsOf(command: Untrusted): Untrusted[] {
  const words: Untrusted[] = [];
  for (const match of command.matchAll(/(?:"(?:[^"\\]|\\.)*"|\\.|[^\s"\\])+/gs))
    words.push(match[0].replace(/\\(.)|"/gs, (_, kept: string | undefined) => kept ?? ""));
  return words;
}
