import { randomBytes } from "node:crypto";
import type { AnyStepKind, Step, StepKinds } from "../journal/types.ts";
import { freezers, cgroupFolder, membersBelow, type Freezer } from "./freezer.ts";
import { isOfFile, membersNow, newestMembers, type Target } from "./members.ts";
import type { InterventionKind, Plan } from "./result.ts";
import { SHORTEST_SLOT } from "./schedule.ts";
import type { Untrusted } from "../model/text.ts";
import type { Life } from "../platform/process-identity.ts";

/** One way to hold the storm: steps that are taken once, and those of each held slot. */
export interface Intervention {
  kind: InterventionKind;
  /** As it is named to the reader. */
  target: Untrusted;
  prepare: Step[];
  hold: Step[];
  /** Makes the steps of a held slot anew, where they depend on what the one before has left; else they are `hold`. */
  again?: (runId: string) => Step[];
  /** Until it takes effect, and until the storm is back after it was taken back, seconds. */
  settleSeconds: number;
  /** Share of the storm that may be left while it is held. */
  remainder: number;
  /** Set where it leaves them some CPU: that they go on then refutes nothing. */
  slows?: true;
  /** Whom it stands or falls with, where that is one process. */
  life?: Life;
}

/** Each step waits until the kernel has done it. */
const SETTLE = 0.1;
/** A supervisor stops a job, and brings a program back, within this for the most part. */
export const UNIT_SETTLE = 2;
/** systemctl(1) returns when the job is done: nobody runs any more, or the unit is up. */
const SYSTEMD_SETTLE = 1;
/** What a change itself takes: its records on the disk, and the bin that it falls into. */
const SWITCH_SECONDS = 0.1;
const REMAINDER = 0.1;
/** Cgroups in which members of one target are met. */
const ORIGINS = 8;
/** How long a chain's members are looked for, ms. */
const SEARCH_MS = 4000;

/** Freezing: null where this host has no freezer, or nobody of the target lives. */
export function freezing(name: Untrusted, whom: Target): Intervention | null {
  for (const freezer of freezers()) {
    const origins = originsOf(freezer, whom);
    if (origins.length === 0) continue;
    const id = `whoforks-${randomBytes(4).toString("hex")}`;
    const owns = origins.map((origin) => ({ origin, own: `${origin}/${id}` }));
    const { version } = freezer;
    // Who starts anew what belongs to a unit starts it beside our cgroup.
    const joining = whom.by === "cgroup" ? owns : [];
    return {
      kind: "freeze",
      target: name,
      prepare: owns.map((own) => ({ kind: "cgroup.own", data: { ...freezer, ...own, target: whom } })),
      hold: [
        ...joining.map((own) => ({ kind: "cgroup.join", data: { ...freezer, ...own, target: whom } })),
        ...owns.map(({ own }) => ({ kind: "cgroup.freeze", data: { version, folder: own } })),
      ],
      ...lifeOf(whom),
      settleSeconds: SETTLE,
      remainder: REMAINDER,
    };
  }
  return null;
}

export function lifeOf(whom: Target): { life?: Life } {
  return whom.by === "tree" ? { life: { pid: whom.pid, startTicks: whom.startTicks } } : {};
}

/** Freezing a cgroup that is the target's own already. */
export function freezingCgroup(name: Untrusted, version: 1 | 2, folder: Untrusted): Intervention {
  const hold = [{ kind: "cgroup.freeze", data: { version, folder } }];
  return { kind: "freeze", target: name, prepare: [], hold, settleSeconds: SETTLE, remainder: REMAINDER };
}

/** SIGSTOP. */
export function stopping(name: Untrusted, pid: number, startTicks: string): Intervention {
  const hold = [{ kind: "process.stop", data: { pid, startTicks } }];
  const life = { pid, startTicks };
  return { kind: "stop-process", target: name, prepare: [], hold, settleSeconds: SETTLE, remainder: REMAINDER, life };
}

/** Cgroups of a hierarchy in which they are met; a chain's members are looked for until some were. */
export function originsOf(freezer: Freezer, whom: Target): Untrusted[] {
  const origins = new Set<Untrusted>();
  const note = (pids: Iterable<number>): void => {
    for (const pid of pids) {
      const folder = cgroupFolder(freezer, pid);
      if (folder !== null) origins.add(folder);
    }
  };
  note(membersNow(whom));
  for (const end = performance.now() + SEARCH_MS; isOfFile(whom) && origins.size === 0 && performance.now() < end;)
    note(newestMembers(whom));
  return [...origins].slice(0, ORIGINS);
}

/** Everybody who would be held, as far as they live now. */
export function heldNow({ prepare, hold }: Intervention): number[] {
  const pids = prepare.flatMap(({ data }) => membersNow((data as { target: Target }).target));
  for (const { kind, data } of hold) {
    if (kind === "process.stop") pids.push((data as { pid: number }).pid);
    if ((kind === "cgroup.freeze" || kind === "cgroup.cpu") && prepare.length === 0)
      pids.push(...membersBelow((data as { folder: string }).folder));
  }
  return pids;
}

/** The plan as it is shown: every effect and its undo. */
export function planOf(intervention: Intervention, kinds: StepKinds, pairs: number, baselineSeconds: number): Plan {
  const { kind, target, prepare, hold, settleSeconds } = intervention;
  const steps = [...prepare, ...hold].map(({ kind: name, data }) => {
    const known = kinds.get(name) as AnyStepKind;
    const [undoCommand = null] = known.byHand(data);
    const { effect, undo } = { effect: known.effect(data), undo: known.undoing(data) };
    return {
      effect: { code: effect.code, args: { ...effect.args } },
      undo: { code: undo.code, args: { ...undo.args } },
      command: null,
      undoCommand,
    };
  });
  const seconds = Math.round(baselineSeconds + (2 * pairs + 1) * (settleSeconds + SHORTEST_SLOT + SWITCH_SECONDS));
  return { kind, target, steps, pairs, seconds, errorRate: 2 ** -pairs };
}

/** A supervisor's own commands. */
export function stoppingUnit(
  supervisor: string,
  unit: Untrusted,
  stop: Untrusted[],
  start: Untrusted[][],
): Intervention {
  const hold = [{ kind: "unit.stop", data: { supervisor, unit, stop, start } }];
  const settleSeconds = supervisor === "systemd" ? SYSTEMD_SETTLE : UNIT_SETTLE;
  return { kind: "stop-unit", target: unit, prepare: [], hold, settleSeconds, remainder: REMAINDER };
}
