import * as fs from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { StepRefused, stepKind, type StepKind, type UndoResult } from "../../journal/types.ts";
import { toBytes } from "../../model/text.ts";
import { errnoOf } from "../../platform/errno.ts";
import { LITTLE_CPU } from "../cpu-files.ts";
import { askFor, cgroupFolder, isThere, membersOf, moveInto, setTo } from "../freezer.ts";
import { isKernelThread, isMember, isOfFile, membersNow, newestMembers, ownLine, target } from "../members.ts";

/** `cgroup.join` has the same. */
export const ownCgroupData = z.object({
  version: z.union([z.literal(1), z.literal(2)]),
  /** Where the hierarchy is mounted, and the cgroup mounted there. */
  dir: z.string(),
  root: z.string(),
  /** Absent: one that freezes. */
  controller: z.literal("cpu").optional(),
  /** The cgroup they are in, and ours below it. */
  origin: z.string(),
  own: z.string(),
  target,
});
type Data = z.infer<typeof ownCgroupData>;

/** Quick looks at a chain after which it is given up; a look takes some 50 µs. */
const LOOKS = 20_000;
/** Quick looks, and full ones, that have to find nobody outside, one after the other. */
const QUIET_LOOKS = 300;
const QUIET_FULL_LOOKS = 3;
const PATIENCE_MS = 5000;
const QUOTA = LITTLE_CPU[1].limit;

/**
 * Moves processes into a cgroup of ours below their own: all limits above go on to count, whatever they fork is in it from
 * birth, and nobody else is. Undone by moving all of it back, frozen meanwhile so that nobody forks out of sight.
 */
export const ownCgroup: StepKind<Data> = {
  kind: "cgroup.own",
  data: ownCgroupData,
  async apply(step) {
    makeFolder(step.own);
    let moved = takeIn(step, membersNow(step.target));
    if (isOfFile(step.target)) moved = await chase(step, moved);
    for (let quiet = 0, looks = 0; quiet < QUIET_FULL_LOOKS && looks < 100 && moved > 0; looks++) {
      const taken = takeIn(step, membersNow(step.target));
      moved += taken;
      quiet = taken === 0 ? quiet + 1 : 0;
    }
    if (membersOf(step.own).length === 0 && moved === 0) throw new StepRefused("experiment.refused.nobody", {});
  },
  async undo(step) {
    if (!isThere(step.own)) return { outcome: "nothing-to-undo" };
    return await moveBack(step);
  },
  verify({ own }) {
    if (!isThere(own)) return "before";
    return membersOf(own).length > 0 ? "after" : "between";
  },
  effect: ({ own, origin }) => ({ code: "experiment.step.own-cgroup", args: { own, origin } }),
  undoing: ({ own, origin }) => ({ code: "experiment.undo.own-cgroup", args: { own, origin } }),
  byHand: ({ own, origin }) => [
    ["sh", "-c", 'for p in $(cat -- "$1/cgroup.procs"); do echo "$p" > "$2/cgroup.procs"; done', "sh", own, origin],
    ["rmdir", "--", own],
  ],
};

export const ownCgroupStep = stepKind(ownCgroup);

/** Moves those that may be moved; gives their number. */
export function takeIn(step: Data, pids: Iterable<number>, line = ownLine()): number {
  let moved = 0;
  for (const pid of pids) {
    if (pid === 1 || line.has(pid) || cgroupFolder(step, pid) !== step.origin) continue;
    // Who runs a file is no thread of the kernel.
    if (step.target.by === "tree" && isKernelThread(pid)) continue;
    if (!tryMove(step.own, pid)) continue;
    // Its number may have gone to another between the look and the move.
    if (isMember(step.target, pid) === false) tryMove(step.origin, pid);
    else moved++;
  }
  return moved;
}

/**
 * Takes in the newest members of chains, until some were taken in and no other comes from outside. A member is moved as soon as it is seen: at
 * 10,000 forks a second it has its child, and is of no use any more, 0.1 ms later.
 */
async function chase(step: Data, before: number): Promise<number> {
  const line = ownLine();
  let moved = before;
  let quiet = 0;
  for (let look = 0; look < LOOKS && (moved === 0 || quiet < QUIET_LOOKS); look++) {
    const taken = takeIn(step, newestMembers(step.target), line);
    moved += taken;
    quiet = taken === 0 ? quiet + 1 : 0;
    // Others of this process want to read events meanwhile.
    if (look % 50 === 49) await delay(0);
  }
  return moved;
}

async function moveBack({ version, own, origin, controller }: Data): Promise<UndoResult> {
  const end = performance.now() + PATIENCE_MS;
  // Frozen ones (next to frozen, where it is the CPU that they lack) cannot fork while they are moved, and are thawed where they come. Kernels before 3.17 refuse that.
  let frozen = true;
  let why = "";
  const still = (on: boolean): void => {
    if (controller === "cpu") setTo(own, QUOTA.file, on ? QUOTA.little : QUOTA.whole);
    else askFor(version, own, on);
  };
  while (performance.now() < end) {
    if (!isThere(own)) return { outcome: "undone" };
    try {
      still(frozen);
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") frozen = false;
    }
    for (const pid of membersOf(own)) {
      try {
        moveInto(origin, pid);
      } catch (error) {
        why = errnoOf(error);
        if (why === "EBUSY") frozen = false;
      }
    }
    if (membersOf(own).length === 0 && removed(own)) return { outcome: "undone" };
    await delay(5);
  }
  // Whoever is left must at least not stand still.
  still(false);
  return {
    outcome: "refused",
    why: { code: "experiment.refused.not-emptied", args: { own, why } },
    byHand: ownCgroup.byHand({ version, own, origin } as Data),
  };
}

function makeFolder(own: string): void {
  fs.mkdirSync(Buffer.from(toBytes(own)));
}

function removed(own: string): boolean {
  try {
    fs.rmdirSync(Buffer.from(toBytes(own)));
    return true;
  } catch (error) {
    return errnoOf(error) === "ENOENT";
  }
}

function tryMove(folder: string, pid: number): boolean {
  try {
    moveInto(folder, pid);
    return true;
  } catch (error) {
    if (["ESRCH", "ENODEV"].includes(errnoOf(error))) return false;
    throw error;
  }
}
