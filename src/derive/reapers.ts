import type { ChildSignalEvent } from "../model/events.ts";
import type { Untrusted } from "../model/text.ts";

/** A process that is handed dead children, and how they ended, by the SIGCHLDs that it got. */
export interface Reaper {
  pid: number;
  comm: Untrusted;
  /** Dead children in all. SIGCHLDs coalesce: there may be more dead than signals, never fewer. */
  dead: number;
  exited: number;
  /** By a signal, with or without a core dump. */
  killed: number;
  /** Time of the first and the last, ns. */
  firstTs: number;
  lastTs: number;
}

/** Counts SIGCHLDs by receiver, for at most 4096 receivers: what a storm's reaper gets comes by the thousand. */
export class Reapers {
  readonly #reapers = new Map<number, Reaper>();
  #last: Reaper | null = null;

  add({ ts, reaper: pid, reaperComm: comm, code }: ChildSignalEvent): void {
    let reaper = this.#last;
    if (reaper?.pid !== pid) {
      reaper = this.#reapers.get(pid) ?? null;
      if (reaper === null) {
        if (this.#reapers.size >= MAX_REAPERS) return;
        reaper = { pid, comm, dead: 0, exited: 0, killed: 0, firstTs: ts, lastTs: ts };
        this.#reapers.set(pid, reaper);
      }
      this.#last = reaper;
    }
    reaper.dead++;
    if (code === 1) reaper.exited++;
    else if (code > 1) reaper.killed++;
    reaper.lastTs = ts;
    if (reaper.comm === "") reaper.comm = comm;
  }

  /** All of them, the one with the most dead children first. */
  ranked(): Reaper[] {
    return [...this.#reapers.values()].sort((a, b) => b.dead - a.dead);
  }
}

const MAX_REAPERS = 4096;
