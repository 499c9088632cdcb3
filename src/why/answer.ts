import type { CouldNotLook } from "../model/could-not-look.ts";
import type { ProcFacts } from "../model/snapshot.ts";
import { shellText } from "../model/script.ts";
import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { atOnce } from "../model/steps.ts";
import { stopWay } from "../diagnosis/packs/index.ts";
import {
  findJobs,
  liveFacts,
  MATCH_KINDS,
  readConfiguration,
  runningInit,
  withoutIdleInits,
  type Configuration,
  type Job,
  type JobMatch,
  type Problem,
  type Resolution,
} from "../supervisors/index.ts";
import { forebearsOf, startedFile } from "./descent.ts";
import { howOf, SCHEMA, type Question, type ToldBy, type Why, type WhyRestart } from "./result.ts";

export { NAMES_OF_JOBS } from "../supervisors/index.ts";

/** What the host is asked through; the answer itself reads nothing but configuration. */
export interface Sight {
  /** Facts of a living process, or null. */
  facts(pid: number): ProcFacts | null;
  /** Its environment, as far as it may be read; null: not at all. */
  environment(pid: number): Record<string, Untrusted> | null;
  /** The root that a process lives in, opened; null: gone, or not permitted. */
  rootOf(process: ProcFacts): Root | null;
}

export interface WhyOptions {
  version: string;
  asked: Untrusted;
  question: Question;
  /** The root that files and units belong to; processes have their own. */
  root: Root;
  /** Null where processes cannot be asked about: the root is not that of a running host. */
  sight: Sight | null;
}

/** Jobs that start one thing, and in which root they were found. */
interface Found {
  root: Root;
  configuration: Configuration;
  jobs: { job: Job; resolution: Resolution; toldBy: ToldBy[] }[];
}

/** What starts a process, a file or a unit, by the configuration of the supervisors. Never throws for what it finds. */
export async function why(options: WhyOptions): Promise<Why> {
  const { question } = options;
  if (question.kind === "process") return aboutProcess(options, question.pid);
  // Where processes can be asked about, the root is this host's own.
  const init = runningInit(options.root, options.sight?.facts(1)?.exe ?? null);
  const configuration = withoutIdleInits(atOnce(readConfiguration(options.root)), init);
  const jobs =
    question.kind === "file"
      ? byFile(options.root, configuration, question.path)
      : byName(configuration, question.supervisor, question.name);
  return answer(options, { root: options.root, configuration, jobs }, [], null);
}

async function aboutProcess(options: WhyOptions, pid: number): Promise<Why> {
  const { sight } = options;
  const line = sight === null ? [] : forebearsOf(pid, (one) => sight.facts(one));
  const [process] = line;
  if (sight === null || process === undefined)
    throw new RangeError(`process ${pid} does not live: the caller looks before it asks`);
  const places = new Map<string, Found | null>();
  const placeOf = (member: ProcFacts): Found | null => {
    const key = `${member.mountNamespace} ${member.root}`;
    const known = places.get(key);
    if (known !== undefined) return known;
    // The oldest that lives there stands for the place: its /proc/PID/root lasts longest.
    const root = sight.rootOf(line.findLast((other) => isSamePlace(other, member)) ?? member);
    const init = line.find((other) => other.namespacePid === 1 && isSamePlace(other, member))?.exe ?? null;
    const place =
      root === null
        ? null
        : {
            root,
            configuration: withoutIdleInits(
              atOnce(readConfiguration(root)),
              init === null ? null : runningInit(root, init),
            ),
            jobs: [],
          };
    places.set(key, place);
    return place;
  };
  const nowhere: Found = { root: options.root, configuration: { looked: [], jobs: [], problems: [] }, jobs: [] };
  const told = (found: Found, at: number | null): Promise<Why> => answered(options, found, line, at, sight);
  if (process.kernelThread) return told(nowhere, null);
  for (const [at, member] of line.entries()) {
    const parent = line[at + 1];
    const inside = placeOf(member);
    const jobs = inside === null ? [] : startersOf(inside, member, parent, sight.environment(member.pid));
    if (inside !== null && jobs.length > 0) return told({ ...inside, jobs }, at);
    // Whoever made a container stands outside of it, and knows it by its cgroup: paths mean other files there.
    const outside = parent === undefined || isSamePlace(parent, member) ? null : placeOf(parent);
    const made = outside === null ? [] : byCgroup(outside, member);
    if (outside !== null && made.length > 0) return told({ ...outside, jobs: made }, at);
  }
  return told(placeOf(process) ?? nowhere, null);
}

function byCgroup({ root, configuration }: Found, { cgroup, exe, comm }: ProcFacts): Found["jobs"] {
  const inContainer = exe?.slice(exe.lastIndexOf("/") + 1) ?? comm;
  const { matches } = findJobs(root, { programs: [], cgroup, inContainer }, configuration);
  return matches.map(({ job, resolution, also }) => ({ job, resolution, toldBy: also }));
}

function isSamePlace(a: ProcFacts, b: ProcFacts): boolean {
  return a.mountNamespace === b.mountNamespace && a.root === b.root;
}

async function answered(
  options: WhyOptions,
  found: Found,
  line: readonly ProcFacts[],
  at: number | null,
  sight: Sight,
): Promise<Why> {
  const result = await answer(options, found, line, at);
  const [process] = line;
  const gaps = process?.exe === null && result.verdict.outcome !== "found" ? [NOT_PERMITTED] : [];
  const now = process === undefined ? null : sight.facts(process.pid);
  const isSame = now !== null && now.startedAfterBoot === process?.startedAfterBoot;
  return { ...result, couldNotLook: [...gaps, ...(isSame ? [] : [GONE]), ...result.couldNotLook] };
}

/**
 * Jobs that start this process. A name alone is no proof: systemd's own cgroup is, or a parent that is the supervisor whose
 * file names the program; PID 1 as a parent tells nothing against a supervisor below it, since it inherits orphans.
 */
function startersOf(
  { root, configuration }: Found,
  process: ProcFacts,
  parent: ProcFacts | undefined,
  environment: Record<string, Untrusted> | null,
): Found["jobs"] {
  const file = startedFile(process);
  const text = file === null && process.exe !== null ? shellText(process.exe, process.argv ?? []) : null;
  const question = {
    programs: file === null ? [] : [file],
    ...(text === null ? {} : { shellText: text }),
    ...(parent === undefined ? {} : { spawner: parent }),
    cgroup: process.cgroup,
    pid: process.namespacePid,
    environment,
  };
  const { matches } = findJobs(root, question, configuration);
  const sure = matches.filter((match) => isStarter(match, parent));
  const best = sure.filter(({ how }) => how === sure[0]?.how);
  return best.map(({ job, resolution, also }) => ({ job, resolution, toldBy: also }));
}

function isStarter({ how, job, spawnerFits }: JobMatch, parent: ProcFacts | undefined): boolean {
  if (job.inactive === "not-running") return false;
  if (how === "cgroup") return true;
  if (how === "shadowed" || job.inactive === "template" || spawnerFits === false) return false;
  // Upstart sets its variable for that job alone; others' are inherited by all that the job starts.
  return spawnerFits === true || (how === "environment" && job.supervisor === "upstart") || parent?.pid === 1;
}

function byFile(root: Root, configuration: Configuration, path: Untrusted): Found["jobs"] {
  const { matches } = findJobs(root, { programs: [path] }, configuration);
  return matches.map(({ job, resolution, also }) => ({ job, resolution, toldBy: also }));
}

/** Units of this name (systemd's without `.service` too); where there are none, jobs whose program has this name. */
function byName(configuration: Configuration, supervisor: string | null, name: Untrusted): Found["jobs"] {
  const among = configuration.jobs.filter(({ job }) => supervisor === null || job.supervisor === supervisor);
  const named = among.filter(({ job: { unit } }) => unit === name || unit === `${name}.service`);
  if (named.length > 0) return named.map((one) => ({ ...one, toldBy: ["name"] }));
  const isProgram = (path: Untrusted | null): boolean =>
    path !== null && path.slice(path.lastIndexOf("/") + 1) === name;
  return among
    .filter(({ job, resolution }) => isProgram(job.program) || isProgram(resolution.resolvesTo))
    .map((one) => ({ ...one, toldBy: ["program-name"] }));
}

async function answer(
  { version, asked, sight }: WhyOptions,
  { root, configuration, jobs }: Found,
  line: readonly ProcFacts[],
  at: number | null,
): Promise<Why> {
  const restarts: WhyRestart[] = [];
  for (const one of [...jobs].sort(byRank)) restarts.push(await restartOf(one, root, sight !== null));
  const { looked, problems } = configuration;
  return {
    schema: SCHEMA,
    tool: { name: "whoforks", version },
    asked,
    root: root.dir,
    verdict: verdictOf(restarts, line, at, looked, asked),
    line: line.map(({ pid, comm, exe, argv }) => ({ pid, comm, exe, argv })).reverse(),
    starts: at === null ? null : line.length - 1 - at,
    restarts,
    looked: [...looked],
    couldNotLook: gapsOf(problems),
  };
}

/** Those that start it by themselves first, then by how sure it is, then those that bring it back. */
function byRank(a: Found["jobs"][number], b: Found["jobs"][number]): number {
  const rank = ({ job, toldBy }: Found["jobs"][number]): number =>
    (job.inactive === undefined ? 0 : 1000) +
    Math.max(0, MATCH_KINDS.indexOf(toldBy[0] as (typeof MATCH_KINDS)[number])) * 10 +
    (job.restarts === "never" ? 1 : 0);
  return rank(a) - rank(b);
}

async function restartOf(
  { job, resolution, toldBy }: Found["jobs"][number],
  root: Root,
  isLive: boolean,
): Promise<WhyRestart> {
  const shown = {
    storm: null,
    supervisor: job.supervisor,
    unit: job.unit,
    file: job.file,
    line: job.line,
    directive: job.directive,
    limit: job.limit,
    limitAllowsRate: null,
    command: job.command,
    searchPath: job.searchPath,
    resolvesTo: resolution.resolvesTo,
    shadows: resolution.shadows,
    ...(job.activates === undefined ? {} : { activates: job.activates }),
    ...(job.user === undefined ? {} : { user: job.user }),
  } as const;
  const way = stopWay({ ...shown, storm: "" }, root.dir);
  const asks = isLive && root.dir === "/" && job.supervisor === "systemd";
  const facts = asks ? (await liveFacts(job.unit)).facts : null;
  return {
    ...shown,
    toldBy,
    restarts: job.restarts,
    atLimit: job.atLimit,
    delaySeconds: job.delaySeconds,
    everySeconds: job.everySeconds ?? null,
    minimumLifeSeconds: job.minimumLifeSeconds ?? null,
    inactive: job.inactive ?? null,
    definition: job.definition ?? null,
    script: job.script ?? null,
    through: job.through ?? null,
    expects: job.expects,
    isCheck: job.isCheck === true,
    unresolved: resolution.why,
    exitStatuses: listsOf(job),
    wantedBy: job.wantedBy ?? null,
    counted: facts === null || facts.restarts === null ? null : { restarts: facts.restarts, result: facts.result },
    stop: way?.command ?? null,
    undo: way?.undo ?? null,
  };
}

function listsOf({ ends }: Job): WhyRestart["exitStatuses"] {
  const lists = [ends?.prevent, ends?.force, ends?.success].filter((list) => list !== undefined);
  return lists.length === 0 ? null : lists.map(({ directive, file, line }) => ({ directive, file, line }));
}

function verdictOf(
  restarts: readonly WhyRestart[],
  line: readonly ProcFacts[],
  at: number | null,
  looked: readonly string[],
  asked: Untrusted,
): Why["verdict"] {
  const [first] = restarts;
  const [process] = line;
  if (first !== undefined) {
    const { supervisor, unit, file, line: number, directive, everySeconds } = first;
    const started = at === null ? undefined : line[at];
    const program = first.resolvesTo ?? started?.exe ?? (asked.includes("/") ? asked : unit);
    const args = { supervisor, unit, file, line: number, directive, program, everySeconds };
    return { outcome: "found", code: `why.${howOf(first)}`, args };
  }
  if (process?.kernelThread === true) return { outcome: "found", code: "why.kernel-thread", args: { asked } };
  if (process?.pid === 1) return { outcome: "found", code: "why.init", args: { program: process.exe ?? process.comm } };
  if (looked.length === 0) return { outcome: "could-not-look", code: "why.no-supervisor", args: { asked } };
  const parent = line[1];
  if (process !== undefined && parent !== undefined)
    return {
      outcome: "not-found",
      code: "why.no-job-for-process",
      args: { program: process.exe ?? process.comm, parent: `${parent.comm} (pid ${parent.pid})`, looked },
    };
  return { outcome: "not-found", code: "why.no-job", args: { asked, looked } };
}

const SHOWN_PROBLEMS = 3;

/** Configuration that was not understood: the answer may stand in it. */
function gapsOf(problems: readonly Problem[]): CouldNotLook[] {
  const shown = problems.slice(0, SHOWN_PROBLEMS).map(({ file, line, why: reason }) => ({
    code: "why.configuration",
    what: line === null ? file : `${file}:${line}`,
    why: reason,
    remedy: null,
  }));
  const left = problems.length - shown.length;
  if (left === 0) return shown;
  return [
    ...shown,
    { code: "why.more-configuration", what: "more lines", why: String(left), remedy: null, args: { left } },
  ];
}

/** The process that was asked about is gone, or its number is another's by now: what was found is of the one before. */
const GONE: CouldNotLook = {
  code: "why.gone",
  what: "the process as it is now",
  why: "it ended while its supervisor was looked for",
  remedy: null,
};

const NOT_PERMITTED: CouldNotLook = {
  code: "why.not-permitted",
  what: "which program the process runs",
  why: "only its owner or root may see that",
  remedy: "sudo whoforks why PID",
};
