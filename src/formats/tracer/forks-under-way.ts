import type { Tracee } from "./tracee.ts";

/**
 * Tasks inside a call that makes tasks, the first that began it first. A list through the tasks themselves: each fork enters and
 * leaves once, at any place, and a set of objects takes several times longer for that.
 */
export class ForksUnderWay {
  #first: Tracee | null = null;
  #last: Tracee | null = null;

  get first(): Tracee | null {
    return this.#first;
  }

  /** A task begins such a call; one that is there already keeps its place. */
  add(task: Tracee): void {
    if (task.isForking) return;
    task.isForking = true;
    task.forkingBefore = this.#last;
    if (this.#last === null) this.#first = task;
    else this.#last.forkingAfter = task;
    this.#last = task;
  }

  delete(task: Tracee): void {
    if (!task.isForking) return;
    const { forkingBefore: before, forkingAfter: after } = task;
    if (before === null) this.#first = after;
    else before.forkingAfter = after;
    if (after === null) this.#last = before;
    else after.forkingBefore = before;
    task.isForking = false;
    task.forkingBefore = task.forkingAfter = null;
  }
}
