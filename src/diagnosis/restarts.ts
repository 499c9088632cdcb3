import { baseName, endShares } from "../detect/measure.ts";
import { isShell } from "../detect/programs.ts";
import type { Finding } from "../detect/types.ts";
import type { Examiner } from "../identity/types.ts";
import { shellText } from "../model/script.ts";
import type { ProcFacts } from "../model/snapshot.ts";
import { atOnce } from "../model/steps.ts";
import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import type { Configuration, Ends, Job, JobMatch, JobSearch, Starter } from "../supervisors/index.ts";
import type { Restart } from "../supervisors/types.ts";
import type { Storm } from "./result.ts";

/** What is known about one job that starts a storm's program, beyond what the result shows. */
export interface RestartFacts {
  restart: Restart;
  /** What the job starts: the storm's program, or the program or script that spawns it. */
  starts: Untrusted;
  /** Whether the job brings the program back when it ends, or only starts it. */
  bringsBack: boolean;
  /** Absent in older cases, and where the job brings it back or starts it once. */
  again?: { when: "on-schedule" | "on-demand"; everySeconds: number | null; isCheck?: true };
  /** Why the limit does or does not allow the rate: a `limit.*` message; null where the job starts the spawner. */
  limit: { code: string; args: Record<string, unknown> } | null;
  /** What the running systemd counted for the unit; null elsewhere. */
  counted: { restarts: number; result: string } | null;
  /** Type= of systemd, `expect` of upstart: how the supervisor takes the program to start. Absent in older cases. */
  expects?: string | null;
  /** The package that ships the job does not ship the program that it starts. */
  ownerMismatch: { jobPackage: string } | null;
}

export interface RestartQuestion {
  root: Root;
  storm: Storm;
  finding: Finding;
  examiner: Examiner;
  /** What the supervisors of the root are told; null: to be read. */
  configuration: Configuration | null;
  /** The script that the spawner, a shell, runs; null when it is no shell or runs none. */
  script: Untrusted | null;
  /** The living after the window; null for logs. */
  processes: ReadonlyMap<number, ProcFacts> | null;
}

export interface RestartAnswer {
  restarts: RestartFacts[];
  /** Supervisors whose configuration was read; null when there was nothing to ask them. */
  looked: string[] | null;
  /** Configuration that could not be understood, when nothing was found in the rest. */
  problems: { file: string; line: number | null; why: string }[];
}

/** More jobs than this that start one program are a matter of listing, not of cause. */
const MAX_RESTARTS = 3;

/** There is no program that a job could name: only a shell without a script is known. */
const NONE: RestartAnswer = { restarts: [], looked: null, problems: [] };

/**
 * Which jobs of which supervisors start a storm's program, as the configuration of its root says; where a process that
 * is no init spawns it, which jobs start that process.
 */
export async function restartsOf({
  root,
  storm,
  finding,
  examiner,
  configuration,
  script,
  processes,
}: RestartQuestion): Promise<RestartAnswer> {
  // Loaded when first asked: most runs on a quiet host never ask.
  const {
    findJobs,
    initKind,
    jobOwnerMismatch,
    limitAllowsRate,
    readConfiguration,
    runningInit,
    runs,
    toRestart,
    withoutIdleInits,
  } = await import("../supervisors/index.ts");
  let asRead: Configuration | null = null;
  const read = (): Configuration => {
    const init = initOf(root, storm, processes, runningInit);
    return (asRead ??= withoutIdleInits(configuration ?? atOnce(readConfiguration(root)), init));
  };
  const starter = finding.kind === "self-replicating-chain" ? (storm.reaper ?? storm.spawner) : storm.spawner;
  const ask = (
    program: Untrusted,
    asked: Process | null,
    of: number | null,
    text: Untrusted | null = null,
  ): JobSearch =>
    findJobs(
      root,
      {
        programs: text === null ? [program] : [],
        ...(text === null ? {} : { shellText: text }),
        ...(asked === null ? {} : { spawner: seenAs(asked, processes) }),
        cgroup: cgroupOf(storm, of, processes),
      },
      read(),
    );
  const seconds = storm.processes / Math.max(storm.perSecond, 1e-6);
  const factsOf = (
    { job, resolution }: Pick<JobMatch, "job" | "resolution">,
    starts: Untrusted,
    perSecond: number | null,
  ): RestartFacts => {
    // Of a container that restarts the storm's processes are those around it.
    const isAround = finding.kind === "container-restart-loop";
    const lifeSeconds = storm.lifetimeMs === null || isAround ? undefined : storm.lifetimeMs.p50 / 1000;
    const ends = isAround ? undefined : endsOf(finding);
    const rate = perSecond === null ? null : limitAllowsRate(job, perSecond, seconds, lifeSeconds, ends);
    const owners = jobOwnerMismatch(job, resolution, (path) => examiner.ownerOf(path));
    const jobPackage = owners?.jobOwner?.package;
    // What is checked with is for whoever runs the host to choose: no package of the balancer's ships it.
    const mismatch =
      job.isCheck !== true &&
      jobPackage !== undefined &&
      (owners?.expected !== undefined || owners?.programOwner === null);
    return {
      restart: toRestart(storm.id, job, resolution, rate),
      starts,
      bringsBack: !["never", "on-schedule", "on-demand"].includes(job.restarts),
      ...(job.restarts === "on-schedule" || job.restarts === "on-demand"
        ? {
            again: {
              when: job.restarts,
              everySeconds: job.everySeconds ?? null,
              ...(job.isCheck === true ? { isCheck: true as const } : {}),
            },
          }
        : {}),
      limit: rate === null ? null : { code: rate.why.code, args: { ...rate.why.args } },
      counted: null,
      ...(job.expects === null ? {} : { expects: job.expects }),
      ownerMismatch: mismatch ? { jobPackage } : null,
    };
  };
  const { id, leastTurns } = finding.facts;
  if (finding.kind === "container-restart-loop" && typeof id === "string") {
    // A shim is the same program for all containers; the id in its arguments tells which one is started.
    const search = findJobs(root, { programs: [], container: id }, read());
    const perSecond = typeof leastTurns === "number" ? leastTurns / Math.max(seconds, 1e-3) : null;
    const restarts = search.matches.map((match) => factsOf(match, match.job.unit, perSecond));
    return { restarts, looked: search.looked, problems: restarts.length > 0 ? [] : search.problems };
  }
  if (finding.kind === "health-check-storm" && typeof finding.facts["runtime"] === "string") {
    const { looked, jobs } = read();
    const names = new Set(finding.covers.map(({ image }) => baseName(image)).filter((name) => name !== ""));
    const checks = jobs.filter(
      ({ job }) => job.isCheck === true && isOfContainer(job) && [...names].some((name) => runs(job, name)),
    );
    const restarts = checks
      .slice(0, MAX_RESTARTS)
      .map(({ job, resolution }) => factsOf({ job, resolution }, job.program ?? job.unit, null));
    if (restarts.length > 0) return { restarts, looked, problems: [] };
  }
  // Below PID 1 there are supervisors too (runsv, cron): one that was seen to start it, and whose own files say so.
  const { spawner } = storm;
  const isBelow = spawner !== null && spawner.pid !== 1 && initKind(root, spawner.exe) === null;
  const supervised = isBelow && isFile(storm.program.exe) ? ask(storm.program.exe, spawner, null) : null;
  // Whatever a file says of its start at boot: it was started.
  const bySpawner = (supervised?.matches ?? []).filter(
    ({ spawnerFits, how }) => spawnerFits === true && how !== "shadowed",
  );
  // Any other process that is no init starts its children itself: jobs that name the storm's program do not start these.
  const viaSpawner =
    bySpawner.length === 0 &&
    starter !== null &&
    starter.pid !== 1 &&
    starter.exe !== null &&
    initKind(root, starter.exe) === null;
  // A shell is started by many jobs; what tells them apart is the script.
  const text = viaSpawner && script === null ? textOf(finding, processes) : null;
  const ownFile = starter === null || (isShell(baseName(starter)) && text === null) ? null : starter.exe;
  const program = viaSpawner ? (script ?? ownFile) : storm.program.exe;
  if (!isFile(program)) return NONE;
  const search =
    supervised !== null && bySpawner.length > 0
      ? supervised
      : viaSpawner
        ? ask(program, parentOf(starter.pid, processes), starter.pid, text)
        : ask(program, starter, null);
  // A script that is itself a supervisor's file (rc.local) says in which line it starts the program.
  const lines = viaSpawner ? (supervised?.matches ?? []).filter((match) => isLineOf(script, match)) : [];
  const others = bySpawner.length > 0 ? bySpawner : search.matches.filter(isActive);
  const starting = lines.length > 0 ? [...lines, ...others.filter(({ job }) => job.file !== script)] : others;
  // What would start it, if its supervisor were the one that was seen, is not what started it.
  const chosen = starting.filter((match) => match.spawnerFits !== false).slice(0, MAX_RESTARTS);
  const restarts = chosen.map((match) =>
    factsOf(match, (lines.includes(match) ? match.program : null) ?? program, viaSpawner ? null : storm.perSecond),
  );
  // Only the systemd of this very host can be asked, and only about a host that is being observed.
  if (root.dir === "/" && processes !== null) {
    for (const facts of restarts) facts.counted = await countedBySystemd(facts.restart);
  }
  return { restarts, looked: search.looked, problems: restarts.length > 0 ? [] : search.problems };
}

function isOfContainer({ container, pods }: Job): boolean {
  return container !== undefined || pods !== undefined;
}

/** What the spawner runs as `sh -c TEXT`: of the living, else of a shell whose arguments were seen once. */
function textOf({ spawner }: Finding, processes: RestartQuestion["processes"]): Untrusted | null {
  if (spawner === null || spawner.image.exe === null) return null;
  const [seen, ...others] = spawner.image.argvExamples;
  const argv = processes?.get(spawner.pid)?.argv ?? (others.length === 0 ? seen : undefined);
  return argv === undefined ? null : shellText(spawner.image.exe, argv);
}

/** Ends of what is started again; absent where most are unknown. */
function endsOf({ subject }: Finding): Ends | undefined {
  const { failed, clean, unknown } = endShares(subject);
  if (unknown > 0.5) return undefined;
  const all = Math.max(1, subject.ended);
  const each = [...subject.endings.values()].map(({ code, signal, count }) => ({ code, signal, share: count / all }));
  const signalled = each.reduce((sum, { signal, share }) => sum + (signal === null ? 0 : share), 0);
  return { failed, clean, signalled, each };
}

/**
 * The init of the PID namespace in which the storm is, where it lives in the storm's root; of evidence without processes the
 * one that the root would boot.
 */
function initOf(
  root: Root,
  { spawner, reaper }: Storm,
  processes: RestartQuestion["processes"],
  runningInit: (root: Root, exe: Untrusted | null) => string | null,
): string | null {
  if (processes === null) return runningInit(root, null);
  const near = [spawner, reaper].map((one) => processes.get(one?.pid ?? 0)).find((one) => one !== undefined);
  if (near === undefined) return null;
  for (const process of processes.values())
    if (process.namespacePid === 1 && process.pidNamespace === near.pidNamespace)
      return process.exe !== null && isSamePlace(process, near) ? runningInit(root, process.exe) : null;
  return null;
}

function isSamePlace(a: ProcFacts, b: ProcFacts): boolean {
  return a.mountNamespace === b.mountNamespace && a.root === b.root;
}

type Process = { pid: number; comm: Untrusted; exe: Untrusted | null };

function seenAs({ pid, comm, exe }: Process, processes: RestartQuestion["processes"]): Starter {
  return { pid, comm, exe, argv: processes?.get(pid)?.argv ?? null };
}

function isFile(program: Untrusted | null): program is Untrusted {
  return program !== null && program.startsWith("/");
}

/** A job that would start it only if another file were not there does not start it. */
function isActive({ how, job }: JobMatch): boolean {
  return how !== "shadowed" && job.inactive === undefined;
}

function isLineOf(script: Untrusted | null, match: JobMatch): boolean {
  return match.job.file === script && (match.how === "command" || match.how === "search-path") && isActive(match);
}

async function countedBySystemd({ supervisor, unit }: Restart): Promise<RestartFacts["counted"]> {
  if (supervisor !== "systemd") return null;
  const { liveFacts } = await import("../supervisors/index.ts");
  const { facts } = await liveFacts(unit);
  return facts === null || facts.restarts === null ? null : { restarts: facts.restarts, result: facts.result };
}

function parentOf(pid: number, processes: RestartQuestion["processes"]): ProcFacts | null {
  return processes?.get(processes.get(pid)?.ppid ?? 0) ?? null;
}

/** Cgroup of the spawner or, where init spawns, of a living process of the storm. */
function cgroupOf(storm: Storm, spawner: number | null, processes: RestartQuestion["processes"]): Untrusted | null {
  if (processes === null) return null;
  if (spawner !== null) return processes.get(spawner)?.cgroup ?? null;
  for (const process of processes.values()) if (process.exe === storm.program.exe) return process.cgroup;
  return null;
}
