/** A search of PATH tries the next folder within microseconds; a program that executes itself anew has loaded in between. */
const AT_ONCE = 10e6;
const MOST = 16_384;

/**
 * execsnoop.bt prints each call of execve as it begins, and so each folder of a search of PATH: lines of one process with the same
 * arguments. Of such a row the first stands for the exec, and the others for none.
 */
export class Attempts {
  /** PID → its last line, in the order of their times. */
  readonly #last = new Map<number, { told: object; ts: number }>();

  /** @param told the arguments, the same object for the same arguments @returns whether this process has just tried the same */
  isAgain(pid: number, told: object, ts: number): boolean {
    const last = this.#last.get(pid);
    const again = last !== undefined && last.told === told && ts - last.ts <= AT_ONCE;
    this.#last.delete(pid);
    if (this.#last.size >= MOST) this.#last.delete(this.#last.keys().next().value as number);
    this.#last.set(pid, { told, ts });
    return again;
  }
}
