import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Footing } from "../model/footing.ts";
import type { Untrusted } from "../model/text.ts";
import { atUsualPriority } from "../platform/priority.ts";
import type { FootingTask } from "./messages.ts";

/** Beside the bundle; not there where the source is run as it is. */
const PROGRAM = new URL("./footing-thread.js", import.meta.url);

/** Looks at the footing of this host while another thread does something else. Ended by `end`, whatever it does. */
export class FootingThread {
  readonly #task: FootingTask;
  #worker: Worker | null = null;
  #answer: Promise<Footing | null> = Promise.resolve(null);

  /** @param script path of this program's main file */
  constructor(script: Untrusted) {
    this.#task = { script };
  }

  /** Starts it, at the usual priority: it takes a CPU for most of a second, from which no storm should suffer. */
  begin(): void {
    if (!existsSync(fileURLToPath(PROGRAM))) return;
    const worker = atUsualPriority(() => new Worker(PROGRAM, { workerData: this.#task }));
    this.#worker = worker;
    this.#answer = new Promise((resolve) => {
      worker.once("message", resolve);
      // A host in trouble may have no thread to give; what fails for another reason fails again where it is asked for.
      worker.once("error", () => resolve(null));
      worker.once("exit", () => resolve(null));
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
