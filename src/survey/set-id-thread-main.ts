/** The program of a thread that looks for set-id programs (see set-id-thread.ts). */
import { parentPort, workerData } from "node:worker_threads";
import type { SoFar } from "../platform/answering-thread.ts";
import { openRoot } from "../platform/root.ts";
import { setIdPrograms, type SetIdSearch, type SetIdTask } from "./set-id.ts";

function post(message: SetIdSearch | SoFar): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads, not a window
  parentPort?.postMessage(message);
}

const { dir, ...options } = workerData as SetIdTask;
post(setIdPrograms(openRoot(dir), { ...options, progress: (directories) => post({ soFar: directories }) }));
