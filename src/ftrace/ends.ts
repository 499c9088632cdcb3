/** How a process ended: `code` 0..255, or a signal; both null when unknown. */
export interface End {
  code: number | null;
  signal: number | null;
}

const GROUP_CODE = 0x100;
const SIGNAL = 0x200;
const LEADER_CODE = 0x400;
const CODE_32 = 0x800;
const DECIDED = GROUP_CODE | SIGNAL;
const SIGKILL = 9;
/** More living processes than this means that their ends were lost: start again rather than grow. */
const LIMIT = 131_072;

/**
 * Remembers what will be the wait status of each process until it is dead. The first exit_group or fatal signal decides;
 * without one it is the exit code of the leading thread (kernel/exit.c do_group_exit, wait_task_zombie).
 */
export class Ends {
  /** A small integer per process: kind of end | its value. */
  readonly #ends = new Map<number, number>();
  /** Last signal with deadly default that was sent to a process. */
  readonly #sent = new Map<number, number>();

  exitGroup(process: number, argument: number): void {
    this.#decide(process, GROUP_CODE | (argument & 0xff));
  }

  exitLeader(process: number, argument: number): void {
    if (((this.#ends.get(process) ?? 0) & DECIDED) === 0) this.#ends.set(process, LEADER_CODE | (argument & 0xff));
  }

  /** A call that is an exit if the program is a 32-bit one: counts only when nothing better is known. */
  exit32(process: number, argument: number): void {
    if (((this.#ends.get(process) ?? 0) & (DECIDED | LEADER_CODE)) === 0)
      this.#ends.set(process, CODE_32 | (argument & 0xff));
  }

  signalSent(process: number, signal: number): void {
    if (this.#sent.size > LIMIT) this.#sent.clear();
    this.#sent.set(process, signal);
  }

  /**
   * A thread took a signal that has no handler. Whatever the deadly signal was, the kernel shows SIGKILL here unless it
   * dumps core (kernel/signal.c complete_signal, get_signal); which one it was, its sending told.
   */
  signalTaken(process: number, signal: number): void {
    this.#decide(process, SIGNAL | (signal === SIGKILL ? (this.#sent.get(process) ?? SIGKILL) : signal));
  }

  /** Forgets what was said of the former life of a PID, or of the threads that an exec ended. */
  forget(process: number): void {
    if (this.#ends.size > 0) this.#ends.delete(process);
    if (this.#sent.size > 0) this.#sent.delete(process);
  }

  /** The end of a process that is dead now. */
  take(process: number): End {
    const end = this.#ends.get(process) ?? 0;
    this.forget(process);
    if (end === 0) return { code: null, signal: null };
    return (end & SIGNAL) !== 0 ? { code: null, signal: end & 0xff } : { code: end & 0xff, signal: null };
  }

  #decide(process: number, end: number): void {
    if (this.#ends.size > LIMIT) this.#ends.clear();
    if (((this.#ends.get(process) ?? 0) & DECIDED) === 0) this.#ends.set(process, end);
  }
}
