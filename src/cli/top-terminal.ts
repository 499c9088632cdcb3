import * as fs from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const ESCAPE = "\u001b";
/** Another screen (so that what was there before comes back), no cursor (xterm's ctlseqs, DECSET 1049 and 25). */
const ENTER = `${ESCAPE}[?1049h${ESCAPE}[?25l${ESCAPE}[2J`;
const LEAVE = `${ESCAPE}[0m${ESCAPE}[?25h${ESCAPE}[?1049l`;

/** The terminal while the table has it: taken by `enter`, given back by `leave` and, whatever happens, at the end of the process. */
export class TopTerminal {
  /** Bytes written so far. */
  written = 0;
  readonly #lastResort = (): void => this.leave();
  #taken = false;

  get size(): { columns: number; rows: number } {
    return { columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 };
  }

  enter(): void {
    if (this.#taken) return;
    this.#taken = true;
    process.on("exit", this.#lastResort);
    this.#put(ENTER);
  }

  leave(): void {
    if (!this.#taken) return;
    this.#taken = false;
    process.removeListener("exit", this.#lastResort);
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
    this.#put(LEAVE);
  }

  readonly write = (text: string): void => {
    if (this.#taken) this.#put(text);
  };

  /** Gives the terminal to the shell, as Ctrl-Z does, and takes it again when the shell lets this process go on. */
  async suspend(): Promise<void> {
    this.leave();
    // The whole job stops, as when the terminal itself sends it. Where no shell controls jobs nothing stops.
    process.kill(0, "SIGTSTP");
    await delay(20);
    this.resume();
  }

  /** Takes the terminal after a stop: the shell has set it as it likes it. */
  resume(): void {
    this.enter();
    if (process.stdin.isTTY) process.stdin.setRawMode(true);
  }

  /** Synchronous: at the end of the process nothing else is written any more. A terminal that is gone takes nothing. */
  #put(text: string): void {
    const bytes = Buffer.from(text);
    let at = 0;
    while (at < bytes.length) {
      try {
        at += fs.writeSync(1, bytes, at);
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code === "EIO" || code === "EPIPE") return;
        if (code !== "EAGAIN") throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      }
    }
    this.written += bytes.length;
  }
}
