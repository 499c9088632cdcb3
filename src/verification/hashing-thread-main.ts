/** The program of a thread that hashes files for another (see hashing-threads.ts). */
import { parentPort } from "node:worker_threads";
import { hashFile } from "./hash-file.ts";
import type { HashTask } from "./messages.ts";

parentPort?.on("message", (tasks: HashTask[]) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads, not a window
  parentPort?.postMessage(tasks.map(hashFile));
});
