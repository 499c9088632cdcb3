import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { hashFile } from "./hash-file.ts";
import type { HashAnswer, HashTask } from "./messages.ts";

/** Beside the bundle; not there where the source is run as it is, and then this thread does it. */
const PROGRAM = new URL("./hashing-thread.js", import.meta.url);
const A_BATCH = 64;
/** Batches that a thread has in hand, so that it does not wait while this thread is at something else. */
const IN_HAND = 4;
/** Batches that wait for each thread there is before another one is worth its start. */
const WORTH_A_THREAD = 16;
/** Threads for each CPU: while one waits for the disk, another computes. */
const FOR_EACH_CPU = 2;

interface Hand {
  worker: Worker;
  batches: HashTask[][];
}

/**
 * Hashes files on all cores, about in the order given; answers come as they are ready. It begins with the first hundred
 * files, so that whoever gathers them goes on gathering meanwhile. Ends early when the signal is given: what was not begun
 * then has no answer.
 */
export class HashingThreads {
  readonly #take: (answer: HashAnswer) => void;
  readonly #signal: AbortSignal;
  /** Threads at most: one less after each that failed. */
  #most: number;
  readonly #hands = new Set<Hand>();
  /** Those not yet given to a thread; `#next` is the first of them. */
  readonly #batches: HashTask[][] = [];
  #next = 0;
  #loose: HashTask[] = [];
  #emptied: (() => void) | null = null;

  constructor(take: (answer: HashAnswer) => void, signal: AbortSignal) {
    this.#take = take;
    this.#signal = signal;
    const cpus = availableParallelism();
    this.#most = cpus > 1 && existsSync(fileURLToPath(PROGRAM)) ? cpus * FOR_EACH_CPU : 0;
  }

  add(task: HashTask): void {
    this.#loose.push(task);
    if (this.#loose.length < A_BATCH) return;
    this.#batches.push(this.#loose);
    this.#loose = [];
    // A single batch is done sooner than a thread starts.
    if (this.#batches.length > 1) this.#give();
  }

  /** Ends when every file that was added has its answer, or the signal was given. Nothing may be added afterwards. */
  async finish(): Promise<void> {
    if (this.#loose.length > 0) this.#batches.push(this.#loose);
    if (this.#hands.size > 0) {
      this.#give();
      await new Promise<void>((resolve) => {
        this.#emptied = resolve;
        this.#signal.addEventListener("abort", () => resolve(), { once: true });
        if (this.#hands.size === 0 || this.#signal.aborted) resolve();
        for (const hand of this.#hands) this.#endIfIdle(hand);
      });
      await Promise.all([...this.#hands].map(({ worker }) => worker.terminate()));
    }
    // Where no thread can be had, and what one that failed left.
    for (; this.#next < this.#batches.length && !this.#signal.aborted; this.#next++) {
      for (const task of this.#batches[this.#next] as HashTask[]) this.#take(hashFile(task));
      // Signals and progress get their turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #give(): void {
    if (this.#signal.aborted) return;
    while (this.#next < this.#batches.length) {
      const hand = this.#freeHand();
      if (hand === null) return;
      const batch = this.#batches[this.#next] as HashTask[];
      // The tasks are the thread's now.
      this.#batches[this.#next++] = [];
      hand.batches.push(batch);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads, not a window
      hand.worker.postMessage(batch);
    }
  }

  /** The thread with least in hand, a new one where that is worth it; null when all have enough. */
  #freeHand(): Hand | null {
    const [first = null] = [...this.#hands].sort((a, b) => a.batches.length - b.batches.length);
    if (first?.batches.length === 0) return first;
    const waiting = this.#batches.length - this.#next;
    if (this.#hands.size < this.#most && waiting > this.#hands.size * WORTH_A_THREAD) return this.#start();
    return first !== null && first.batches.length < IN_HAND ? first : null;
  }

  #start(): Hand {
    const hand: Hand = { worker: new Worker(PROGRAM), batches: [] };
    this.#hands.add(hand);
    hand.worker.on("message", (answers: HashAnswer[]) => {
      hand.batches.shift();
      for (const answer of answers) this.#take(answer);
      this.#give();
      this.#endIfIdle(hand);
    });
    hand.worker.on("error", () => {
      this.#hands.delete(hand);
      this.#most--;
      this.#batches.push(...hand.batches);
      this.#give();
      if (this.#hands.size === 0) this.#emptied?.();
    });
    return hand;
  }

  /** Once nothing more is added, a thread that has nothing in hand is not needed any more. */
  #endIfIdle(hand: Hand): void {
    if (this.#emptied === null || hand.batches.length > 0) return;
    this.#hands.delete(hand);
    void hand.worker.terminate();
    if (this.#hands.size === 0) this.#emptied();
  }
}

/** As `HashingThreads`, of files that are all known. */
export async function hashAll(
  tasks: readonly HashTask[],
  take: (answer: HashAnswer) => void,
  signal: AbortSignal,
): Promise<void> {
  const threads = new HashingThreads(take, signal);
  for (const task of tasks) threads.add(task);
  await threads.finish();
}
