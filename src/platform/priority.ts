import { readFileSync, writeFileSync } from "node:fs";
import { getPriority, setPriority } from "node:os";

/** Weighs nine times as much as the rest (kernel/sched/core.c sched_prio_to_weight), and still lets the rest run. */
const NICENESS = -10;

/**
 * Niceness of the session's group of tasks (sched(7), autogroup): `/autogroup-7466 nice 0`. Where it is there, nice(1)
 * only counts within the session, and each job of an init is a session of its own: ten chains then have ten shares of
 * the CPUs, and who looks at them has one.
 */
const AUTOGROUP = "/proc/self/autogroup";

/**
 * Raises the priority of this process, as atop(1) does, so that on a host without an idle CPU it still looks when it means
 * to. Who chose a niceness already keeps it. Needs root, and does nothing without. Returns what puts everything back.
 */
export function raisePriority(): () => void {
  if (getPriority() !== 0) return () => undefined;
  const undo = [raiseProcess(), raiseSession()].filter((step) => step !== null);
  // Whatever ends this process but a SIGKILL: the session outlives it.
  const restore = (): void => {
    process.off("exit", restore);
    for (const step of undo.splice(0)) step();
  };
  if (undo.length > 0) process.on("exit", restore);
  return restore;
}

/** Starts something at the usual priority: what it starts in turn, a service of this host for example, keeps it. */
export function atUsualPriority<T>(start: () => T): T {
  const raised = getPriority() === NICENESS && attempt(() => setPriority(0));
  try {
    return start();
  } finally {
    if (raised) attempt(() => setPriority(NICENESS));
  }
}

type Step = (() => void) | null;

function raiseProcess(): Step {
  return attempt(() => setPriority(NICENESS)) ? () => void attempt(() => setPriority(0)) : null;
}

function raiseSession(): Step {
  // Its name stays while the session does: who finds another there has been moved, and puts nothing back.
  const name = groupOfNiceness(0);
  if (name === null || !attempt(() => writeFileSync(AUTOGROUP, `${NICENESS}`))) return null;
  return () => {
    if (groupOfNiceness(NICENESS) === name) attempt(() => writeFileSync(AUTOGROUP, "0"));
  };
}

/** Name of this session's group if it has this niceness. */
function groupOfNiceness(niceness: number): string | null {
  let text: string;
  try {
    text = readFileSync(AUTOGROUP, "latin1");
  } catch {
    // A kernel without autogroup.
    return null;
  }
  const [, name, value] = /^(\S+) nice (-?\d+)$/m.exec(text) ?? [];
  return name === undefined || Number(value) !== niceness ? null : name;
}

function attempt(change: () => void): boolean {
  try {
    change();
    return true;
  } catch {
    // EPERM, EACCES: not root. Then it takes its turn.
    return false;
  }
}
