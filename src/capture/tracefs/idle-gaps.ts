import { Kind, type RecordQueue } from "../../ftrace/record-queue.ts";

/** Switches to the idle task after which it is no chance whether those from it are missing. */
const ENOUGH = 8;
/** Of them, how many must be followed by one from the idle task. */
const SHARE = 0.75;

/**
 * Finds CPUs whose switches from the idle task to another are not recorded, while those to it are: seen on a virtual
 * machine, on every CPU but the first. When somebody begins to run there after a pause is then not known.
 */
export class IdleGaps {
  readonly #cpus = new Map<RecordQueue, { looked: number; to: number; from: number }>();

  /**
   * Whether a CPU has gaps; null as long as none is known to have any, but not all have been idle often enough to tell.
   * Looks at the records that the queues got since the last call, and takes none of them.
   */
  found(queues: readonly RecordQueue[]): boolean | null {
    let sure = true;
    for (const queue of queues) {
      const { to, from } = this.#counted(queue);
      if (to < ENOUGH) sure = false;
      else if (from < to * SHARE) return true;
    }
    return sure ? false : null;
  }

  #counted(queue: RecordQueue): { to: number; from: number } {
    let cpu = this.#cpus.get(queue);
    if (cpu === undefined) this.#cpus.set(queue, (cpu = { looked: queue.head, to: 0, from: 0 }));
    for (; cpu.looked < queue.tail; cpu.looked++) {
      if (queue.kind[cpu.looked] !== Kind.switched) continue;
      if (queue.a[cpu.looked] === 0) cpu.to++;
      if (queue.task[cpu.looked] === 0) cpu.from++;
    }
    return cpu;
  }
}
