import type { Steps } from "../../model/steps.ts";
import type { Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import { addProblem, attempt, listConfig, newBudget, readConfig, type Budget } from "../files/read-config.ts";
import { needsShell, shellProgram } from "../commands/shell-words.ts";
import type { Job, JobReading, Supervisor } from "../types.ts";
import { applyConf, emptyConf, type UpstartConf } from "./conf.ts";

const DIRECTORY = "/etc/init";
/** Deepest folder below /etc/init that is read; a job in one is named `folder/job`. */
const MAX_DEPTH = 8;

/** PATH that upstart sets for itself and its jobs (init/paths.h): /usr/bin before /usr/sbin. */
export const UPSTART_PATH: readonly Untrusted[] = [
  "/usr/local/sbin",
  "/usr/local/bin",
  "/usr/bin",
  "/usr/sbin",
  "/sbin",
  "/bin",
];

/** upstart's system jobs: /etc/init/*.conf with *.override over them (init(5)). */
export const upstart: Supervisor = {
  id: "upstart",
  present(root) {
    return attempt([], DIRECTORY, true, () => root.list(DIRECTORY)?.some((name) => name.endsWith(".conf")) ?? false);
  },
  *jobs(root) {
    const reading: JobReading = { jobs: [], problems: [] };
    yield* readFolder(root, "", 0, reading, newBudget());
    return reading;
  },
};

function* readFolder(root: Root, folder: Untrusted, depth: number, reading: JobReading, budget: Budget): Steps<void> {
  const directory = DIRECTORY + folder;
  for (const name of listConfig(root, directory, reading.problems)) {
    const path = `${directory}/${name}`;
    yield;
    // Hidden files count, only `.conf` itself does not (`is_conf_file`); hidden folders do not (`nih_file_ignore`).
    if (name.endsWith(".conf") && name !== ".conf") {
      const job = readJob(root, path, `${folder}/${name}`.slice(1, -".conf".length), reading, budget);
      if (job !== null) reading.jobs.push(job);
    } else if (
      !name.startsWith(".") &&
      attempt(reading.problems, path, false, () => root.stat(path)?.isDirectory() ?? false)
    ) {
      if (depth < MAX_DEPTH) yield* readFolder(root, `${folder}/${name}`, depth + 1, reading, budget);
      else addProblem(reading.problems, path, null, "folders too deep: not read");
    }
  }
}

function readJob(root: Root, path: Untrusted, unit: Untrusted, reading: JobReading, budget: Budget): Job | null {
  const conf = emptyConf();
  const override = path.replace(/\.conf$/, ".override");
  let rejected = false;
  for (const file of [path, override]) {
    if (file === override && attempt(reading.problems, file, null, () => root.lstat(file)) === null) continue;
    const text = readConfig(root, file, reading.problems, budget);
    if (text === null) continue;
    const problem = applyConf(conf, text, file);
    if (problem === null) continue;
    addProblem(reading.problems, file, problem.line, `${problem.why}: upstart refuses the file`);
    if (file === path) rejected = true;
  }
  return conf.main === null ? null : jobOf(conf, conf.main, unit, path, rejected);
}

function jobOf(
  conf: UpstartConf,
  main: NonNullable<UpstartConf["main"]>,
  unit: Untrusted,
  path: Untrusted,
  rejected: boolean,
): Job {
  const unlimited = conf.limit.starts === 0 || conf.limit.seconds === 0;
  const limited = conf.respawn !== null && !unlimited;
  const shell = main.script || needsShell(main.command);
  const program = shell
    ? shellProgram(main.script ? main.command : `exec ${main.command}`)
    : (main.command.split(/[ \t\r\n]+/).find((word) => word !== "") ?? null);
  const place = conf.respawn ?? main;
  return {
    supervisor: "upstart",
    unit,
    file: place.file,
    line: place.line,
    directive: conf.respawn === null ? (main.script ? "script" : "exec") : respawnDirective(conf),
    restarts: restartsOf(conf),
    limit: limited ? { starts: conf.limit.starts, seconds: conf.limit.seconds } : null,
    atLimit: limited ? { action: "stop" } : null,
    delaySeconds: 0,
    command: main.command,
    program,
    searchPath: searchPathOf(conf),
    expects: conf.expects,
    ...(place.file === path ? {} : { definition: path }),
    ...(shell ? { shell: true as const } : {}),
    ...(rejected ? { inactive: "rejected" as const } : conf.manual ? { inactive: "manual" as const } : {}),
    ...(conf.chroot === null ? {} : { chroot: conf.chroot }),
    ...settingsOf(conf),
  };
}

/** `respawn` alone never counts an end by exit 0 of a `task`, nor one named by `normal exit` (init/job_process.c). */
function restartsOf(conf: UpstartConf): Job["restarts"] {
  if (conf.respawn === null) return "never";
  return conf.task || conf.normalExit.includes("0") ? "on-failure" : "always";
}

function respawnDirective(conf: UpstartConf): string {
  if (!conf.limit.written) return "respawn";
  return conf.limit.starts === 0 || conf.limit.seconds === 0
    ? "respawn limit unlimited"
    : `respawn limit ${conf.limit.starts} ${conf.limit.seconds}`;
}

/** `env PATH=…` replaces upstart's own; execvp(3) runs with the job's environment. The last one wins. */
function searchPathOf(conf: UpstartConf): Untrusted[] {
  const set = conf.env.findLast((variable) => variable.startsWith("PATH="));
  return set === undefined ? [...UPSTART_PATH] : set.slice("PATH=".length).split(":");
}

function settingsOf(conf: UpstartConf): Pick<Job, "settings"> {
  const settings: NonNullable<Job["settings"]> = {};
  if (conf.user !== null) settings.User = conf.user;
  if (conf.env.length > 0) settings.Environment = conf.env.join(" ");
  return conf.user === null && conf.env.length === 0 ? {} : { settings };
}
