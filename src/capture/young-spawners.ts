/** Forks after which a process counts as one that starts others, not as a link of a chain. */
const FORKS = 4;
const SLOTS = 4096;

/**
 * Notices processes that were not there before the window and fork again and again: the spawner of a storm may itself be
 * gone at the end. Constant size; two busy spawners in one slot only delay each other.
 */
export class YoungSpawners {
  readonly #pids = new Int32Array(SLOTS);
  readonly #forks = new Uint8Array(SLOTS);
  readonly #isOld: (pid: number) => boolean;
  #due: number[] = [];

  /** `isOld` tells the processes that are known from before. */
  constructor(isOld: (pid: number) => boolean) {
    this.#isOld = isOld;
  }

  forked(pid: number): void {
    const slot = pid & (SLOTS - 1);
    if (this.#pids[slot] !== pid) {
      this.#pids[slot] = pid;
      this.#forks[slot] = 0;
    }
    const forks = this.#forks[slot] as number;
    if (forks >= FORKS) return;
    this.#forks[slot] = forks + 1;
    if (forks + 1 === FORKS && !this.#isOld(pid) && this.#due.length < 64) this.#due.push(pid);
  }

  /** Those noticed since the last call. */
  take(): number[] {
    const due = this.#due;
    if (due.length > 0) this.#due = [];
    return due;
  }
}
