import type { Steps } from "../../model/steps.ts";
import type { Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import type { EndRules } from "../end-rules.ts";
import { addProblem, attempt, listConfig, newBudget, readConfig, type Budget } from "../files/read-config.ts";
import { activationJob, reduceActivation, type Activation } from "./activation.ts";
import { readCommandLine } from "../commands/shell-line.ts";
import { readWord } from "./command.ts";
import { parseUnitFile, type Assignment, type UnitFile } from "./file.ts";
import { isTemplate } from "./names.ts";
import { managerDefaults, reduceService, type Service } from "./service.ts";
import { reduceTimer, timerJob, type Timer } from "./timer.ts";
import { findUnits, UNIT_DIRECTORIES, UnitTree, type UnitFiles } from "./tree.ts";
import type { Job, JobReading, Problem, Supervisor } from "../types.ts";

/** DEFAULT_PATH of systemd with a split /usr/sbin (`systemd-path search-binaries-default`): sbin before bin. */
export const SYSTEMD_PATH: readonly Untrusted[] = [
  "/usr/local/sbin",
  "/usr/local/bin",
  "/usr/sbin",
  "/usr/bin",
  "/sbin",
  "/bin",
];

/** Folders of system.conf and its drop-ins, the first wins for one name (systemd-system.conf(5)). */
export const CONFIG_DIRECTORIES: readonly Untrusted[] = [
  "/etc/systemd",
  "/run/systemd",
  "/usr/local/lib/systemd",
  "/usr/lib/systemd",
  "/lib/systemd",
];

/** systemd's system services as its files describe them; what runs now is asked from `liveFacts`. */
export const systemd: Supervisor = {
  id: "systemd",
  present(root) {
    return UNIT_DIRECTORIES.some((directory) =>
      attempt([], directory, true, () => root.list(directory)?.some((name) => name.endsWith(".service")) ?? false),
    );
  },
  jobs: (root) => readManager(root, SYSTEM),
};

/** One kind of manager: where its units and its own settings are, and what its specifiers stand for. */
export interface Manager {
  /** Unit directories, the first wins. */
  directories: readonly Untrusted[];
  /** Files of its settings (systemd-system.conf(5)): folders and name; drop-ins lie in `NAME.d`. */
  settings: { directories: readonly Untrusted[]; name: string };
  /** Specifiers that are not those of the system manager. */
  specifiers: Readonly<Record<string, Untrusted>>;
}

const SYSTEM: Manager = {
  directories: UNIT_DIRECTORIES,
  settings: { directories: CONFIG_DIRECTORIES, name: "system.conf" },
  specifiers: {},
};

/** The jobs of a manager: services, and what timers, sockets and paths have them do. */
export function* readManager(root: Root, manager: Manager): Steps<JobReading> {
  const reading: JobReading = { jobs: [], problems: [] };
  const tree = new UnitTree(root, reading.problems, manager.directories);
  const timers = yield* readTimers(root, reading.problems, tree);
  const asking = yield* readActivations(root, reading.problems, tree);
  const named = [
    ...timers.map(({ timer }) => timer.activates),
    ...asking.map(({ activation }) => activation.activates),
  ];
  const started = new Set(named.filter((name) => name.endsWith(".service")));
  const byUnit = new Map<Untrusted, Job[]>();
  for (const { unit, service } of yield* readServices(root, reading.problems, started, tree, manager)) {
    if (service.refused !== null) addProblem(reading.problems, unit.fragment, null, `${unit.name}: ${service.refused}`);
    const wantedBy = tree.wantersOf(unit.names);
    const jobs = service.exec.map((exec) => ({ ...jobOf(unit.name, unit.fragment, service, exec), wantedBy }));
    for (const name of unit.names) byUnit.set(name, jobs);
    reading.jobs.push(...jobs);
  }
  const wanted = (jobs: (Job | null)[], { names }: UnitFiles): Job[] =>
    jobs.filter((job) => job !== null).map((job) => ({ ...job, wantedBy: tree.wantersOf(names) }));
  for (const { unit, timer } of timers) {
    const jobs = (byUnit.get(timer.activates) ?? []).map((job) => timerJob(unit.name, unit.fragment, timer, job));
    reading.jobs.push(...wanted(jobs, unit));
  }
  for (const { unit, activation } of asking) {
    const jobs = byUnit.get(activation.activates) ?? [];
    const asked = jobs.map((job) => activationJob(unit.name, unit.fragment, activation, job));
    reading.jobs.push(...wanted(asked, unit));
  }
  return reading;
}

/** Every service of a manager with what its files amount to; `also` instances of templates that nothing wants, by name. */
export function* readServices(
  root: Root,
  problems: Problem[],
  also: Iterable<Untrusted> = [],
  tree = new UnitTree(root, problems),
  { settings, specifiers }: Manager = SYSTEM,
): Steps<{ unit: UnitFiles; service: Service }[]> {
  const budget = newBudget();
  const defaults = managerDefaults(readManagerConfig(root, settings, problems, budget));
  const parsed = unitReader(root, problems, budget);
  const services: { unit: UnitFiles; service: Service }[] = [];
  for (const unit of yield* findUnits(tree, "service", also)) {
    yield;
    const service = reduceService(unit.name, assignmentsOf(unit, parsed), defaults, problems, specifiers);
    if (parsed(unit.fragment).broken !== null)
      service.refused ??= "a line that systemd cannot read: it refuses the unit";
    services.push({ unit, service });
  }
  return services;
}

function* readTimers(root: Root, problems: Problem[], tree: UnitTree): Steps<{ unit: UnitFiles; timer: Timer }[]> {
  const parsed = unitReader(root, problems, newBudget());
  const timers: { unit: UnitFiles; timer: Timer }[] = [];
  for (const unit of yield* findUnits(tree, "timer")) {
    yield;
    if (parsed(unit.fragment).broken === null)
      timers.push({ unit, timer: reduceTimer(unit.name, assignmentsOf(unit, parsed), problems) });
  }
  return timers;
}

function* readActivations(
  root: Root,
  problems: Problem[],
  tree: UnitTree,
): Steps<{ unit: UnitFiles; activation: Activation }[]> {
  const parsed = unitReader(root, problems, newBudget());
  const asking: { unit: UnitFiles; activation: Activation }[] = [];
  for (const type of ["socket", "path"] as const)
    for (const unit of yield* findUnits(tree, type)) {
      yield;
      if (parsed(unit.fragment).broken === null)
        asking.push({ unit, activation: reduceActivation(unit.name, type, assignmentsOf(unit, parsed), problems) });
    }
  return asking;
}

type UnitReader = (file: Untrusted) => UnitFile;

/** Reads each file once: templates and drop-ins of a type belong to several units. */
function unitReader(root: Root, problems: Problem[], budget: Budget): UnitReader {
  const known = new Map<Untrusted, UnitFile>();
  return (file) => {
    const read = known.get(file) ?? parseFile(root, file, problems, budget);
    known.set(file, read);
    return read;
  };
}

function assignmentsOf({ fragment, dropIns }: UnitFiles, parsed: UnitReader): Assignment[] {
  return [fragment, ...dropIns].flatMap((file) => parsed(file).assignments);
}

function parseFile(root: Root, file: Untrusted, problems: Problem[], budget: Budget): UnitFile {
  const text = readConfig(root, file, problems, budget);
  return text === null ? { assignments: [], broken: null } : parseUnitFile(text, file, problems);
}

/** system.conf or user.conf, the first found, then its drop-ins by name. */
function readManagerConfig(
  root: Root,
  { directories, name: own }: Manager["settings"],
  problems: Problem[],
  budget: Budget,
): Assignment[] {
  const files: Untrusted[] = [];
  const main = directories
    .map((directory) => `${directory}/${own}`)
    .find((file) => attempt(problems, file, false, () => root.stat(file) !== null));
  if (main !== undefined) files.push(main);
  const dropIns = new Map<Untrusted, Untrusted>();
  for (const directory of directories)
    for (const name of listConfig(root, `${directory}/${own}.d`, problems))
      if (name.endsWith(".conf") && !dropIns.has(name)) dropIns.set(name, `${directory}/${own}.d/${name}`);
  files.push(...[...dropIns].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path));
  return files.flatMap((file) => parseFile(root, file, problems, budget).assignments);
}

function jobOf(unit: Untrusted, fragment: Untrusted, service: Service, exec: Service["exec"][number]): Job {
  const limited = service.startLimitSeconds > 0 && service.startLimitBurst > 0;
  const { restarts, from, directive } = restartOf(service, exec.from);
  const { command } = exec;
  const line = command.program === null ? null : readCommandLine([command.program, ...asShellSees(command)]);
  const own = service.searchPath.length > 0 ? service.searchPath : [...SYSTEMD_PATH];
  const isFollowed = line !== null && (line.becomes !== null || line.text !== null);
  const chroot = service.rootDirectory ?? line?.chroot ?? null;
  return {
    supervisor: "systemd",
    unit,
    file: from.file,
    line: from.line,
    directive,
    restarts,
    limit: limited ? { starts: service.startLimitBurst, seconds: service.startLimitSeconds } : null,
    atLimit: limited ? { action: "stop" } : null,
    delaySeconds: service.restartSeconds,
    command: exec.text,
    program: line?.becomes ?? command.program,
    // Its own for the first word; a wrapper or a shell searches by the PATH that it is given.
    searchPath: isFollowed ? (line.path ?? environmentPath(service.settings.Environment) ?? own) : own,
    ...(line?.becomes != null && command.program !== null ? { startedAs: command.program } : {}),
    ...(line?.text == null ? {} : { shell: true as const, shellCommands: line.commands }),
    ...(line?.text == null || /\$\{\w+\}/.test(line.text) ? {} : { shellText: line.text }),
    expects: service.type,
    ...(restarts === "never" ? {} : { ends: endRulesOf(service, exec.command.prefixes) }),
    ...(from.file === fragment ? {} : { definition: fragment }),
    ...(service.refused !== null
      ? { inactive: "rejected" as const }
      : isTemplate(unit)
        ? { inactive: "template" as const }
        : {}),
    ...(chroot === null ? {} : { chroot }),
    ...(Object.keys(service.settings).length > 0 ? { settings: service.settings } : {}),
  };
}

/** Arguments as the program gets them: `$$` is a dollar unless the prefix `:` says otherwise; `${NAME}` stays, its value is not known. */
function asShellSees({ argv, prefixes }: Service["exec"][number]["command"]): Untrusted[] {
  return argv.slice(1).map((word) => (prefixes.includes(":") ? word : word.replaceAll("$$", "$")));
}

/** The directories of `PATH=` in Environment=; null: it is not set there. */
function environmentPath(environment: Untrusted | undefined): Untrusted[] | null {
  let path: Untrusted[] | null = null;
  const text = environment ?? "";
  let at = 0;
  while (at < text.length) {
    const word = readWord(text, at);
    if (word === null) break;
    if (word.word.startsWith("PATH=")) path = word.word.slice("PATH=".length).split(":");
    at = Math.max(word.next, at) + 1;
  }
  return path;
}

/** Restart= decides; RestartForceExitStatus= restarts in its cases even with Restart=no (`service_shall_restart`). */
function restartOf(
  service: Service,
  exec: Assignment,
): { restarts: Job["restarts"]; from: Pick<Assignment, "file" | "line">; directive: Untrusted } {
  const { restart, force } = service;
  if (restart !== null && restart.value !== "no")
    return { restarts: RESTARTS[restart.value] ?? "never", from: restart.from, directive: `Restart=${restart.value}` };
  if (force !== undefined)
    return {
      restarts: force.statuses.includes(0) ? "on-success" : "on-failure",
      from: force,
      directive: force.directive,
    };
  return { restarts: "never", from: exec, directive: "ExecStart=" };
}

function endRulesOf({ restart, success, prevent, force, type, isTimed }: Service, prefixes: string): EndRules {
  return {
    restart: restart?.value ?? "no",
    ...(success === undefined ? {} : { success }),
    ...(prevent === undefined ? {} : { prevent }),
    ...(force === undefined ? {} : { force }),
    isDaemon: type !== "oneshot",
    ignoresFailure: prefixes.includes("-"),
    isTimed,
  };
}

const RESTARTS: Record<string, Job["restarts"]> = {
  always: "always",
  "on-failure": "on-failure",
  "on-success": "on-success",
  "on-abnormal": "on-signal",
  "on-abort": "on-signal",
  "on-watchdog": "on-signal",
};
