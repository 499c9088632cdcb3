import { sequelOf, type End, type EndList } from "./end-rules.ts";
import type { Job } from "./types.ts";

/** How the programs ended that were seen to end, as shares of these. */
export interface Ends {
  failed: number;
  clean: number;
  /** Killed by a signal; part of `failed`. */
  signalled: number;
  /** Each way to end, with its share. Absent: not known one by one. */
  each?: readonly (End & { share: number })[];
}

/** That the job is not started again after the ends that were seen. */
export interface Spared {
  /** Share of these ends, 0 to 1. */
  share: number;
  /** After which ends it would be; `listed`: after those that a list names. */
  only: "on-failure" | "on-success" | "on-signal" | "listed";
  /** The list of ends that decides for most of them; null: none does. */
  by: EndList | null;
}

/** Of the ends, what must be of a kind that is not restarted before the supervisor is cleared: others may be its own doing. */
const NEARLY_ALL = 0.9;

/** Ends after which the job is not started again, where nearly all that were seen are such; null: some of them are others. */
export function sparedBy(job: Job, life?: number, ends?: Ends): Spared | null {
  if (ends === undefined) return null;
  const { restarts, supervisor, expects, minimumLifeSeconds, ends: rules } = job;
  // Whoever is not ready yet has failed, however it ends: other types of systemd, and supervisord within startsecs.
  const isReady = !supervisor.startsWith("systemd") || isReadyAtOnce(expects);
  if (supervisor === "supervisord" && (life === undefined || life < (minimumLifeSeconds ?? 0))) return null;
  if (rules !== undefined && ends.each !== undefined) return sparedByRules(job, ends.each, isReady);
  if (!isReady) return null;
  const share =
    restarts === "on-failure"
      ? ends.clean
      : restarts === "on-success"
        ? ends.failed
        : restarts === "on-signal"
          ? ends.clean + ends.failed - ends.signalled
          : 0;
  if (share < NEARLY_ALL) return null;
  if (restarts !== "on-failure" && restarts !== "on-success" && restarts !== "on-signal") return null;
  return { only: restarts, share, by: null };
}

function sparedByRules(
  { restarts, expects, ends: rules }: Job,
  each: readonly (End & { share: number })[],
  isReady: boolean,
): Spared | null {
  if (rules === undefined) return null;
  let share = 0;
  let listed = { share: 0, by: null as EndList | null };
  for (const end of each) {
    const { isRestarted, by } = sequelOf(rules, end);
    // Before it is ready every end is a failure, but RestartPreventExitStatus= holds all the same; of Type=forking it is
    // not the main process that ends then.
    const counts = isReady || (by !== null && by === rules.prevent && expects !== "forking");
    if (isRestarted !== false || !counts) continue;
    share += end.share;
    if (by !== null && end.share > listed.share) listed = { share: end.share, by };
  }
  if (share < NEARLY_ALL) return null;
  const only = restarts === "on-failure" || restarts === "on-success" || restarts === "on-signal" ? restarts : "listed";
  return { share, only: rules.restart === "no" ? "listed" : only, by: listed.share >= share / 2 ? listed.by : null };
}

/** Types of systemd that are up as soon as they run; elsewhere it depends on what the program says. */
function isReadyAtOnce(type: string | null): boolean {
  return type === "simple" || type === "exec" || type === "idle" || type === "oneshot";
}
