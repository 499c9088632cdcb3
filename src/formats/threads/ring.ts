import type { SharedMemory } from "./messages.ts";

/** Numbers that describe one event. */
export const STRIDE = 10;
/** Events that go over together. */
export const BATCH = 2048;
/** Batches that a reader may be ahead: memory stays the same however long the log is. */
const SLOTS = 8;
const FULL = 1;
const FREE = 0;
const ABORT = SLOTS;
const PROGRESS = SLOTS + 1;
const PROGRESS_UNIT = 4096;

/** Memory that two threads share: batches of events written by one and read by the other, and a few words between them. */
export function createSharedMemory(): SharedMemory {
  return {
    control: new SharedArrayBuffer(4 * (SLOTS + 2)),
    events: new SharedArrayBuffer(8 * SLOTS * BATCH * STRIDE),
  };
}

/** One thread's view of the shared memory. */
export class Ring {
  readonly #control: Int32Array<SharedArrayBuffer>;
  readonly #events: SharedArrayBuffer;
  #next = 0;

  constructor({ control, events }: SharedMemory) {
    this.#control = new Int32Array(control);
    this.#events = events;
  }

  /** Room for the next batch. Waits until the other thread has read what stood there: the reading must not run away. */
  acquire(): { slot: number; numbers: Float64Array } {
    const slot = this.#next++ % SLOTS;
    while (Atomics.load(this.#control, slot) === FULL) Atomics.wait(this.#control, slot, FULL);
    return { slot, numbers: this.numbers(slot) };
  }

  numbers(slot: number): Float64Array {
    return new Float64Array(this.#events, 8 * slot * BATCH * STRIDE, BATCH * STRIDE);
  }

  fill(slot: number): void {
    Atomics.store(this.#control, slot, FULL);
  }

  release(slot: number): void {
    Atomics.store(this.#control, slot, FREE);
    Atomics.notify(this.#control, slot);
  }

  abort(): void {
    Atomics.store(this.#control, ABORT, 1);
  }

  get aborted(): boolean {
    return Atomics.load(this.#control, ABORT) === 1;
  }

  /** Bytes read so far, roughly. */
  set progress(bytes: number) {
    Atomics.store(this.#control, PROGRESS, Math.floor(bytes / PROGRESS_UNIT));
  }

  get progress(): number {
    return Atomics.load(this.#control, PROGRESS) * PROGRESS_UNIT;
  }
}
