import { starts, type Actor, type Family } from "../derive/family.ts";
import type { ZombieParent } from "../derive/zombies.ts";
import { confidenceOf, processText, rate, reason } from "./measure.ts";
import type { Detector, Finding, Outcome, View } from "./types.ts";

/**
 * Hypothesis: a process does not wait for its children, so that each of them stays behind as a zombie: no CPU and no
 * memory, but a PID of which a host has 32,768 or four million. Often it is PID 1 of a container that is no init.
 *
 * Told apart from a reaper that is only behind (PID 1 in a chain of 10,000 a second always has some zombies) by the share
 * of the dead that stay; from a parent that ignores SIGCHLD by that one having none: the kernel reaps them itself. What
 * starts the children (a supervisor, a loop) is the same as in other storms, so this stands before those.
 */
export const zombieAccumulation: Detector = { kind: "zombie-accumulation", detect };

/** Eight in five seconds fill a table of 32,768 within six hours. A parent that waits late has fewer. */
const MIN_FRESH = 8;
/** Of the children that ended in the window, what must have stayed. */
const MIN_SHARE = 0.5;
/** Children by the hundred of one parent, each while others live: then whether they were waited for is a question. */
const WORTH_ASKING = 100;

function detect(view: View): Outcome {
  const { zombies } = view;
  if (zombies === null) {
    if (!view.derived.families.some(isUnclear)) return { state: "none" };
    return {
      state: "could-not-look",
      code: "zombies.no-look-at-processes",
      what: "whether dead children stay behind as zombies",
      why: "events tell that processes end, not whether anybody waits for them; that is in /proc of the living host",
      remedy: "sudo whoforks diagnose",
    };
  }
  const findings = zombies.map((parent) => judge(parent, view)).filter((f) => f !== null);
  return findings.length > 0 ? { state: "found", findings } : { state: "none" };
}

/** No supervisor waits for one before it starts the next. */
function isUnclear(family: Family): boolean {
  return family.ended >= WORTH_ASKING && family.startsWhenAlone < starts(family) / 2 && family.replicators < 8;
}

function judge(parent: ZombieParent, { derived, seconds }: View): Finding | null {
  if (parent.fresh < MIN_FRESH) return null;
  const handed = derived.reapers.find(({ pid }) => pid === parent.pid)?.dead ?? 0;
  const covers = derived.families.filter((family) => isOf(family, parent.pid));
  const [subject] = [...covers].sort((a, b) => starts(b) + b.ended - (starts(a) + a.ended));
  if (subject === undefined) return null;
  const dead = Math.max(
    handed,
    covers.reduce((sum, family) => sum + family.ended, 0),
  );
  const share = Math.min(1, parent.fresh / Math.max(1, dead));
  if (share < MIN_SHARE) return null;
  const text = processText(parent.pid, parent);
  const reasons = [
    reason("for", "zombies-stay", { share, parent: text }),
    reason("for", "zombies-grow", { fresh: parent.fresh, zombies: parent.zombies }),
  ];
  return {
    kind: "zombie-accumulation",
    subject,
    covers,
    starts: covers.reduce((sum, family) => sum + starts(family), 0),
    perSecond: Math.max(rate(covers), parent.fresh / Math.max(seconds, 1e-3)),
    spawner: starterOf(covers, parent.pid),
    benign: false,
    confidence: confidenceOf(reasons),
    reasons,
    facts: {
      parent: text,
      parentPid: parent.pid,
      zombies: parent.zombies,
      fresh: parent.fresh,
      seconds,
      init: parent.namespacePid === 1 ? text : null,
    },
  };
}

/** Children of that process: it forked most of them, or is handed most of their dead. */
function isOf({ reapers, spawners, copiers }: Family, pid: number): boolean {
  const [reaper] = reapers.ranked();
  if (reaper !== undefined) return reaper.value.pid === pid;
  return spawners.ranked()[0]?.value.pid === pid || copiers.ranked()[0]?.value.pid === pid;
}

function starterOf(families: readonly Family[], pid: number): Actor | null {
  for (const { spawners, copiers } of families)
    for (const { value } of [...spawners.ranked(), ...copiers.ranked()]) if (value.pid === pid) return value;
  return families[0]?.spawners.ranked()[0]?.value ?? null;
}
