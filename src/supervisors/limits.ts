import { sparedBy, type Ends, type Spared } from "./ends.ts";
import type { EndList } from "./end-rules.ts";
import type { Job, Restart } from "./types.ts";
import type { Resolution } from "./commands/shadow.ts";

/** Reasons that `limitAllowsRate` gives, with the numbers each carries. Rates are starts a second. */
export interface LimitReasons {
  /** Nobody told the rate. */
  "limit.rate-unknown": Record<string, never>;
  /** The job is started once and not started again when it ends. */
  "limit.no-restart": Record<string, never>;
  /** The delay between an end and the next start is too long for the rate. */
  "limit.delay-bounds-rate": { maxPerSecond: number; delaySeconds: number };
  /** No limit is set; `maxPerSecond` is what the delay leaves, null without a delay. */
  "limit.unlimited": { maxPerSecond: number | null };
  /** The delay keeps the starts so far apart that the limit is never reached. */
  "limit.never-trips": { maxPerSecond: number; starts: number; seconds: number };
  /** The rate stays below the limit for ever. */
  "limit.not-reached": { maxPerSecond: number; starts: number; seconds: number } & AtOnce;
  /** Too fast to last, but so few starts were seen that the limit had not been reached yet. */
  "limit.burst-allowed": { burst: number; starts: number; seconds: number } & AtOnce;
  /** The supervisor would have paused the job. */
  "limit.pauses": { supervisor: string; starts: number; seconds: number; pauseSeconds: number } & AtOnce;
  /** Started by a schedule, which has no more than one start in `everySeconds`. */
  "limit.schedule": { everySeconds: number; maxPerSecond: number };
  /** Started whenever somebody asks, and nothing limits how often. */
  "limit.on-demand": AtOnce;
  /** Waits grow with each restart: no more than `starts` fit into the observed `seconds`, once it waits longest one in `longestSeconds`. */
  "limit.backs-off": { starts: number; seconds: number; delaySeconds: number; longestSeconds: number };
  /** Waits grow with each restart, and so many starts fit into the time before they are long. */
  "limit.back-off-begins": { delaySeconds: number; longestSeconds: number; resetAfterSeconds: number };
  /** It lives longer than `resetAfterSeconds`, so that the waits begin anew each time. */
  "limit.back-off-anew": { delaySeconds: number; resetAfterSeconds: number };
  /** The supervisor has nothing that would limit restarts; the wait between two is all. */
  "limit.has-none": { supervisor: string; delaySeconds: number };
  /**
   * It does not start it again after the ends that were seen: share of them; `only` says after which it would; the list of
   * exit statuses that decides, where one does.
   */
  "limit.end-not-restarted": Pick<Spared, "only" | "share"> & Partial<Pick<EndList, "directive" | "file" | "line">>;
  /** It lives longer than `minimumLifeSeconds`, so that its ends are not counted. */
  "limit.lives-too-long": { minimumLifeSeconds: number; starts: number; seconds: number };
  /** The supervisor would have given up after `burst` starts, i.e. after `afterSeconds`. */
  "limit.would-have-stopped": { starts: number; seconds: number; burst: number; afterSeconds: number };
}

/** What bounds how many run at once, where something does. */
interface AtOnce {
  atOnce?: Job["atOnce"] & string;
}

export type LimitCode = keyof LimitReasons;

/** All codes, for translators. */
export const LIMIT_CODES: readonly LimitCode[] = [
  "limit.rate-unknown",
  "limit.no-restart",
  "limit.delay-bounds-rate",
  "limit.unlimited",
  "limit.never-trips",
  "limit.not-reached",
  "limit.burst-allowed",
  "limit.pauses",
  "limit.schedule",
  "limit.on-demand",
  "limit.backs-off",
  "limit.back-off-begins",
  "limit.back-off-anew",
  "limit.has-none",
  "limit.end-not-restarted",
  "limit.lives-too-long",
  "limit.would-have-stopped",
];

export type LimitReason = { [Code in LimitCode]: { code: Code; args: LimitReasons[Code] } }[LimitCode];

export interface RateVerdict {
  /** Whether the supervisor by itself can keep up this rate; null when not known. */
  allowed: boolean | null;
  why: LimitReason;
  /** Highest rate that can go on for ever without reaching the limit; null when nothing bounds it. */
  maxSustainedPerSecond: number | null;
  /** Starts possible at once before the limit acts; null when nothing bounds them. */
  burst: number | null;
}

/** Rates are measured within 5 %. */
const TOLERANCE = 1.05;

/** These have no limit on restarts at all (runsv(8), s6-supervise(8), monit(1) where no line says one, docker-run(1)). */
const WITHOUT_LIMIT = new Set(["runit", "s6", "monit", "docker", "kubelet", "containerd", "podman"]);

/**
 * Whether a supervisor's limit and delay allow an observed rate of starts. Encodes:
 * sysvinit `spawn()`: 10 starts in 120 s, the next one pauses the entry for 300 s;
 * upstart `job_process_catch_runaway()`: N respawns (after the first start) in a window of S whole seconds, then stopped;
 * systemd `ratelimit_below()`: N starts in S seconds, then failed, but never when N delays fill S (timers are never early);
 * dinit `restart_ps_process()`: N restarts in S seconds, then stopped;
 * docker `restartmanager.go`, kubelet's CrashLoopBackOff, pm2's exp_backoff_restart_delay: waits that grow.
 * @param startsPerSecond observed starts of the job's program by this supervisor
 * @param secondsObserved length of the observation; without it the rate is taken to last
 * @param lifeSeconds how long the program lives, for supervisors that count short lives only
 * @param ends how it ends, where that is known
 */
export function limitAllowsRate(
  job: Job,
  startsPerSecond: number,
  secondsObserved?: number,
  lifeSeconds?: number,
  ends?: Ends,
): RateVerdict {
  const { limit, delaySeconds, minimumLifeSeconds } = job;
  const delayMax = job.restarts === "on-schedule" ? scheduleMax(job) : delaySeconds > 0 ? 1 / delaySeconds : null;
  const bounds = boundsOf(job, delayMax);
  const verdict = (allowed: boolean | null, why: LimitReason): RateVerdict => ({ allowed, why, ...bounds });
  if (!Number.isFinite(startsPerSecond) || startsPerSecond < 0)
    return verdict(null, { code: "limit.rate-unknown", args: {} });
  const perSecond = startsPerSecond / Math.max(1, job.copies ?? 1);
  const seen = secondsObserved === undefined ? Infinity : perSecond * secondsObserved;
  // Of n starts only n-1 follow a delay; one start may fall at either end of the observation.
  const paced = secondsObserved === undefined ? perSecond : (seen - 1) / secondsObserved;

  if (job.restarts === "never") return verdict(seen <= 1, { code: "limit.no-restart", args: {} });
  const spared = sparedBy(job, lifeSeconds, ends);
  if (spared !== null && seen > 1) {
    const { only, share, by } = spared;
    const list = by === null ? {} : { directive: by.directive, file: by.file, line: by.line };
    return verdict(false, { code: "limit.end-not-restarted", args: { only, share, ...list } });
  }
  if (job.restarts === "on-schedule") {
    const { everySeconds } = job;
    if (everySeconds === undefined || delayMax === null) return verdict(null, { code: "limit.rate-unknown", args: {} });
    const args = { everySeconds, maxPerSecond: delayMax };
    const fits = paced <= delayMax * TOLERANCE;
    // A timer starts a service that has a limit of its own; a crontab has none.
    if (limit === null || !fits) return verdict(fits, { code: "limit.schedule", args });
  } else if (delayMax !== null && paced > delayMax * TOLERANCE)
    return verdict(false, { code: "limit.delay-bounds-rate", args: { maxPerSecond: delayMax, delaySeconds } });
  if (job.backOff !== undefined) {
    const why = backOffOf(job, job.backOff, perSecond, secondsObserved, lifeSeconds);
    if (limit === null || why.code === "limit.backs-off") return verdict(why.code !== "limit.backs-off", why);
  }
  const atOnce: AtOnce = job.atOnce === undefined ? {} : { atOnce: job.atOnce };
  if (limit === null && job.restarts === "on-demand") return verdict(true, { code: "limit.on-demand", args: atOnce });
  if (limit === null && WITHOUT_LIMIT.has(job.supervisor))
    return verdict(true, { code: "limit.has-none", args: { supervisor: job.supervisor, delaySeconds } });
  if (limit === null) return verdict(true, { code: "limit.unlimited", args: { maxPerSecond: delayMax } });
  const { starts, seconds } = limit;
  if (minimumLifeSeconds !== undefined && lifeSeconds !== undefined && lifeSeconds > minimumLifeSeconds)
    return verdict(true, { code: "limit.lives-too-long", args: { minimumLifeSeconds, starts, seconds } });
  if (delayMax !== null && waitOf(job) * starts >= seconds)
    return verdict(true, { code: "limit.never-trips", args: { maxPerSecond: delayMax, starts, seconds } });
  const sustained = starts / seconds;
  if (perSecond <= sustained)
    return verdict(true, { code: "limit.not-reached", args: { maxPerSecond: sustained, starts, seconds, ...atOnce } });
  const burst = bounds.burst ?? starts;
  if (seen <= burst) return verdict(true, { code: "limit.burst-allowed", args: { burst, starts, seconds, ...atOnce } });
  return verdict(
    false,
    job.atLimit?.action === "pause"
      ? {
          code: "limit.pauses",
          args: { supervisor: job.supervisor, starts, seconds, pauseSeconds: job.atLimit.seconds, ...atOnce },
        }
      : { code: "limit.would-have-stopped", args: { starts, seconds, burst, afterSeconds: burst / perSecond } },
  );
}

type BackOffReason = Extract<LimitReason, { code: `limit.back${string}` }>;

function backOffOf(
  { delaySeconds }: Job,
  { factor, longestSeconds, resetAfterSeconds }: NonNullable<Job["backOff"]>,
  perSecond: number,
  secondsObserved?: number,
  lifeSeconds?: number,
): BackOffReason {
  // Whoever may live so long starts no more often than that.
  if (lifeSeconds === undefined ? perSecond * resetAfterSeconds <= 1 : lifeSeconds >= resetAfterSeconds)
    return { code: "limit.back-off-anew", args: { delaySeconds, resetAfterSeconds } };
  const begins: BackOffReason = {
    code: "limit.back-off-begins",
    args: { delaySeconds, longestSeconds, resetAfterSeconds },
  };
  if (perSecond * longestSeconds <= TOLERANCE) return begins;
  if (secondsObserved === undefined)
    return { code: "limit.backs-off", args: { starts: 1, seconds: longestSeconds, delaySeconds, longestSeconds } };
  // The first start, and the one after it without a wait (kubelet).
  let starts = 2;
  let spent = 0;
  for (let wait = delaySeconds; spent + wait <= secondsObserved; wait = Math.min(longestSeconds, wait * factor)) {
    if (wait >= longestSeconds) {
      starts += Math.floor((secondsObserved - spent) / longestSeconds);
      break;
    }
    spent += wait;
    starts++;
  }
  if (perSecond * secondsObserved <= starts * TOLERANCE) return begins;
  return { code: "limit.backs-off", args: { starts, seconds: secondsObserved, delaySeconds, longestSeconds } };
}

/** Seconds that lie between two starts at the least. */
function waitOf({ restarts, everySeconds = 0, delaySeconds }: Job): number {
  return restarts === "on-schedule" ? everySeconds : delaySeconds;
}

function scheduleMax({ everySeconds }: Job): number | null {
  return everySeconds === undefined || everySeconds <= 0 ? null : 1 / everySeconds;
}

function boundsOf(job: Job, delayMax: number | null): Pick<RateVerdict, "maxSustainedPerSecond" | "burst"> {
  const { limit } = job;
  if (job.restarts === "never") return { maxSustainedPerSecond: 0, burst: 1 };
  if (limit === null || (delayMax !== null && waitOf(job) * limit.starts >= limit.seconds))
    return { maxSustainedPerSecond: delayMax, burst: delayMax === null ? null : 1 };
  const sustained = limit.starts / limit.seconds;
  return {
    maxSustainedPerSecond: delayMax === null ? sustained : Math.min(sustained, delayMax),
    // upstart and dinit count restarts, the others count starts.
    burst: job.supervisor === "upstart" || job.supervisor === "dinit" ? limit.starts + 1 : limit.starts,
  };
}

/** The `restarts` entry of a diagnosis for one job. */
export function toRestart(storm: string, job: Job, resolution: Resolution, rate: RateVerdict | null): Restart {
  return {
    storm,
    supervisor: job.supervisor,
    unit: job.unit,
    file: job.file,
    line: job.line,
    directive: job.directive,
    limit: job.limit,
    limitAllowsRate: rate?.allowed ?? null,
    command: job.command,
    searchPath: job.searchPath,
    resolvesTo: resolution.resolvesTo,
    shadows: resolution.shadows,
    ...(job.activates === undefined ? {} : { activates: job.activates }),
    ...(job.user === undefined ? {} : { user: job.user }),
  };
}
