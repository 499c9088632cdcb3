import { Kind, type RecordQueue } from "../../ftrace/record-queue.ts";

/** task_newtask comes right before the sched_process_fork of the same fork; more than this are not between two of a pair. */
const MOST = 4096;

/** A file may have both events that tell of a fork. The first one says more, so the second one is left out. */
export class Doubles {
  readonly #told = new Set<number>();

  /** False for a record that tells again of a fork that has been told. */
  isNew(queue: RecordQueue, at: number): boolean {
    const kind = queue.kind[at];
    if (kind !== Kind.newTask && kind !== Kind.fork) return true;
    const child = queue.a[at] as number;
    if (kind === Kind.fork) return !this.#told.delete(child);
    if (this.#told.size >= MOST) this.#told.clear();
    this.#told.add(child);
    return true;
  }
}
