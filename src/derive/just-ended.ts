import type { Family } from "./family.ts";

/**
 * Families of the processes that ended last, by PID: the SIGCHLD about an end comes right after it. A table of fixed
 * size in which a later PID takes the place of an earlier one, so it costs no more than two stores an end.
 */
export class JustEnded {
  readonly #pids = new Int32Array(SIZE).fill(-1);
  readonly #families: (Family | undefined)[] = Array.from({ length: SIZE });

  add(pid: number, family: Family): void {
    const place = pid & (SIZE - 1);
    this.#pids[place] = pid;
    this.#families[place] = family;
  }

  get(pid: number): Family | undefined {
    const place = pid & (SIZE - 1);
    return this.#pids[place] === pid ? this.#families[place] : undefined;
  }
}

const SIZE = 1024;
