/** The program of a thread that looks at the footing of this host (see footing-thread.ts). */
import { parentPort, workerData } from "node:worker_threads";
import { examiner } from "../identity/index.ts";
import { openRoot } from "../platform/root.ts";
import { footingOf } from "./index.ts";
import type { FootingTask } from "./messages.ts";

const { script } = workerData as FootingTask;
const root = openRoot("/");
const self = { script, environment: process.env };
const footing = await footingOf({ root, examiner: examiner(root), self, now: Date.now() });
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads, not a window
parentPort?.postMessage(footing);
