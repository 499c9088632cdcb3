import type { HiddenAccount, HiddenProcess, Witness } from "../../model/hidden.ts";
import { monotonicNs } from "../../platform/clock.ts";
import { openOwnProc } from "../../platform/own-proc.ts";
import { TICKS } from "../procfs/facts.ts";
import { readSmall } from "../procfs/read-small.ts";
import { byCgroup } from "./by-cgroup.ts";
import { byChildren } from "./by-children.ts";
import { byEvents } from "./by-events.ts";
import { ByNumber } from "./by-number.ts";
import { byOwnProc } from "./by-own-proc.ts";
import { byRawListing } from "./by-raw-listing.ts";
import { programIn, uptimeTicks } from "./identity.ts";
import { listedProcesses } from "./listing.ts";
import type { Told } from "./living-by-events.ts";
import { preloadedLibraries } from "../procfs/preloaded.ts";
import { Suspects, type Suspect } from "./suspects.ts";
import type { Asked } from "./types.ts";

/** Rounds in a row in which a process must be missing, and the most that are made. */
const ROUNDS = 3;
const MOST_ROUNDS = 6;
const PAUSE_MS = 20;
/** Time for each round's witnesses, ns; who is not through by then goes on in the next round, or leaves the rest out. */
const BUDGET_NS = 80e6;

export interface LookOptions {
  /** Who should live by the events; null where there are none, or they number processes otherwise than /proc. */
  events: ReadonlyMap<number, Told> | null;
  /** Aborted by Ctrl-C: the look ends with the rounds made so far. */
  signal: AbortSignal;
}

/**
 * Looks for processes that live and that /proc does not show: in several rounds, with witnesses that do not depend on each
 * other. Its time goes by the slowness of /proc here: `BUDGET_NS` a witness and round at most. The caller has made sure that /proc would show all (`whyNotLook`).
 */
export async function lookForHidden({ events, signal }: LookOptions): Promise<HiddenAccount> {
  const began = monotonicNs();
  const suspects = new Suspects();
  const numbers = new ByNumber();
  const asked: readonly Asked[] = [byEvents, byRawListing, byOwnProc, byCgroup, byChildren, numbers];
  const accounts = new Map(asked.map(({ witness }) => [witness, { witness, told: 0, why: null as string | null }]));
  const opened = openOwnProc();
  const own = typeof opened === "string" ? null : opened.dir;
  let rounds = 0;
  try {
    while (rounds < ROUNDS || (rounds < MOST_ROUNDS && suspects.pending(ROUNDS))) {
      if (rounds > 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      if (signal.aborted) break;
      oneRound();
      rounds++;
    }
    const processes = suspects.confirmed(ROUNDS).map((suspect) => described(suspect, own, events));
    const count = accounts.get("number");
    if (count !== undefined) Object.assign(count, sweepOf(numbers));
    const seconds = (monotonicNs() - began) / 1e9;
    return { processes, look: { rounds, seconds, witnesses: [...accounts.values()], preloaded: preloadedLibraries() } };
  } finally {
    if (typeof opened !== "string") opened.close();
  }

  function oneRound(): void {
    const beganTicks = uptimeTicks(TICKS) ?? 0;
    const before = listedProcesses();
    const told = new Map<number, Set<Witness>>();
    for (const { witness, ask } of asked.map((one) => ({ witness: one.witness, ask: one.ask.bind(one) }))) {
      const until = monotonicNs() + BUDGET_NS;
      const answer = ask({ listed: before, ownProc: opened, events, until });
      const account = accounts.get(witness);
      if (account === undefined) continue;
      if (typeof answer === "string") {
        account.why = answer;
        continue;
      }
      account.told = 0;
      for (const pid of answer) {
        account.told++;
        const witnesses = told.get(pid);
        if (witnesses === undefined) told.set(pid, new Set([witness]));
        else witnesses.add(witness);
      }
    }
    suspects.round({ beganTicks, before, after: listedProcesses(), told, own });
  }
}

/** The account of the sweep over numbers: how many of them were asked for. */
function sweepOf({ asked, top }: ByNumber): { told: number; why: string | null } {
  return {
    told: asked,
    why: asked < top ? `only the first ${asked} of ${top} numbers were asked for in the time` : null,
  };
}

function described(suspect: Suspect, own: string | null, events: LookOptions["events"]): HiddenProcess {
  const { process: pid, startTicks, comm, seenBy, missingFrom } = suspect;
  const proc = own ?? "/proc";
  return {
    pid,
    startedAt: startOf(startTicks),
    comm,
    exe: programIn(proc, pid) ?? events?.get(pid)?.exe ?? null,
    seenBy: [...seenBy],
    missingFrom: [...missingFrom],
  };
}

function startOf(ticks: number): string | null {
  const booted = Number(/^btime (\d+)$/m.exec(readSmall("/proc/stat")?.toString("latin1") ?? "")?.[1] ?? Number.NaN);
  return Number.isNaN(booted) ? null : new Date((booted + ticks / TICKS) * 1000).toISOString();
}
