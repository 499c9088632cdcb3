import type { Untrusted } from "../../model/text.ts";

const SIZE = 8192;
/** How the end of a process was told: not, by its own lines, or by SIGCHLD to its parent. */
export const TOLD = { not: 0, byItself: 1, bySignal: 2 } as const;

/** How a child ended, as its parent is told; `comm` where the log names it. */
export interface ChildEnd {
  code: number | null;
  signal: number | null;
  comm: Untrusted;
}

/**
 * Ends told last, by PID: one end is told by up to three lines (its own, a SIGCHLD, a wait), and SIGCHLDs coalesce, so that
 * none of them can be left out. A table of fixed size in which a later PID takes the place of an earlier one.
 */
export class EndsTold {
  readonly #pids = new Int32Array(SIZE).fill(-1);
  readonly #told = new Uint8Array(SIZE);

  of(pid: number): number {
    const place = pid & (SIZE - 1);
    return this.#pids[place] === pid ? (this.#told[place] as number) : TOLD.not;
  }

  set(pid: number, told: number): void {
    const place = pid & (SIZE - 1);
    this.#pids[place] = pid;
    this.#told[place] = told;
  }
}
