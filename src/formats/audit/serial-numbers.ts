const RING = 4096;
/** A serial this far above the highest belongs to another count, with nothing known about what lies between. */
const FAR = 1 << 16;

/**
 * Which serial numbers of one host have come, and how many are missing. A gap is only a hint of loss: rules that exclude, and
 * records that auditd does not write, use up serials too (go-audit#23). A serial far below the highest that is not also earlier
 * begins a new count: a reboot, or the rollover at 2^32.
 */
export class SerialNumbers {
  /** Serial + 1 of the event last seen in each place. */
  readonly #seen = new Float64Array(RING);
  /** Time of the SYSCALL record last seen in each place. */
  readonly #syscalls = new Float64Array(RING);
  readonly #execs = new Float64Array(RING);
  #first = -1;
  #highest = -1;
  #highestMs = 0;
  #distinct = 0;
  #gapsBefore = 0;

  /** Notes that a record of this event came. */
  note(serial: number, ms: number): void {
    const place = serial & (RING - 1);
    if (this.#seen[place] === serial + 1) return;
    const below = this.#highest - serial;
    if (this.#highest === -1 || -below > FAR || (below >= RING && ms >= this.#highestMs)) {
      this.#gapsBefore = this.gaps;
      this.#first = this.#highest = serial;
      this.#distinct = 0;
      this.#seen.fill(0);
    }
    this.#seen[place] = serial + 1;
    if (below >= RING && serial < this.#highest) return;
    this.#distinct++;
    if (serial >= this.#highest) {
      this.#highest = serial;
      this.#highestMs = ms;
    } else if (serial < this.#first) this.#first = serial;
  }

  /** Serials between the first and the last that never came, over all runs of the count. */
  get gaps(): number {
    return (
      this.#gapsBefore + (this.#highest === -1 ? 0 : Math.max(0, this.#highest - this.#first + 1 - this.#distinct))
    );
  }

  /** Remembers that the SYSCALL record of an event came. */
  noteSyscall(serial: number, ms: number): void {
    this.#syscalls[serial & (RING - 1)] = ms;
    this.#execs[serial & (RING - 1)] = 0;
  }

  /** Whether the SYSCALL record of this event came not long ago. */
  hadSyscall(serial: number, ms: number): boolean {
    return this.#syscalls[serial & (RING - 1)] === ms && this.#seen[serial & (RING - 1)] === serial + 1;
  }

  /** Remembers that an exec had to be told without all of its records. */
  noteIncomplete(serial: number, ms: number): void {
    this.#execs[serial & (RING - 1)] = ms;
  }

  /** Whether a record of this exec comes too late. */
  wasIncomplete(serial: number, ms: number): boolean {
    return this.#execs[serial & (RING - 1)] === ms;
  }
}
