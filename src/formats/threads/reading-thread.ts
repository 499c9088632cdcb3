import { Worker } from "node:worker_threads";
import type { LogSet } from "../rotation.ts";
import type { Message, Task } from "./messages.ts";
import { createSharedMemory, Ring } from "./ring.ts";

/** Beside the bundle; not there where the source is run as it is, and then everything is read by one thread. */
const PROGRAM = new URL("./reading-thread.js", import.meta.url);

/** A thread that reads one set of files, seen from the one that takes its events. */
export class ReadingThread {
  readonly ring: Ring;
  readonly #worker: Worker;
  readonly #queue: Message[] = [];
  #failure: Error | null = null;
  #isOver = false;
  #wake: () => void = () => undefined;

  /** Starts it. */
  constructor({ name, paths }: LogSet) {
    const memory = createSharedMemory();
    this.ring = new Ring(memory);
    const task: Task = { name, paths, memory };
    this.#worker = new Worker(PROGRAM, { workerData: task });
    this.#worker.on("message", (message: Message) => {
      this.#queue.push(message);
      this.#wake();
    });
    this.#worker.on("error", (error: Error) => {
      this.#failure ??= error;
      this.#wake();
    });
    this.#worker.on("exit", () => {
      this.#isOver = true;
      this.#wake();
    });
  }

  /** Whether it could begin: a host in trouble may have no thread to give. To be asked first. */
  async begins(): Promise<boolean> {
    try {
      return (await this.next())?.type === "ready";
    } catch {
      return false;
    }
  }

  /** The next message; null: there is none any more. Rejects when the thread fails. */
  async next(): Promise<Message | null> {
    while (this.#queue.length === 0) {
      if (this.#failure !== null) throw this.#failure;
      if (this.#isOver) return null;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.#queue.shift() ?? null;
  }

  /** Ends it, whatever it does. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
