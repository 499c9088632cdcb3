import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Footing } from "../model/footing.ts";
import type { Untrusted } from "../model/text.ts";
import type { FootingTask } from "./messages.ts";

/** Beside the bundle; not there where the source is run as it is. */
const PROGRAM = new URL("./footing-thread.js", import.meta.url);

/** Looks at the footing of this host while another thread does something else. Ended by `end`, whatever it does. */
export class FootingThread {
  readonly #worker: Worker | null;
  readonly #answer: Promise<Footing | null>;

  /** Starts it. @param script path of this program's main file */
  constructor(script: Untrusted) {
    const task: FootingTask = { script };
    this.#worker = existsSync(fileURLToPath(PROGRAM)) ? new Worker(PROGRAM, { workerData: task }) : null;
    this.#answer = new Promise((resolve) => {
      if (this.#worker === null) return resolve(null);
      this.#worker.once("message", resolve);
      // A host in trouble may have no thread to give; what fails for another reason fails again where it is asked for.
      this.#worker.once("error", () => resolve(null));
      this.#worker.once("exit", () => resolve(null));
    });
  }

  /** What was found; null: no thread could be had, or it was ended. */
  answer(): Promise<Footing | null> {
    return this.#answer;
  }

  async end(): Promise<void> {
    await this.#worker?.terminate();
  }
}
