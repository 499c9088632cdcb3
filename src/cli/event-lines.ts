import { writeAll } from "./output.ts";
import * as fs from "node:fs";
import { Failure } from "./failure.ts";

const ENOUGH = 1 << 16;

/** Where lines go: standard output or a file. Written in handfuls; `broken` once the reader went away. */
export class LineOutput {
  readonly #fd: number;
  readonly #onBroken: () => void;
  #waiting: string[] = [];
  #length = 0;
  broken = false;

  /** @param file as `-o` names it; undefined: standard output. @param onBroken is told once that nobody reads any more */
  constructor(file: string | undefined, onBroken: () => void) {
    this.#onBroken = onBroken;
    this.#fd = file === undefined || file === "-" ? 1 : create(file);
  }

  write(line: string): void {
    this.#waiting.push(line);
    this.#length += line.length;
    if (this.#length >= ENOUGH) this.flush();
  }

  flush(): void {
    if (this.#waiting.length === 0) return;
    const text = this.#waiting.join("");
    this.#waiting = [];
    this.#length = 0;
    if (this.broken || writeAll(this.#fd, text)) return;
    this.broken = true;
    this.#onBroken();
  }

  close(): void {
    this.flush();
    if (this.#fd !== 1) fs.closeSync(this.#fd);
  }
}

/** As `writeResult` opens its file: new or ordinary, for its owner alone, never through a symbolic link. */
function create(file: string): number {
  try {
    return fs.openSync(
      file,
      fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_TRUNC | fs.constants.O_NOFOLLOW,
      0o600,
    );
  } catch (error) {
    throw new Failure(
      `cannot write the events: ${(error as Error).message}`,
      "name a file in a folder that can be written: -o FILE",
    );
  }
}
