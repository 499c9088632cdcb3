import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { errnoOf } from "../platform/errno.ts";
import { stepKind, StepRefused, type StepKind } from "../journal/types.ts";
import type { Untrusted } from "../model/text.ts";
import { allPids, signalLife } from "../platform/processes.ts";
import { findProcesses, processesOf, protectedPids, statOf, type Running } from "./processes.ts";

const digits = z.string().regex(/^\d{1,20}$/);
const life = z.object({ pid: z.int().positive(), startTicks: digits });

interface Data {
  path: Untrusted;
  /** The file that they execute. */
  dev: string;
  inode: string;
  /** How many looks in a row have to find none: a chain can be missed between two of its generations. */
  looks: number;
  /** What was stopped already, and stays so. */
  stopped: { pid: number; startTicks: string }[];
}

const data: z.ZodType<Data> = z.object({
  path: z.string(),
  dev: digits,
  inode: digits,
  looks: z.int().positive(),
  stopped: z.array(life),
});
/** How often /proc is gone through until nothing new turns up. */
const ROUNDS = 40;
const BETWEEN_MS = 25;

/** Stops every process that executes the file, so that none answers to what follows. Its undo lets them go on. */
const stop: StepKind<Data> = {
  kind: "processes.stop",
  data,
  apply: (step) => reach(step, "SIGSTOP", ({ stopped }) => !stopped),
  undo(step) {
    let any = false;
    for (const running of processesOf(step)) {
      if (!running.runsFile || !running.stopped || step.stopped.some((one) => isSame(one, running))) continue;
      any = signalLife(running, "SIGCONT") === null || any;
    }
    return { outcome: any ? "undone" : "nothing-to-undo" };
  },
  verify: (step) => (findProcesses(step).some(({ stopped, runsFile }) => runsFile && !stopped) ? "before" : "after"),
  effect: ({ path }) => ({ code: "quarantine.effect.stop", args: { path } }),
  undoing: () => ({ code: "quarantine.undoing.stop", args: {} }),
  byHand: (step) =>
    processesOf(step)
      .filter(({ runsFile, stopped }) => runsFile && stopped)
      .map(({ pid }) => ["kill", "-CONT", String(pid)]),
};

/** Ends every process that executes the file, and the others of their units. There is no way back from that. */
const end: StepKind<Data> = {
  kind: "processes.end",
  data,
  apply: (step) => reach(step, "SIGKILL", () => true),
  undo: () => ({ outcome: "lasting" }),
  verify: (step) => (findProcesses(step).length > 0 ? "before" : "after"),
  effect: ({ path }) => ({ code: "quarantine.effect.end", args: { path } }),
  undoing: () => ({ code: "quarantine.undoing.end", args: {} }),
  byHand: () => [],
};

function isSame(a: { pid: number; startTicks: string }, b: { pid: number; startTicks: string }): boolean {
  return a.pid === b.pid && a.startTicks === b.startTicks;
}

/**
 * Signals all of them until a look at /proc finds none that `remains`. A chain forks faster than /proc is read; but kill(2)
 * of a process group reaches all members at once, and one that is about to fork gets the signal before its child is born
 * (kernel/fork.c copy_process). So a group that has only such processes is signalled whole.
 */
async function reach(step: Data, signal: "SIGKILL" | "SIGSTOP", remains: (running: Running) => boolean): Promise<void> {
  let empty = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const kept = protectedPids();
    const targets = findProcesses(step).filter(
      (running) => remains(running) && (signal === "SIGKILL" || running.runsFile),
    );
    const barred = targets.find(({ pid }) => kept.has(pid));
    if (barred !== undefined)
      throw new StepRefused("quarantine.protected-process", { pid: barred.pid, comm: barred.comm });
    empty = targets.length === 0 ? empty + 1 : 0;
    if (empty >= step.looks) return;
    const numbers = new Set(targets.map(({ pid }) => pid));
    const groups = new Set(targets.map(({ group }) => group));
    for (const group of groups) if (isOnlyTheirs(group, numbers, step, kept)) signalGroup(group, signal);
    for (const running of targets) signalLife(running, signal);
    await pause(BETWEEN_MS);
  }
  if (findProcesses(step).some((running) => remains(running) && running.runsFile))
    throw new StepRefused("quarantine.still-running", { path: step.path });
}

/** Whether a process group holds none but those that are meant, as far as /proc tells: not one that is protected, or another's. */
function isOnlyTheirs(group: number, numbers: ReadonlySet<number>, step: Data, kept: ReadonlySet<number>): boolean {
  if (group <= 1 || kept.has(group)) return false;
  const members = allPids()
    .map(statOf)
    .filter((stat) => stat?.group === group)
    .map((stat) => (stat as { pid: number }).pid);
  if (members.some((pid) => kept.has(pid))) return false;
  const theirs = new Set(processesOf(step).map(({ pid }) => pid));
  // Members of a chain are gone by the second look: who can still be seen must be theirs.
  return members.every((pid) => numbers.has(pid) || theirs.has(pid) || statOf(pid) === null);
}

function signalGroup(group: number, signal: "SIGKILL" | "SIGSTOP"): void {
  try {
    process.kill(-group, signal);
  } catch (error) {
    if (errnoOf(error) !== "ESRCH") throw error;
  }
}

export const stopStep = stepKind(stop);
export const endStep = stepKind(end);
