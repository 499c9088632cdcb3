import type { Steps } from "../model/steps.ts";
import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { argvProgram, splitWords } from "./commands/argv-words.ts";
import { namesLike } from "./files/glob.ts";
import { readIni, type Ini, type IniValue } from "./files/python-ini.ts";
import { addProblem, attempt, newBudget, readConfig, type Budget } from "./files/read-config.ts";
import type { Job, JobReading, Problem, Supervisor } from "./types.ts";

/** Where supervisord looks for its file (options.py, `searchpaths`), in its order. */
const FILES = ["/usr/etc/supervisord.conf", "/etc/supervisord.conf", "/etc/supervisor/supervisord.conf"];
const SECTION = /^(program|fcgi-program|eventlistener):(.+)$/s;
/** PATH of a service that systemd or an init script starts. */
const PATH: readonly Untrusted[] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
/** Most files that [include] brings in, and most processes of one section. */
const MAX_FILES = 10_000;

/**
 * supervisord: `[program:x]` of its file and of those it includes. A program that ends within `startsecs` is tried again
 * `startretries` times, each time a second later than before, then given up; one that lived longer is started again at
 * once and for ever, if `autorestart` says so (process.py).
 */
export const supervisord: Supervisor = {
  id: "supervisord",
  present(root) {
    return FILES.some((file) => attempt([], file, true, () => root.lstat(file) !== null));
  },
  *jobs(root) {
    const reading: JobReading = { jobs: [], problems: [] };
    const main = FILES.find((file) => attempt([], file, true, () => root.lstat(file) !== null));
    if (main === undefined) return reading;
    const ini = yield* readAll(root, main, reading.problems);
    const groups = groupsOf(ini);
    for (const [section, options] of ini) {
      yield;
      const match = SECTION.exec(section);
      if (match === null) continue;
      const name = (match[2] as string).trim();
      const job = jobOf(name, groups.get(name) ?? null, options, reading.problems);
      if (job === null) addProblem(reading.problems, main, null, `[${section}] has no command: supervisord refuses it`);
      else reading.jobs.push(job);
    }
    return reading;
  },
  atWork: { programs: ["supervisord"] },
};

function* readAll(root: Root, main: Untrusted, problems: Problem[]): Steps<Ini> {
  const ini: Ini = new Map();
  const budget: Budget = newBudget();
  const text = readConfig(root, main, problems, budget);
  if (text !== null) readIni(ini, text, main, problems);
  const patterns = ini.get("include")?.get("files")?.value ?? "";
  const here = main.slice(0, main.lastIndexOf("/"));
  let files = 0;
  for (const pattern of patterns.split(/\s+/)) {
    if (pattern === "") continue;
    const known = pattern.replaceAll("%(here)s", here);
    const path = known.startsWith("/") ? known : `${here}/${known}`;
    for (const file of namesLike(root, path, problems)) {
      yield;
      if (++files > MAX_FILES) return ini;
      const more = readConfig(root, file, problems, budget);
      if (more !== null) readIni(ini, more, file, problems);
    }
  }
  return ini;
}

/** Programs that belong to a group of another name, and which. */
function groupsOf(ini: Ini): Map<Untrusted, Untrusted> {
  const groups = new Map<Untrusted, Untrusted>();
  for (const [section, options] of ini) {
    if (!section.startsWith("group:")) continue;
    for (const program of (options.get("programs")?.value ?? "").split(","))
      groups.set(program.trim(), section.slice("group:".length).trim());
  }
  return groups;
}

function jobOf(
  name: Untrusted,
  group: Untrusted | null,
  options: ReadonlyMap<Untrusted, IniValue>,
  problems: Problem[],
): Job | null {
  const command = options.get("command");
  if (command === undefined) return null;
  const expanded = expand(command.value, name);
  const words = splitWords(expanded) ?? [];
  if (words.length === 0)
    addProblem(problems, command.file, command.line, "quotes that do not close: it cannot be started");
  const { program, chroot, shell } = argvProgram(words);
  const again = options.get("autorestart");
  const place = again ?? command;
  const restarts = restartsOf(again?.value);
  const startsecs = number(options.get("startsecs"), 1, problems);
  const retries = number(options.get("startretries"), 3, problems);
  // A life of startsecs at the most before each of the retries, which wait 1, 2, 3 … seconds.
  const seconds = (retries * (retries + 1)) / 2 + (retries + 1) * startsecs;
  const limited = startsecs > 0 && restarts !== "never";
  const off = /^(?:false|off|no|0)$/i.test(options.get("autostart")?.value ?? "");
  const user = options.get("user")?.value;
  // As supervisorctl names it: several processes of one section are a group of their own.
  const copies = number(options.get("numprocs"), 1, problems);
  const several = copies > 1;
  return {
    supervisor: "supervisord",
    unit: several ? `${group ?? name}:*` : group === null ? name : `${group}:${name}`,
    file: place.file,
    line: place.line,
    directive: again === undefined ? "command" : `autorestart=${again.value}`,
    restarts,
    limit: limited ? { starts: retries + 1, seconds } : null,
    atLimit: limited ? { action: "stop" } : null,
    delaySeconds: limited ? 1 : 0,
    ...(limited ? { minimumLifeSeconds: startsecs } : {}),
    ...(several ? { copies } : {}),
    command: expanded,
    program: program?.includes("%(") === true ? null : program,
    searchPath: searchPathOf(options.get("environment")?.value),
    expects: null,
    ...(restarts === "on-failure" ? endsOf(options.get("exitcodes")) : {}),
    ...(shell ? { shell: true as const } : {}),
    ...(chroot === null ? {} : { chroot }),
    ...(off ? { inactive: "manual" as const } : {}),
    ...(user === undefined ? {} : { settings: { User: user } }),
  };
}

/** `exitcodes=0,2`: these exit statuses are expected, and it is not started again after them; without it 0 is. */
function endsOf(option: IniValue | undefined): Pick<Job, "ends"> {
  if (option === undefined) return {};
  const { value, file, line } = option;
  const statuses = value.split(",").flatMap((word) => (/^\s*\d{1,3}\s*$/.test(word) ? [Number(word)] : []));
  const success = { statuses, signals: [], directive: `exitcodes=${value}`, file, line };
  const rules = { isDaemon: false, ignoresFailure: false, isTimed: false, zeroFails: true } as const;
  return { ends: { restart: "on-failure", success, ...rules } };
}

/** datatypes.py `auto_restart`; `unexpected`, the default, means an exit status other than those of `exitcodes`. */
function restartsOf(value: Untrusted | undefined): Job["restarts"] {
  if (value === undefined || value.toLowerCase() === "unexpected") return "on-failure";
  return /^(?:true|on|yes|1)$/i.test(value) ? "always" : "never";
}

function number(option: IniValue | undefined, otherwise: number, problems: Problem[]): number {
  if (option === undefined) return otherwise;
  if (/^\d{1,9}$/.test(option.value)) return Number(option.value);
  addProblem(problems, option.file, option.line, "not a number: supervisord does not start with it");
  return otherwise;
}

/** `%(program_name)s` and the like; what only the running daemon knows stays as it is. */
function expand(text: Untrusted, name: Untrusted): Untrusted {
  return text
    .replaceAll("%(program_name)s", () => name)
    .replaceAll("%(group_name)s", () => name)
    .replace(/%\(process_num\)0?(\d*)d/g, (_all, width: string) => "0".padStart(Math.min(Number(width) || 1, 8), "0"))
    .replaceAll("%%", "%");
}

function searchPathOf(environment: Untrusted | undefined): Untrusted[] {
  const set = /(?:^|,)\s*PATH\s*=\s*(?:"([^"]*)"|'([^']*)'|([^,"'\s]*))/.exec(environment ?? "");
  const value = set?.[1] ?? set?.[2] ?? set?.[3];
  return value === undefined || value.includes("%(") ? [...PATH] : value.split(":");
}
