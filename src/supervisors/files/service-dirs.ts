import type { Steps } from "../../model/steps.ts";
import type { Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import { readExecline } from "../commands/execline.ts";
import { addProblem, attempt, listConfig, newBudget, readConfig, type Budget } from "./read-config.ts";
import { lineOf, readStarted } from "../commands/scripts.ts";
import type { Job, JobReading } from "../types.ts";

/** What runit and s6 (and daemontools before them) have in common: a directory a service, with a program `run` in it. */
export interface ServiceDirs {
  supervisor: string;
  /** Directories whose services are started. */
  scanned: readonly Untrusted[];
  /** Directories that hold services which are started only when one of `scanned` links to them. */
  available: readonly Untrusted[];
  searchPath: readonly Untrusted[];
  /** Folders in which a manager makes every service `down` and brings it up by itself: the file says nothing there. */
  ignoresDown?: RegExp;
  /** Whether folders may be sources of s6-rc, whose file `type` says what they are. */
  typed?: true;
}

/** runsv and s6-supervise leave a second between two starts of a program that lives shorter than that. */
const SPACING_SECONDS = 1;
/** How much of a command line is shown where no program of it is told. */
const MOST_COMMAND = 4_096;

/** Reads every service once, under the name that its first scan directory gives it. */
export function* readServiceDirs(root: Root, dirs: ServiceDirs): Steps<JobReading> {
  const reading: JobReading = { jobs: [], problems: [] };
  const budget = newBudget();
  const seen = new Set<Untrusted>();
  for (const [folders, active] of [
    [dirs.scanned, true],
    [dirs.available, false],
  ] as const) {
    const real = folders.flatMap((folder) => attempt([], folder, null, () => root.realpath(folder)) ?? folder);
    for (const folder of new Set(real)) {
      for (const name of listConfig(root, folder, reading.problems)) {
        yield;
        if (name.startsWith(".")) continue;
        const directory = directoryOf(root, `${folder}/${name}`, reading);
        if (directory === null || seen.has(directory)) continue;
        seen.add(directory);
        readService(root, dirs, { unit: name, directory, active }, reading, budget);
      }
    }
  }
  return reading;
}

function directoryOf(root: Root, path: Untrusted, { problems }: JobReading): Untrusted | null {
  return attempt(problems, path, null, () => {
    const real = root.realpath(path);
    if (real === null) addProblem(problems, path, null, "a link to nowhere");
    return real !== null && root.stat(real)?.isDirectory() === true ? real : null;
  });
}

interface Service {
  unit: Untrusted;
  directory: Untrusted;
  active: boolean;
}

function readService(root: Root, dirs: ServiceDirs, service: Service, reading: JobReading, budget: Budget): void {
  const { unit, directory } = service;
  const isThere = (name: string): boolean =>
    attempt(reading.problems, `${directory}/${name}`, false, () => root.stat(`${directory}/${name}`) !== null);
  if (dirs.typed === true && isThere("type")) {
    const type = readConfig(root, `${directory}/type`, reading.problems, budget)?.trim();
    if (type === "oneshot") readUp(root, dirs, service, reading, budget);
    // A bundle is a name for other services.
    if (type === "oneshot" || type === "bundle") return;
  }
  // A folder without `run` is no service, unless it only holds a log: runsv and s6-supervise complain and wait.
  if (isThere("run")) readRun(root, dirs, service, reading, budget);
  else if (service.active) addProblem(reading.problems, `${directory}/run`, null, "not there: nothing is started");
  if (isThere("log/run"))
    readRun(root, dirs, { ...service, unit: `${unit}/log`, directory: `${directory}/log` }, reading, budget);
}

/** A oneshot of s6-rc: its file `up` is one command line of execline, run once (s6-rc-compile.html, source format). */
function readUp(
  root: Root,
  { supervisor, searchPath }: ServiceDirs,
  { unit, directory, active }: Service,
  { jobs, problems }: JobReading,
  budget: Budget,
): void {
  const file = `${directory}/up`;
  const text = readConfig(root, file, problems, budget);
  if (text === null) return;
  const { words, program, chroot, at } = readExecline(text);
  jobs.push({
    supervisor,
    unit,
    file,
    line: at === null ? 1 : lineOf(text, at),
    directive: "up",
    restarts: "never",
    limit: null,
    atLimit: null,
    delaySeconds: 0,
    command: program === null ? text.slice(0, MOST_COMMAND) : words.join(" "),
    program,
    searchPath: [...searchPath],
    expects: null,
    shell: true,
    ...(chroot === null ? {} : { chroot }),
    ...(active ? {} : { inactive: "off" as const }),
  });
}

function readRun(
  root: Root,
  { supervisor, searchPath, ignoresDown }: ServiceDirs,
  { unit, directory, active }: Service,
  { jobs, problems }: JobReading,
  budget: Budget,
): void {
  const file = `${directory}/run`;
  const started = readStarted(root, file, problems, budget);
  if (started === null) return;
  const { path, ...what } = started;
  const executable = attempt(problems, file, false, () => ((root.stat(file)?.mode ?? 0n) & 0o111n) !== 0n);
  if (!executable) addProblem(problems, file, null, "not executable: it cannot be started");
  const isTold = ignoresDown?.test(`${directory}/`) !== true;
  const down = isTold && attempt(problems, file, false, () => root.lstat(`${directory}/down`) !== null);
  const inactive = !executable ? "rejected" : !active ? "off" : down ? "manual" : null;
  jobs.push({
    supervisor,
    unit,
    file,
    restarts: "always",
    limit: null,
    atLimit: null,
    delaySeconds: SPACING_SECONDS,
    minimumLifeSeconds: SPACING_SECONDS,
    searchPath: [...(path ?? searchPath)],
    expects: null,
    ...what,
    directive: "run",
    line: what.line ?? 1,
    ...(inactive === null ? {} : { inactive }),
  });
}

/** Whether `runsv NAME` or `s6-supervise /path/NAME` works for a job; its log has the same supervisor (runsv) or `NAME/log`. */
export function worksForService(argv: readonly Untrusted[], { unit, file }: Job): boolean {
  const named = (argv[1] ?? "").replace(/\/+$/, "").replace(/^\.\//, "");
  if (named.startsWith("/")) return file === `${named}/run` || file === `${named}/log/run`;
  return named === unit || `${named}/log` === unit;
}
