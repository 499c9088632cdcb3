import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { atUsualPriority } from "./priority.ts";

/** How a thread tells how far it is, before its answer. */
export interface SoFar {
  soFar: number;
}

/**
 * A thread that gets one task (`workerData`) and posts one answer, while another thread does something else. Before the answer
 * it may post how far it is. Ended by `end`, whatever it does.
 */
export class AnsweringThread<Task, Answer extends object> {
  readonly #program: URL;
  readonly #task: Task;
  readonly #told: (soFar: number) => void;
  #worker: Worker | null = null;
  #answer: Promise<Answer | null> = Promise.resolve(null);

  /**
   * @param program beside the bundle; not there where the source is run as it is
   * @param told called with how far it is
   */
  constructor(program: URL, task: Task, told: (soFar: number) => void = () => undefined) {
    this.#program = program;
    this.#task = task;
    this.#told = told;
  }

  /** Starts it, at the usual priority: it takes a CPU for most of a second, from which no storm should suffer. */
  begin(): void {
    if (!existsSync(fileURLToPath(this.#program))) return;
    const worker = atUsualPriority(() => new Worker(this.#program, { workerData: this.#task }));
    this.#worker = worker;
    this.#answer = new Promise((resolve) => {
      worker.on("message", (message: Answer | SoFar) => {
        if ("soFar" in message) this.#told(message.soFar);
        else resolve(message);
      });
      // A host in trouble may have no thread to give; what fails for another reason fails again where it is asked for.
      worker.once("error", () => resolve(null));
      worker.once("exit", () => resolve(null));
    });
  }

  /** What was found; null: no thread could be had, or it was ended. */
  answer(): Promise<Answer | null> {
    return this.#answer;
  }

  async end(): Promise<void> {
    await this.#worker?.terminate();
  }
}
