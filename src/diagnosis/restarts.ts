import type { Finding } from "../detect/types.ts";
import type { Examiner } from "../identity/types.ts";
import type { ProcFacts } from "../model/snapshot.ts";
import type { Root } from "../platform/root.ts";
import type { Restart } from "../supervisors/types.ts";
import type { Storm } from "./result.ts";

/** What is known about one job that starts a storm's program, beyond what the result shows. */
export interface RestartFacts {
  restart: Restart;
  /** Whether the job brings the program back at all, or only starts it once. */
  bringsBack: boolean;
  /** Why the limit does or does not allow the rate: a `limit.*` message. */
  limit: { code: string; args: Record<string, unknown> };
  /** The package that ships the job does not ship the program that it starts. */
  ownerMismatch: { jobPackage: string } | null;
}

export interface RestartQuestion {
  root: Root;
  storm: Storm;
  finding: Finding;
  examiner: Examiner;
  /** The living after the window; null for logs. */
  processes: ReadonlyMap<number, ProcFacts> | null;
}

export interface RestartAnswer {
  restarts: RestartFacts[];
  /** Supervisors whose configuration was read; null when there was no reason to look. */
  looked: string[] | null;
  /** Configuration that could not be understood, when nothing was found in the rest. */
  problems: { file: string; line: number | null; why: string }[];
}

/** More jobs than this that start one program are a matter of listing, not of cause. */
const MAX_RESTARTS = 3;

/** Nobody was asked, since the storm's own spawner is known and no supervisor. */
const NONE: RestartAnswer = { restarts: [], looked: null, problems: [] };

/** Which jobs of which supervisors start a storm's program, as the configuration of its root says. */
export async function restartsOf({
  root,
  storm,
  finding,
  examiner,
  processes,
}: RestartQuestion): Promise<RestartAnswer> {
  // Loaded when first asked: most runs on a quiet host never ask.
  const { findJobs, initKind, jobOwnerMismatch, limitAllowsRate, toRestart } = await import("../supervisors/index.ts");
  const exe = storm.program.exe;
  if (exe === null) return NONE;
  const starter = finding.kind === "self-replicating-chain" ? (storm.reaper ?? storm.spawner) : storm.spawner;
  // A process that is no init starts its children itself: jobs that name the same program are not what starts these.
  if (starter !== null && starter.pid !== 1 && starter.exe !== null && initKind(root, starter.exe) === null)
    return NONE;
  const living = processes === null ? undefined : [...processes.values()].find((process) => process.exe === exe);
  const search = findJobs(root, {
    programs: [exe],
    ...(starter === null ? {} : { spawner: { pid: starter.pid, comm: starter.comm, exe: starter.exe } }),
    cgroup: living?.cgroup ?? null,
  });
  // A job that would start it only if another file were not there does not start it.
  const starting = search.matches.filter((match) => match.how !== "shadowed" && match.job.inactive === undefined);
  const fitting = starting.filter((match) => match.spawnerFits !== false);
  const chosen = (fitting.length > 0 ? fitting : starting).slice(0, MAX_RESTARTS);
  const seconds = storm.processes / Math.max(storm.perSecond, 1e-6);
  const restarts = chosen.map(({ job, resolution }): RestartFacts => {
    const rate = limitAllowsRate(job, storm.perSecond, seconds);
    const owners = jobOwnerMismatch(job, resolution, (path) => examiner.ownerOf(path));
    const jobPackage = owners?.jobOwner?.package;
    const mismatch = jobPackage !== undefined && (owners?.expected !== undefined || owners?.programOwner === null);
    return {
      restart: toRestart(storm.id, job, resolution, rate),
      bringsBack: job.restarts !== "never",
      limit: { code: rate.why.code, args: { ...rate.why.args } },
      ownerMismatch: mismatch ? { jobPackage } : null,
    };
  });
  return { restarts, looked: search.looked, problems: restarts.length > 0 ? [] : search.problems };
}
