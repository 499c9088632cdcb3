import type { Family } from "../derive/family.ts";
import { confidenceOf, processText, reason } from "./measure.ts";
import type { Detector, Finding, Outcome, View } from "./types.ts";

/**
 * Hypothesis: one process makes a thread for each piece of work and lets it end. To a counter of forks (/proc/stat
 * `processes`, vmstat) that looks like a fork storm, but nothing is executed and no process is born.
 *
 * Told apart from a pool of workers by threads that end as fast as they are made, and from short-lived programs that have
 * a few threads each by one process that makes most of them. Threads are no members of any family: this explains no
 * process, and takes none from another finding.
 */
export const threadChurn: Detector = { kind: "thread-churn", detect };

/** A thread costs some 20 to 50 us: 200 a second are about 1 % of a CPU. A runtime that starts makes some dozens. */
const MIN_PER_SECOND = 200;
const MIN_THREADS = 400;
/** Of the threads made, what must have ended. */
const TURNOVER = 0.7;
/** Where no source tells the end of a thread: more than any pool has. */
const MORE_THAN_A_POOL = 2000;

function detect(view: View): Outcome {
  const findings = view.derived.families.map((family) => judge(family, view)).filter((f) => f !== null);
  return findings.length > 0 ? { state: "found", findings } : { state: "none" };
}

function judge(family: Family, { derived }: View): Finding | null {
  const { threads, threadsEnded, firstThread, lastThread } = family;
  const [most] = family.threadMakers.ranked();
  if (threads < MIN_THREADS || most === undefined || firstThread === null || lastThread === null) return null;
  const share = Math.min(1, most.count / threads);
  const perSecond = lastThread > firstThread ? ((threads - 1) * 1e9) / (lastThread - firstThread) : 0;
  if (share < 0.5 || perSecond * share < MIN_PER_SECOND) return null;
  const endsTold = derived.families.some((other) => other.threadsEnded > 0);
  if (endsTold ? threadsEnded < TURNOVER * threads : threads < MORE_THAN_A_POOL) return null;
  const maker = processText(most.value.pid, most.value.image);
  const reasons = [
    reason("for", "threads-of-one-process", { share, maker }),
    endsTold
      ? reason("for", "threads-end", { share: Math.min(1, threadsEnded / threads) })
      : reason("against", "thread-ends-unknown"),
  ];
  return {
    kind: "thread-churn",
    subject: family,
    covers: [],
    starts: threads,
    perSecond,
    spawner: most.value,
    benign: false,
    confidence: confidenceOf(reasons),
    reasons,
    facts: { maker, alive: endsTold ? Math.max(0, threads - threadsEnded) : null },
  };
}
