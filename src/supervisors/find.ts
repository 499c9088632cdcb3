import { atOnce, type Steps } from "../model/steps.ts";
import type { Untrusted } from "../model/text.ts";
import { containerOf } from "../platform/container.ts";
import type { Root } from "../platform/root.ts";
import { claimsJob, isInPidFile } from "./claims.ts";
import { attempt, newBudget } from "./files/read-config.ts";
import { supervisors as allSupervisors } from "./registry.ts";
import { readStarted } from "./commands/scripts.ts";
import { resolveCommand, type Command, type Resolution } from "./commands/shadow.ts";
import { mentionedWords } from "./commands/shell-words.ts";
import { isUnitName, templateOf } from "./systemd/names.ts";
import { userNamed } from "./files/homes.ts";
import { spawnerTest } from "./spawner.ts";
import type { Job, Problem, Starter, Supervisor } from "./types.ts";

/** What is known about the program whose starter is looked for. Paths are as seen from the root. */
export interface JobQuestion {
  /** Files of the program, with the directory part resolved. */
  programs: readonly Untrusted[];
  /** The process that forks it, or that its orphans are handed to. */
  spawner?: Starter;
  /** Its cgroup path, e.g. `/system.slice/atd.service`. */
  cgroup?: Untrusted | null;
  /** Id of the container that is started, or its first twelve digits. */
  container?: Untrusted | null;
  /** Name of the program in that container, or in that of the cgroup: where it is the container's health check, that is meant. */
  inContainer?: Untrusted;
  /** What it runs as `sh -c TEXT`, where it is a shell: the whole command of a job of cron's. */
  shellText?: Untrusted;
  /** Its number, as its own PID namespace counts: some jobs say in which file it is kept. */
  pid?: number;
  /** Its environment; a program can forge it, so it is only a hint. */
  environment?: Readonly<Record<string, Untrusted>> | null;
}

/**
 * Why a job is taken for the one, best first.
 * `cgroup`: the process is in the cgroup of this unit or container. `container`: the job makes the container of this id. `command`: the job names the file. `search-path`: a bare
 * name that resolves to it. `script`: the job starts a script that becomes it (`exec`), and whoever spawned it is that
 * supervisor. `shell-command`: a command in the text that the job hands to a shell, which decides whether it comes to it.
 * `pidfile`: the file that the job names holds its number. `environment`: the process says so itself. `shadowed`: a bare name that would resolve to it
 * if a file of the same name did not come first. `shell`: the job runs a shell command or wrapper that mentions it.
 */
export const MATCH_KINDS = [
  "cgroup",
  "container",
  "command",
  "search-path",
  "script",
  "shell-command",
  "environment",
  "pidfile",
  "shadowed",
  "shell",
] as const;
export type MatchKind = (typeof MATCH_KINDS)[number];

export interface JobMatch {
  job: Job;
  resolution: Resolution;
  how: MatchKind;
  /** All reasons, best first. */
  also: MatchKind[];
  /** The one of `programs` that matched; null when only cgroup or environment did. */
  program: Untrusted | null;
  /**
   * Whether the spawner is the supervisor that this job belongs to; null when not told or not known. Where the supervisor
   * need not be PID 1, an init as spawner says nothing: it is handed everybody's orphans.
   */
  spawnerFits: boolean | null;
}

export interface JobSearch {
  matches: JobMatch[];
  /** Supervisors whose configuration is in the root and was read; empty: nothing to look at. */
  looked: string[];
  problems: Problem[];
}

/** What the supervisors of one root are told to start, whoever asks. */
export interface Configuration {
  /** Supervisors whose configuration is in the root and was read; empty: nothing to look at. */
  looked: string[];
  jobs: Configured[];
  problems: Problem[];
}

/** A job, what it starts, and what else its command line names: what is started first, and commands for a shell. */
interface Configured {
  job: Job;
  resolution: Resolution;
  startedAs?: Resolution;
  shellCommands?: Resolution[];
}

/** Reads the configuration of every supervisor present in the root. Never throws for file content. */
export function* readConfiguration(root: Root, among: readonly Supervisor[] = allSupervisors): Steps<Configuration> {
  const read: Configuration = { looked: [], jobs: [], problems: [] };
  const resolve = rememberingResolver(root);
  for (const supervisor of among) {
    if (!supervisor.present(root)) continue;
    read.looked.push(supervisor.id);
    const { jobs, problems } = yield* supervisor.jobs(root);
    read.problems.push(...problems);
    for (const job of jobs) {
      yield;
      const { startedAs, shellCommands, searchPath, chroot } = job;
      const named = (program: Untrusted): Resolution =>
        resolve({ program, searchPath, ...(chroot === undefined ? {} : { chroot }) });
      read.jobs.push({
        job,
        resolution: resolve(job),
        ...(startedAs === undefined ? {} : { startedAs: named(startedAs) }),
        ...(shellCommands === undefined ? {} : { shellCommands: shellCommands.map(named) }),
      });
    }
  }
  return read;
}

/** Looks in the configuration for jobs that start a program; it is read when it is not given. Never throws for file content. */
export function findJobs(
  root: Root,
  question: JobQuestion,
  { looked, jobs, problems }: Configuration = atOnce(readConfiguration(root)),
): JobSearch {
  const found: JobSearch = { matches: [], looked: [...looked], problems: [] };
  const targets = question.programs.map((path) => targetOf(root, path, found.problems));
  const fits = spawnerTest(root, question.spawner);
  found.problems.push(...problems);
  for (const configured of jobs) {
    const said: MatchKind[] = [];
    if (claimsJob(root, configured.job, question.environment)) said.push("environment");
    if (question.pid !== undefined && isInPidFile(root, configured.job, question.pid)) said.push("pidfile");
    const match = matchJob(configured, question, targets, said);
    if (match !== null)
      found.matches.push({ ...match, job: ofUser(root, match, question), spawnerFits: fits(match.job) });
  }
  const isNamed = ({ how, spawnerFits }: JobMatch): boolean =>
    spawnerFits === true && how !== "shadowed" && how !== "shell";
  // What a user's manager started is in the cgroup of its own service too, which is not what starts it.
  if (found.matches.some(({ job, how }) => how === "cgroup" && job.manager !== undefined))
    found.matches = found.matches.filter(({ job, how }) => job.supervisor !== "systemd" || how !== "cgroup");
  // Reading scripts costs: only those of the supervisor that was seen, and where nothing else tells.
  if (question.spawner !== undefined && targets.length > 0 && !found.matches.some(isNamed))
    for (const { job, resolution } of jobs) {
      const target = fits(job) === true ? becomes(root, resolution, targets) : undefined;
      if (target === undefined) continue;
      found.matches = found.matches.filter((match) => match.job !== job);
      found.matches.push({ job, resolution, how: "script", also: ["script"], program: target.path, spawnerFits: true });
    }
  found.matches.sort((a, b) => rank(a) - rank(b));
  return found;
}

/** The target that a script becomes, where the job starts a script. */
function becomes(root: Root, { resolvesTo }: Resolution, targets: readonly Target[]): Target | undefined {
  if (resolvesTo === null || /\/(?:ba|da|k|z)?sh$/.test(resolvesTo)) return undefined;
  const program = readStarted(root, resolvesTo, [], newBudget())?.program ?? null;
  if (program === null || program === resolvesTo) return undefined;
  const path = attempt([], program, program, () => root.canonical(program) ?? program);
  return targets.find((target) => target.path === path || (!program.includes("/") && target.name === program));
}

/** Kind first; then a supervisor that runs before one that does not, and jobs that restart before those that start once. */
function rank(match: JobMatch): number {
  const fits = match.spawnerFits === true ? 0 : match.spawnerFits === null ? 1 : 2;
  const idle = (match.job.inactive === undefined ? 0 : 2) + (match.job.isCheck === true ? 0 : 1);
  return MATCH_KINDS.indexOf(match.how) * 100 + fits * 10 + idle * 2 + (match.job.restarts === "never" ? 1 : 0);
}

interface Target {
  path: Untrusted;
  name: Untrusted;
  devIno: string | null;
}

function targetOf(root: Root, path: Untrusted, problems: Problem[]): Target {
  return attempt(problems, path, { path, name: baseName(path), devIno: null }, () => {
    const stat = root.stat(path);
    return {
      path: root.canonical(path) ?? path,
      name: baseName(path),
      devIno: stat === null ? null : `${stat.dev}:${stat.ino}`,
    };
  });
}

/** Many jobs start the same few programs (/bin/sh). */
function rememberingResolver(root: Root): (command: Command) => Resolution {
  const known = new Map<string, Resolution>();
  return (job) => {
    const key = JSON.stringify([job.program, job.searchPath, job.chroot ?? null]);
    const resolution = known.get(key) ?? resolveCommand(root, job);
    if (known.size < 4_096) known.set(key, resolution);
    return resolution;
  };
}

const THROUGH_SHELL = new Set(allSupervisors.filter(({ atWork }) => atWork?.throughShell === true).map(({ id }) => id));

function matchJob(
  { job, resolution, startedAs, shellCommands = [] }: Configured,
  question: JobQuestion,
  targets: readonly Target[],
  /** Hints that files beside the configuration give. */
  said: readonly MatchKind[],
): Omit<JobMatch, "spawnerFits"> | null {
  const hints: MatchKind[] = [];
  if (job.supervisor === "systemd" && isUnitOf(job.activates ?? job.unit, unitOfCgroup(question.cgroup ?? null)))
    hints.push("cgroup");
  if (job.manager !== undefined && isUsersUnit(job, job.manager, question.cgroup ?? null)) hints.push("cgroup");
  if (isContainerOf(job, question.cgroup ?? "") && isMeant(job, question)) hints.push("cgroup");
  // A supervisor that starts each command by a shell: the same text is the same line.
  const text = THROUGH_SHELL.has(job.supervisor) ? job.command : job.shellText;
  if (question.shellText !== undefined && text === question.shellText) hints.push("command");
  const { container } = question;
  if (container && container.length >= 12 && job.container?.startsWith(container) === true && isMeant(job, question))
    hints.push("container");
  hints.push(...said);
  const mentions = targets.filter((target) => mentionsOf(job, target));
  const kinds = new Set(hints);
  let program: Untrusted | null = null;
  const note = (kind: MatchKind, target: Target): void => {
    kinds.add(kind);
    program ??= target.path;
  };
  for (const target of targets)
    if (startsTarget(resolution, target)) note(job.program?.includes("/") === true ? "command" : "search-path", target);
  for (const target of targets)
    if (startedAs !== undefined && startsTarget(startedAs, target))
      note(job.startedAs?.includes("/") === true ? "command" : "search-path", target);
  for (const target of targets)
    if (shellCommands.some((command) => startsTarget(command, target))) note("shell-command", target);
  for (const target of targets)
    if (!kinds.has("search-path") && isCandidate(job, resolution, target)) note("shadowed", target);
  if (!["command", "search-path", "shell-command", "shadowed"].some((kind) => kinds.has(kind as MatchKind)))
    for (const target of mentions) note("shell", target);
  const also = MATCH_KINDS.filter((kind) => kinds.has(kind));
  const [how] = also;
  return how === undefined ? null : { job, resolution, how, also, program };
}

/** A unit that all users share, of the one user in whose manager's cgroup the process is. */
function ofUser(root: Root, { job, how }: Pick<JobMatch, "job" | "how">, { cgroup = null }: JobQuestion): Job {
  const { manager } = job;
  const running = manager?.uid === null && how === "cgroup" ? userUnitOfCgroup(cgroup) : null;
  const name = running === null ? null : userNamed(root, running.uid);
  if (manager === undefined || running === null || name === null) return job;
  return { ...job, user: { uid: running.uid, name } };
}

/** A health check is meant where it runs that very program. */
function isMeant(job: Job, { inContainer }: JobQuestion): boolean {
  return job.isCheck !== true || (inContainer !== undefined && runs(job, inContainer));
}

/** Whether a job's command line comes to a program of this name. */
export function runs({ program, startedAs, shellCommands = [] }: Job, name: Untrusted): boolean {
  return [program, startedAs, ...shellCommands].some((one) => one != null && baseName(one) === name);
}

/** Whether a cgroup is that of the job's container, or of a pod of it. */
function isContainerOf({ container, pods }: Job, cgroup: Untrusted): boolean {
  if (container === undefined && pods === undefined) return false;
  const inside = containerOf(cgroup);
  if (inside === null) return false;
  return inside.id === container || (inside.pod !== undefined && pods?.includes(inside.pod.uid) === true);
}

/** Same entry, or another name (link, merged directory) of the same file. */
function startsTarget(resolution: Resolution, target: Target): boolean {
  const { resolvesTo, candidates } = resolution;
  if (resolvesTo === null) return false;
  if (resolvesTo === target.path) return true;
  const winner = candidates.find(({ path }) => path === resolvesTo);
  return winner?.realpath === target.path || (target.devIno !== null && winner?.devIno === target.devIno);
}

/** A bare name whose search comes past the target, there or taken away meanwhile, without stopping at it. */
function isCandidate(job: Job, resolution: Resolution, target: Target): boolean {
  if (job.program === null || job.program.includes("/")) return false;
  return resolution.candidates.some(
    ({ path, named, devIno }) =>
      path === target.path || named === target.path || (devIno !== null && devIno === target.devIno),
  );
}

/** A shell or wrapper whose command line holds the program's path, or its bare name. */
function mentionsOf(job: Job, target: Target): boolean {
  if (target.name === "" || !job.command.includes(target.name)) return false;
  const words = mentionedWords(job.command);
  return words.has(target.path) || words.has(target.name);
}

/**
 * The system unit of a cgroup path: its last service, which is the container's own where one runs systemd; below
 * `user@1000.service` the units are a user manager's, so that service is it. An underscore escapes names there (cg_escape).
 */
export function unitOfCgroup(cgroup: Untrusted | null): Untrusted | null {
  const services = (cgroup ?? "").split("/").filter((part) => part.endsWith(".service"));
  const unit = (services.find((part) => part.startsWith("user@")) ?? services.at(-1))?.replace(/^_/, "") ?? null;
  return unit !== null && isUnitName(unit) ? unit : null;
}

/**
 * The unit of a user's manager that a cgroup path names, and the user: `…/user@1000.service/app.slice/x.service` (null: none,
 * or it is in a container, where units are those of another systemd).
 */
export function userUnitOfCgroup(cgroup: Untrusted | null): { uid: number; unit: Untrusted } | null {
  const [above, below] = (cgroup ?? "").split(/\/user@(?=\d{1,10}\.service\/)/);
  if (above === undefined || below === undefined || containerOf(cgroup ?? "") !== null) return null;
  const unit = below
    .split("/")
    .slice(1)
    .findLast((part) => part.endsWith(".service"))
    ?.replace(/^_/, "");
  return unit !== undefined && isUnitName(unit) ? { uid: Number.parseInt(below, 10), unit } : null;
}

function isUsersUnit(job: Job, { uid, except }: NonNullable<Job["manager"]>, cgroup: Untrusted | null): boolean {
  const running = userUnitOfCgroup(cgroup);
  if (running === null || (uid !== null && uid !== running.uid) || except.includes(running.uid)) return false;
  return isUnitOf(job.activates ?? job.unit, running.unit);
}

function isUnitOf(unit: Untrusted, running: Untrusted | null): boolean {
  return running !== null && (unit === running || (templateOf(running) !== running && unit === templateOf(running)));
}

function baseName(path: Untrusted): Untrusted {
  return path.slice(path.lastIndexOf("/") + 1);
}
