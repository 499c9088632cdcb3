import type { Steps } from "../model/steps.ts";
import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { argvProgram, splitWords } from "./commands/argv-words.ts";
import { addProblem, attempt, listConfig, newBudget, readConfig, type Budget } from "./files/read-config.ts";
import { lineOf } from "./commands/scripts.ts";
import { readVariables, type ShellVariables } from "./commands/shell-variables.ts";
import { simpleCommands } from "./commands/shell-words.ts";
import type { Job, JobReading, Problem, Supervisor } from "./types.ts";
import { unwrap } from "./commands/wrappers.ts";

const SCRIPTS = "/etc/init.d";
const SETTINGS = "/etc/conf.d";
const GLOBAL = "/etc/rc.conf";
const RUNLEVELS = "/etc/runlevels";
const INTERPRETER = /^#!\s*\S*\/(?:openrc-run|runscript)\s*$/;
/** PATH of openrc-run (RC_PATH_PREFIX is its own helpers). */
const PATH: readonly Untrusted[] = ["/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"];
/** supervise-daemon(8): respawns before it gives up, and seconds before the first of them are forgotten. */
const RESPAWN_MAX = 10;
const RESPAWN_PERIOD = 12;

/**
 * OpenRC: services of /etc/init.d whose interpreter is openrc-run, with their settings in /etc/conf.d and /etc/rc.conf.
 * Only `supervisor=supervise-daemon` brings a program back; start-stop-daemon starts it once.
 */
export const openrc: Supervisor = {
  id: "openrc",
  present(root) {
    return ["/sbin/openrc-run", "/usr/bin/openrc-run", RUNLEVELS].some((path) =>
      attempt([], path, true, () => root.lstat(path) !== null),
    );
  },
  *jobs(root) {
    const reading: JobReading = { jobs: [], problems: [] };
    const budget = newBudget();
    const started = yield* startedServices(root, reading.problems);
    const everywhere = readConfig(root, GLOBAL, reading.problems, budget);
    for (const name of listConfig(root, SCRIPTS, reading.problems)) {
      yield;
      const job = readService(root, name, everywhere, reading.problems, budget);
      if (job !== null) reading.jobs.push(started.has(name) ? job : { ...job, inactive: "off" });
    }
    return reading;
  },
  atWork: { programs: ["supervise-daemon"], worksFor: (argv, { unit }) => argv[1] === unit },
};

/** Names that a runlevel holds. */
function* startedServices(root: Root, problems: Problem[]): Steps<Set<Untrusted>> {
  const started = new Set<Untrusted>();
  for (const level of listConfig(root, RUNLEVELS, problems)) {
    yield;
    const folder = `${RUNLEVELS}/${level}`;
    const isFolder = attempt(problems, folder, false, () => root.stat(folder)?.isDirectory() === true);
    if (isFolder) for (const name of listConfig(root, folder, problems)) started.add(name);
  }
  return started;
}

function readService(
  root: Root,
  name: Untrusted,
  everywhere: Untrusted | null,
  problems: Problem[],
  budget: Budget,
): Job | null {
  const file = `${SCRIPTS}/${name}`;
  const isFile = attempt(problems, file, false, () => root.stat(file)?.isFile() === true);
  const text = isFile ? readConfig(root, file, problems, budget) : null;
  if (text === null || !INTERPRETER.test(text.slice(0, 128).split("\n", 1)[0] ?? "")) return null;
  // In the order of openrc-run.sh: the script itself has the last word.
  const variables: ShellVariables = new Map([["RC_SVCNAME", { value: name, file, line: 1 }]]);
  if (everywhere !== null) readVariables(variables, everywhere, GLOBAL);
  const base = name.split(".")[0] as string;
  for (const settings of new Set([base, name].map((one) => `${SETTINGS}/${one}`))) {
    const more = attempt(problems, settings, null, () => root.lstat(settings)) === null ? null : readConfig(root, settings, problems, budget); // prettier-ignore
    if (more !== null) readVariables(variables, more, settings);
  }
  readVariables(variables, text, file);
  const executable = attempt(problems, file, true, () => ((root.stat(file)?.mode ?? 0n) & 0o111n) !== 0n);
  if (!executable) addProblem(problems, file, null, "not executable: it cannot be started");
  return { ...jobOf(name, file, text, variables), ...(executable ? {} : { inactive: "rejected" as const }) };
}

function jobOf(unit: Untrusted, file: Untrusted, text: Untrusted, variables: ShellVariables): Job {
  const value = (variable: string): Untrusted | null => variables.get(variable)?.value ?? null;
  const supervised = value("supervisor") === "supervise-daemon";
  const command = variables.get("command");
  const place = (supervised ? variables.get("supervisor") : command) ?? { file, line: startLine(text), value: null };
  const max = number(value("respawn_max"), RESPAWN_MAX);
  const period = number(value("respawn_period"), RESPAWN_PERIOD);
  const limited = supervised && max > 0;
  const found = command === undefined ? startedBy(text, variables) : splitWords(command.value ?? "");
  const { program, chroot } = argvProgram(found ?? []);
  const args = ["command_args", "command_args_foreground"].map(value).filter((one) => one !== null);
  const pidFile = value("pidfile");
  const user = value("command_user");
  const root = value("chroot") ?? chroot;
  return {
    supervisor: "openrc",
    unit,
    file: place.file,
    line: place.line,
    directive: supervised ? "supervisor=supervise-daemon" : command === undefined ? "start" : "command",
    restarts: supervised ? "always" : "never",
    limit: limited ? { starts: max, seconds: period } : null,
    atLimit: limited ? { action: "stop" } : null,
    delaySeconds: supervised ? number(value("respawn_delay"), 0) : 0,
    command: found === null || found.length === 0 ? file : [...found, ...args].join(" "),
    program,
    searchPath: [...PATH],
    expects: null,
    ...(place.file === file ? {} : { definition: file }),
    ...(program === null ? { shell: true as const } : {}),
    ...(root === null ? {} : { chroot: root }),
    ...(pidFile === null ? {} : { pidFile }),
    ...(user === null ? {} : { settings: { User: user } }),
  };
}

/** A service without `command=` starts something in its own start(): the words after start-stop-daemon or supervise-daemon. */
function startedBy(text: Untrusted, variables: ShellVariables): Untrusted[] | null {
  for (const words of simpleCommands(text)) {
    const at = words.findIndex((word) => /^(?:start-stop-daemon|supervise-daemon)$/.test(word.text));
    const rest = at < 0 ? [] : words.slice(at).map((word) => word.text);
    if (rest.length === 0 || rest.some((word) => word === "--stop" || word === "-K")) continue;
    const { words: left } = unwrap(["start-stop-daemon", ...rest.slice(1)]);
    const known = left.map((word) =>
      word.startsWith("$") ? (variables.get(word.replace(/[${}]/g, ""))?.value ?? word) : word,
    );
    if (known[0]?.includes("$") === false) return known;
  }
  return null;
}

function startLine(text: Untrusted): number {
  const at = text.search(/(?:^|\n)[ \t]*start[ \t]*\(\)/);
  return at < 0 ? 1 : lineOf(text, text.indexOf("start", at));
}

function number(value: Untrusted | null, otherwise: number): number {
  return value !== null && /^\d{1,9}$/.test(value) ? Number(value) : otherwise;
}
