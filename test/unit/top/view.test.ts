import { PassThrough } from "node:stream";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Safe } from "../../../src/report/text/sanitise.ts";
import type { StyledLine } from "../../../src/top/lines.ts";
import type { Key } from "../../../src/top/state.ts";
import { mount, type Mounted } from "../../../src/top/view/mount.tsx";
import { Screen } from "../../support/screen.ts";

/** A keyboard that is no terminal but behaves like one. */
class Keyboard extends PassThrough {
  readonly isTTY = true;
  raw = false;

  setRawMode(raw: boolean): this {
    this.raw = raw;
    return this;
  }

  ref(): void {}
  unref(): void {}
}

function plain(...texts: string[]): StyledLine[] {
  return texts.map((text) => ({ text: text as Safe, style: "plain" }));
}

let mounted: Mounted | null = null;
afterEach(() => {
  mounted?.unmount();
  mounted = null;
});

function show(first: readonly (StyledLine | string)[], size = { columns: 40, rows: 10 }) {
  const terminal = new Screen();
  const keyboard = new Keyboard();
  const keys: Key[] = [];
  let lines = first;
  const listeners = new Set<() => void>();
  mounted = mount({
    store: {
      subscribe: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      lines: () => lines,
    },
    colour: false,
    size,
    stdin: keyboard as unknown as NodeJS.ReadStream,
    write: terminal.write,
    onKey: (key) => keys.push(key),
  });
  return {
    terminal,
    keyboard,
    keys,
    update: (next: readonly (StyledLine | string)[]): void => {
      lines = next;
      for (const listener of listeners) listener();
    },
  };
}

/** Until ink has passed on what was typed. */
async function typed(keyboard: Keyboard, text: string, keys: readonly Key[], count: number): Promise<void> {
  keyboard.write(text);
  for (let round = 0; round < 400 && keys.length < count; round++)
    await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("the view", () => {
  it("shows lines in their places, Chinese ones too, and writes only what changes", async () => {
    const { terminal, update } = show(plain("whoforks top", "", "  412 工作进程 worker", "q quit"));
    expect(terminal.lines()).toEqual(["whoforks top", "", "  412 工作进程 worker", "q quit"]);
    const before = terminal.bytes;
    update(plain("whoforks top", "", "  413 工作进程 worker", "q quit"));
    await vi.waitFor(() => expect(terminal.lines()[2]).toBe("  413 工作进程 worker"), 5000);
    expect(terminal.bytes - before).toBeLessThan(12);
  });

  it("cuts what would be wider than the terminal instead of wrapping it", () => {
    const { terminal } = show(plain("x".repeat(100), "below"), { columns: 20, rows: 5 });
    expect(terminal.lines()[0]?.length).toBeLessThanOrEqual(20);
    expect(terminal.lines()[1]).toBe("below");
  });

  it("draws all of it again when the terminal has another size, and never more lines than it has", async () => {
    const { terminal, update } = show(plain("one", "two", "three"), { columns: 40, rows: 10 });
    terminal.write("\u001b[2Jnoise");
    mounted?.redraw({ columns: 60, rows: 2 });
    expect(terminal.lines()).toEqual(["one", "two"]);
    update(plain("one", "zwei", "three"));
    await vi.waitFor(() => expect(terminal.lines()).toEqual(["one", "zwei"]), 5000);
  });

  it("passes on keys, several in one piece too, in raw mode only as long as it is shown", async () => {
    const { keyboard, keys } = show(plain("x"));
    expect(keyboard.raw).toBe(true);
    await typed(keyboard, "jj", keys, 2);
    await typed(keyboard, "\u001b[A", keys, 3);
    await typed(keyboard, "\u007f", keys, 4);
    await typed(keyboard, "\u0003", keys, 5);
    await typed(keyboard, "\r", keys, 6);
    await typed(keyboard, "\u001b[5~", keys, 7);
    await typed(keyboard, "名", keys, 8);
    expect(keys).toEqual([
      { text: "j", ctrl: false },
      { text: "j", ctrl: false },
      { text: "", name: "up", ctrl: false },
      { text: "", name: "erase", ctrl: false },
      { text: "c", ctrl: true },
      { text: "", name: "enter", ctrl: false },
      { text: "", name: "pageup", ctrl: false },
      { text: "名", ctrl: false },
    ]);
    mounted?.unmount();
    expect(keyboard.raw).toBe(false);
  });
});
