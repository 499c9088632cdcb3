import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { hashFile } from "./hash-file.ts";
import type { HashAnswer, HashTask } from "./messages.ts";

/** Beside the bundle; not there where the source is run as it is, and then this thread does it. */
const PROGRAM = new URL("./hashing-thread.js", import.meta.url);
const A_BATCH = 64;
/** Batches that a thread has in hand, so that it never waits for the next. */
const IN_HAND = 2;

/**
 * Hashes files on all cores, in the order given; answers come as they are ready. Ends early when the signal is given: what
 * was not begun then has no answer.
 */
export async function hashAll(
  tasks: readonly HashTask[],
  take: (answer: HashAnswer) => void,
  signal: AbortSignal,
): Promise<void> {
  const threads = Math.min(availableParallelism(), Math.ceil(tasks.length / A_BATCH));
  const batches = batchesOf(tasks);
  if (threads < 2 || !existsSync(fileURLToPath(PROGRAM))) return hashHere(batches, take, signal);
  await Promise.all(Array.from({ length: threads }, () => runThread(batches, take, signal)));
}

function* batchesOf(tasks: readonly HashTask[]): Generator<HashTask[]> {
  for (let at = 0; at < tasks.length; at += A_BATCH) yield tasks.slice(at, at + A_BATCH);
}

async function hashHere(
  batches: Generator<HashTask[]>,
  take: (answer: HashAnswer) => void,
  signal: AbortSignal,
): Promise<void> {
  for (const batch of batches) {
    for (const task of batch) take(hashFile(task));
    // Signals and progress get their turn.
    await new Promise((resolve) => setImmediate(resolve));
    if (signal.aborted) return;
  }
}

/** One thread that takes batches until there are none. Where no thread can be had, its batches are done here. */
async function runThread(
  batches: Generator<HashTask[]>,
  take: (answer: HashAnswer) => void,
  signal: AbortSignal,
): Promise<void> {
  const worker = new Worker(PROGRAM);
  const inHand: HashTask[][] = [];
  let failure: unknown = null;
  await new Promise<void>((resolve) => {
    const next = (): void => {
      while (inHand.length < IN_HAND && !signal.aborted) {
        const batch = batches.next();
        if (batch.done === true) break;
        inHand.push(batch.value);
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads, not a window
        worker.postMessage(batch.value);
      }
      if (inHand.length === 0) resolve();
    };
    signal.addEventListener("abort", () => resolve(), { once: true });
    worker.on("message", (answers: HashAnswer[]) => {
      inHand.shift();
      for (const answer of answers) take(answer);
      next();
    });
    worker.on("error", (error: unknown) => {
      failure = error;
      resolve();
    });
    next();
  });
  await worker.terminate();
  if (failure === null || signal.aborted) return;
  for (const batch of inHand) for (const task of batch) take(hashFile(task));
  await hashHere(batches, take, signal);
}
