import type { Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import { healthCheckOf } from "../health-checks/health-check.ts";
import { countOf, lineOf, member, readJson, textOf, textsOf } from "../files/json-config.ts";
import { addProblem, attempt, listConfig, newBudget, type Budget } from "../files/read-config.ts";
import type { Job, JobReading, Problem, Supervisor } from "../types.ts";

const DAEMON = "/etc/docker/daemon.json";
const DATA_ROOT = "/var/lib/docker";
const ID = /^[0-9a-f]{64}$/;
/** What an image without PATH gets (moby oci/defaults.go). */
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** First wait before a restart, doubled each time up to the longest; a run of ten seconds begins anew (restartmanager.go). */
const FIRST_WAIT = 0.1;
const LONGEST_WAIT = 60;
const LONG_RUN = 10;
const BACK_OFF = { factor: 2, longestSeconds: LONGEST_WAIT, resetAfterSeconds: LONG_RUN };

/**
 * Docker: containers and their restart policies, as dockerd keeps them below its data root
 * (`containers/ID/hostconfig.json` and `config.v2.json`; moby daemon/internal/restartmanager). A process belongs to the
 * container whose id its cgroup bears. A container's program lies in a root of its own.
 */
export const docker: Supervisor = {
  id: "docker",
  present: (root) => attempt([], DATA_ROOT, false, () => root.list(`${dataRoot(root, [])}/containers`) !== null),
  *jobs(root) {
    const reading: JobReading = { jobs: [], problems: [] };
    const budget = newBudget();
    const folder = `${dataRoot(root, reading.problems)}/containers`;
    for (const id of listConfig(root, folder, reading.problems)) {
      yield;
      if (!ID.test(id)) continue;
      reading.jobs.push(...readContainer(root, `${folder}/${id}`, id, reading.problems, budget));
    }
    return reading;
  },
};

function dataRoot(root: Root, problems: Problem[]): Untrusted {
  if (attempt(problems, DAEMON, null, () => root.lstat(DAEMON)) === null) return DATA_ROOT;
  const told = textOf(member(readJson(root, DAEMON, problems, newBudget())?.value, "data-root"));
  return told?.startsWith("/") === true ? told.replace(/\/+$/, "") : DATA_ROOT;
}

/** The container, and its health check. */
function readContainer(root: Root, folder: Untrusted, id: string, problems: Problem[], budget: Budget): Job[] {
  const file = `${folder}/hostconfig.json`;
  const host = readJson(root, file, problems, budget);
  if (host === null) return [];
  const own = `${folder}/config.v2.json`;
  const read = readJson(root, own, problems, budget);
  const config = read?.value;
  const policy = textOf(member(host.value, "RestartPolicy", "Name")) ?? "";
  const most = countOf(member(host.value, "RestartPolicy", "MaximumRetryCount")) ?? 0;
  const restarts = restartsOf(policy);
  if (restarts === null) addProblem(problems, file, null, "a restart policy of no known name");
  const program = textOf(member(config, "Path"));
  const command = [...(program === null ? [] : [program]), ...textsOf(member(config, "Args"))].join(" ");
  const isLimited = restarts === "on-failure" && most > 0;
  const job: Job = {
    supervisor: "docker",
    unit: (textOf(member(config, "Name")) ?? "").replace(/^\//, "") || id.slice(0, 12),
    file,
    line: lineOf(host.text, '"RestartPolicy"'),
    directive: `RestartPolicy=${policy === "" ? "no" : policy}${isLimited ? `:${most}` : ""}`,
    restarts: restarts ?? "never",
    limit: isLimited ? { starts: most + 1, seconds: waitsOf(most) } : null,
    atLimit: isLimited ? { action: "stop" } : null,
    delaySeconds: FIRST_WAIT,
    ...(restarts === "never" ? {} : { minimumLifeSeconds: LONG_RUN, backOff: BACK_OFF }),
    command,
    program: program === "" ? null : program,
    searchPath: (pathOf(member(config, "Config", "Env")) ?? DEFAULT_PATH).split(":"),
    expects: null,
    definition: own,
    chroot: textOf(member(config, "MountPoint")) ?? folder,
    container: id,
    ...(isStoppedByHand(config) ? { inactive: "manual" } : {}),
  };
  const line = read === null ? null : lineOf(read.text, '"Healthcheck"');
  const check = healthCheckOf(job, member(config, "Config", "Healthcheck"), own, line);
  return check === null ? [job] : [job, check];
}

function restartsOf(policy: string): "always" | "on-failure" | "never" | null {
  if (policy === "always" || policy === "unless-stopped") return "always";
  if (policy === "on-failure") return "on-failure";
  return policy === "" || policy === "no" ? "never" : null;
}

/** Seconds that so many restarts take at least. */
function waitsOf(restarts: number): number {
  let seconds = 0;
  let wait = FIRST_WAIT;
  for (let done = 0; done < Math.min(restarts, 64); done++) {
    seconds += wait;
    wait = Math.min(LONGEST_WAIT, wait * 2);
  }
  return Math.round((seconds + Math.max(0, restarts - 64) * LONGEST_WAIT) * 10) / 10;
}

function pathOf(environment: unknown): Untrusted | null {
  const entry = textsOf(environment).findLast((one) => one.startsWith("PATH="));
  return entry === undefined ? null : entry.slice("PATH=".length);
}

function isStoppedByHand(config: unknown): boolean {
  return member(config, "HasBeenManuallyStopped") === true && member(config, "State", "Running") !== true;
}
