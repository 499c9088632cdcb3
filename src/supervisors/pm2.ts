import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { countOf, lineOf, member, readJson, textOf, textsOf } from "./files/json-config.ts";
import { addProblem, attempt, listConfig, newBudget, type Budget } from "./files/read-config.ts";
import type { Job, JobReading, Problem, Supervisor } from "./types.ts";

const MOST_APPS = 10_000;
/** An app that ends sooner is unstable, and after so many unstable runs it is given up (pm2 lib/God.js). */
const MIN_UPTIME_MS = 1000;
const UNSTABLE_RESTARTS = 16;
/** With `exp_backoff_restart_delay` each wait is half as long again, up to 15 s; a run of 30 s begins anew (lib/God.js, lib/Worker.js). */
const BACK_OFF = { factor: 1.5, longestSeconds: 15, resetAfterSeconds: 30 };
/** How the daemon names itself: `PM2 v7.0.4: God Daemon (/root/.pm2)`. */
const GOD = /^PM2 v\S+: God Daemon \((.*)\)$/s;

/**
 * pm2: apps as `pm2 save` keeps them in `dump.pm2` of each home's `.pm2`; those that were never saved are not told. An app
 * that ends is started again at once unless `autorestart` is false.
 */
export const pm2: Supervisor = {
  id: "pm2",
  present: (root) => dumpsOf(root, []).length > 0,
  *jobs(root) {
    const reading: JobReading = { jobs: [], problems: [] };
    const budget = newBudget();
    for (const file of dumpsOf(root, reading.problems)) {
      yield;
      readDump(root, file, reading, budget);
    }
    return reading;
  },
  atWork: {
    programs: ["node", "nodejs", "bun"],
    worksFor(argv, { file }) {
      const home = GOD.exec(argv[0] ?? "")?.[1];
      return home === undefined ? null : file === `${home}/dump.pm2`;
    },
  },
};

function dumpsOf(root: Root, problems: Problem[]): Untrusted[] {
  const homes = ["/root", ...listConfig(root, "/home", problems).map((name) => `/home/${name}`)];
  const dumps = homes.map((home) => `${home}/.pm2/dump.pm2`);
  return dumps.filter((file) => attempt(problems, file, false, () => root.lstat(file) !== null));
}

function readDump(root: Root, file: Untrusted, { jobs, problems }: JobReading, budget: Budget): void {
  const dump = readJson(root, file, problems, budget);
  if (dump === null) return;
  if (!Array.isArray(dump.value)) return addProblem(problems, file, null, "no list of apps");
  for (const app of (dump.value as unknown[]).slice(0, MOST_APPS)) {
    const job = jobOf(app, file, dump.text);
    if (job === null) addProblem(problems, file, null, "an app without a program");
    else jobs.push(job);
  }
}

function jobOf(app: unknown, file: Untrusted, text: Untrusted): Job | null {
  const path = textOf(member(app, "pm_exec_path"));
  if (path === null || path === "") return null;
  const interpreter = textOf(member(app, "exec_interpreter")) ?? "node";
  const isItself = interpreter === "none" || interpreter === "";
  const words = [
    ...(isItself ? [] : [interpreter, ...textsOf(member(app, "node_args"))]),
    path,
    ...textsOf(member(app, "args")),
  ];
  const brings = member(app, "autorestart") !== false;
  const starts = countOf(member(app, "max_restarts")) ?? UNSTABLE_RESTARTS;
  const uptime = (countOf(member(app, "min_uptime")) ?? MIN_UPTIME_MS) / 1000;
  const pidFile = textOf(member(app, "pm_pid_path"));
  const isLimited = brings && starts > 0;
  const growing = countOf(member(app, "exp_backoff_restart_delay")) ?? 0;
  const search = textOf(member(app, "env", "PATH"))?.split(":") ?? null;
  return {
    supervisor: "pm2",
    unit: textOf(member(app, "name")) ?? path,
    file,
    line: lineOf(text, JSON.stringify(path)),
    directive: brings ? "autorestart" : "pm_exec_path",
    restarts: brings ? "always" : "never",
    // All of them unstable: each ends before it counts as running.
    limit: isLimited ? { starts, seconds: starts * Math.max(uptime, 0.001) } : null,
    atLimit: isLimited ? { action: "stop" } : null,
    delaySeconds: brings ? (growing > 0 ? growing : (countOf(member(app, "restart_delay")) ?? 0)) / 1000 : 0,
    ...(brings && growing > 0 ? { backOff: BACK_OFF } : {}),
    ...(brings ? { minimumLifeSeconds: uptime } : {}),
    command: words.join(" "),
    program: words[0] ?? null,
    searchPath: search,
    expects: null,
    ...(isItself ? {} : { script: { file: path, line: 1 }, shell: true as const }),
    ...(pidFile === null ? {} : { pidFile }),
    ...(member(app, "status") === "stopped" ? { inactive: "manual" as const } : {}),
  };
}
