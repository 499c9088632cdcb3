import { EventEmitter } from "node:events";
import { render } from "ink";
import { Frames } from "../frames.ts";
import type { Key } from "../state.ts";
import { App, type Store } from "./app.tsx";

/** Where the view is shown and where its keys come from. */
export interface MountOptions {
  store: Store;
  colour: boolean;
  size: { columns: number; rows: number };
  stdin: NodeJS.ReadStream;
  /** Writes to the terminal. */
  write: (text: string) => void;
  onKey: (key: Key) => void;
}

/** The view on a terminal. */
export interface Mounted {
  /** The terminal has another size, or something else was written on it. */
  redraw(size: { columns: number; rows: number }): void;
  unmount(): void;
}

/** Takes whole screens from the renderer and passes on what changed. */
class ScreenSink extends EventEmitter {
  columns: number;
  rows: number;
  readonly isTTY = false;
  readonly #frames: Frames;
  #last = "";
  #closed = false;

  constructor({ columns, rows }: MountOptions["size"], write: (text: string) => void) {
    super();
    this.columns = columns;
    this.rows = rows;
    this.#frames = new Frames(write);
  }

  write(frame: string): boolean {
    this.#last = frame;
    if (!this.#closed) this.#frames.draw(frame.split("\n").slice(0, this.rows));
    return true;
  }

  resize({ columns, rows }: MountOptions["size"]): void {
    this.columns = columns;
    this.rows = rows;
    this.#frames.forget();
  }

  /** Draws what was shown last, all of it. */
  again(): void {
    this.#frames.forget();
    this.write(this.#last);
  }

  close(): void {
    this.#closed = true;
  }
}

/**
 * Shows the view. Ink lays it out and reads the keys (raw mode, while mounted); in its debug mode it hands over every
 * screen as a whole, which keeps the terminal whole when it is resized and the bytes few.
 */
export function mount(options: MountOptions): Mounted {
  const sink = new ScreenSink(options.size, options.write);
  const instance = render(<App store={options.store} colour={options.colour} onKey={options.onKey} />, {
    stdout: sink as unknown as NodeJS.WriteStream,
    stdin: options.stdin,
    debug: true,
    exitOnCtrlC: false,
    patchConsole: false,
    isScreenReaderEnabled: false,
  });
  return {
    redraw(size) {
      sink.resize(size);
      sink.emit("resize");
      sink.again();
    },
    unmount() {
      sink.close();
      instance.unmount();
    },
  };
}
