const LIMIT = 262_144;

/** Which process each thread belongs to. Only threads that are not the leader of their process are kept. */
export class Threads {
  readonly #processOf = new Map<number, number>();
  /** Living threads of processes that have had more than one. */
  readonly #living = new Map<number, number>();
  /** Threads that were the last of their process: the SIGCHLD for it still comes in their name. */
  readonly #last = new Map<number, number>();

  /** Process of a task: itself unless it is known as a thread. */
  processOf(task: number): number {
    return this.#processOf.size === 0 ? task : (this.#processOf.get(task) ?? task);
  }

  /** Process in whose name a task that may be dead already sends SIGCHLD. */
  senderOf(task: number): number {
    const process = this.#last.size === 0 ? undefined : this.#last.get(task);
    if (process === undefined) return this.processOf(task);
    this.#last.delete(task);
    return process;
  }

  /** A thread is there (born, or found in /proc). */
  add(thread: number, process: number): void {
    if (thread === process || this.#processOf.get(thread) === process) return;
    if (this.#processOf.size > LIMIT) this.#processOf.clear();
    this.#processOf.set(thread, process);
    this.#living.set(process, (this.#living.get(process) ?? 1) + 1);
  }

  /** A process is born under this number: whatever bore it before is gone. */
  born(process: number): void {
    const former = this.#processOf.size > 0 ? this.#processOf.get(process) : undefined;
    if (former !== undefined) {
      this.#processOf.delete(process);
      // Found in /proc before its birth was read from the trace: it is going to be counted again.
      const living = this.#living.get(former);
      if (living !== undefined) this.#living.set(former, living - 1);
    }
    if (this.#living.size > 0) this.#living.delete(process);
    if (this.#last.size > 0) this.#last.delete(process);
  }

  /** An exec ends all other threads, and the caller takes the process's number over (fs/exec.c de_thread). */
  execed(process: number, caller: number): void {
    if (caller !== process) this.#processOf.delete(caller);
    if (this.#living.size > 0) this.#living.delete(process);
  }

  /**
   * A task ended. Returns its process when that is dead with it, else null. `told` is what the kernel says
   * (group_dead of sched_process_exit: 1, 0) or -1 where it does not, when threads are counted instead.
   */
  ended(task: number, told: number): number | null {
    const process = this.processOf(task);
    let left = 0;
    if (this.#living.size > 0) {
      left = (this.#living.get(process) ?? 1) - 1;
      if (left > 0 && told !== 1) this.#living.set(process, left);
      else this.#living.delete(process);
    }
    if (task !== process) this.#processOf.delete(task);
    if (told === 0 || (told < 0 && left > 0)) return null;
    if (task !== process) {
      if (this.#last.size > 1024) this.#last.clear();
      this.#last.set(task, process);
    }
    return process;
  }
}
