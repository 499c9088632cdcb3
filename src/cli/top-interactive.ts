import { setTimeout as delay } from "node:timers/promises";
import { diagnoseLive } from "./diagnose-live.ts";
import { monotonicNs } from "../platform/clock.ts";
import { identityReport } from "../report/identity.ts";
import { say } from "../report/text/catalogue/index.ts";
import type { Voice } from "../report/text/voice.ts";
import { wrap } from "../report/text/width.ts";
import { terminalReport } from "../report/terminal.ts";
import type { StyledLine } from "../top/lines.ts";
import { firstOrder, type ColumnId } from "../top/order.ts";
import { helpLines, pagerScreen, tableScreen, workingScreen, type TopScreen } from "../top/screen.ts";
import { BEGINNING, press, type Key, type Pager, type TopState, type Wish } from "../top/state.ts";
import type { TopTable } from "../top/table.ts";
import { mount, type Mounted } from "../top/view/mount.tsx";
import { identifyRow } from "./top-identify.ts";
import type { TopSession } from "./top-session.ts";
import { TopTerminal } from "./top-terminal.ts";

export interface InteractiveOptions {
  interval: number;
  sort: ColumnId;
  filter: string;
  source: "auto" | "tracefs" | "netlink" | "proc";
  colour: boolean;
  voice: Voice;
  version: string;
}

const DIAGNOSIS_SECONDS = 5;
/** Progress is shown no oftener than tables are. */
const REDRAW_MS = 500;

/** Shows the table until somebody quits (true) or the signal is given or Ctrl-C typed (false). The terminal is as before afterwards. */
export async function topInteractive(
  session: TopSession,
  options: InteractiveOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const terminal = new TopTerminal();
  const view = new Interactive(session, options, terminal, signal);
  const crashed = (error: unknown): void => view.fail(error);
  const resized = (): void => view.resized();
  const goesOn = (): void => view.goesOn();
  process.on("uncaughtException", crashed);
  process.stdout.on("resize", resized);
  process.on("SIGCONT", goesOn);
  try {
    view.open();
    await session.run((table) => view.onTable(table), view.ended);
    return await view.close();
  } finally {
    process.removeListener("SIGCONT", goesOn);
    process.stdout.removeListener("resize", resized);
    process.removeListener("uncaughtException", crashed);
    view.release();
    terminal.leave();
  }
}

class Interactive {
  readonly #session: TopSession;
  readonly #options: InteractiveOptions;
  readonly #terminal: TopTerminal;
  readonly #end = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly ended: AbortSignal;
  #state: TopState;
  #table: TopTable | null = null;
  #screen: TopScreen | null = null;
  #lines: readonly (StyledLine | string)[] = [];
  #page = 1;
  #mounted: Mounted | null = null;
  /** Makes the lines of the text that is shown for another width. */
  #text: ((columns: number) => readonly string[]) | null = null;
  #work: { controller: AbortController; done: Promise<void> } | null = null;
  #quit = false;
  #failure: { error: unknown } | null = null;

  constructor(session: TopSession, options: InteractiveOptions, terminal: TopTerminal, signal: AbortSignal) {
    this.#session = session;
    this.#options = options;
    this.#terminal = terminal;
    this.ended = AbortSignal.any([signal, this.#end.signal]);
    this.#state = { ...BEGINNING, sorting: firstOrder(options.sort), filter: options.filter };
  }

  open(): void {
    this.#terminal.enter();
    this.#compose();
    this.#mounted = mount({
      store: {
        subscribe: (listener) => {
          this.#listeners.add(listener);
          return () => void this.#listeners.delete(listener);
        },
        lines: () => this.#lines,
      },
      colour: this.#options.colour,
      size: this.#terminal.size,
      stdin: process.stdin,
      write: this.#terminal.write,
      onKey: (key) => this.#onKey(key),
    });
  }

  onTable(table: TopTable): void {
    this.#table = table;
    // A text that somebody reads stays as it is, and so does a frozen view.
    if (this.#state.pager === null && this.#state.frozen === null && this.#state.working === null) this.#show();
  }

  resized(): void {
    const { pager } = this.#state;
    if (pager !== null && this.#text !== null) {
      const lines = this.#text(this.#terminal.size.columns);
      this.#state = { ...this.#state, pager: { ...pager, lines, from: Math.min(pager.from, lines.length - 1) } };
    }
    this.#show();
    this.#mounted?.redraw(this.#terminal.size);
  }

  /** The process had been stopped and goes on: whoever had the terminal meanwhile has written on it. */
  goesOn(): void {
    this.#terminal.resume();
    this.#mounted?.redraw(this.#terminal.size);
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#end.abort();
  }

  /** True when the user has quit. Throws what went wrong meanwhile. */
  async close(): Promise<boolean> {
    this.#work?.controller.abort();
    await this.#work?.done;
    if (this.#failure !== null) throw this.#failure.error;
    return this.#quit;
  }

  release(): void {
    this.#work?.controller.abort();
    this.#mounted?.unmount();
    this.#mounted = null;
  }

  #onKey(key: Key): void {
    const keys = this.#screen?.rows.map((row) => row.key) ?? [];
    const table = this.#state.frozen ?? this.#table;
    const { state, wish } = press(this.#state, key, { keys, page: this.#page, table });
    const changed = state !== this.#state;
    this.#state = state;
    if (wish !== null) this.#grant(wish);
    if (changed || wish !== null) this.#show();
  }

  #grant(wish: Wish): void {
    const { columns } = this.#terminal.size;
    const row = this.#screen?.selected ?? null;
    switch (wish) {
      case "quit":
        this.#quit = true;
        this.#end.abort();
        return;
      case "interrupt":
        this.#end.abort();
        return;
      case "suspend":
        void this.#terminal.suspend().then(() => this.#mounted?.redraw(this.#terminal.size));
        return;
      case "redraw":
        this.#mounted?.redraw(this.#terminal.size);
        return;
      case "tree":
        if (row !== null) this.#session.follow(row);
        return;
      case "whole-host":
        this.#session.followAll();
        return;
      case "help":
        this.#read("help", (width) => helpLines(this.#options.voice, width), columns);
        return;
      case "diagnose":
        this.#start((controller) => this.#diagnose(controller));
        return;
      case "identify":
        if (row !== null) this.#start(() => this.#identify(row));
        return;
      case "cancel":
        // What is under way may still take a moment to end; nobody waits for it.
        this.#work?.controller.abort();
        this.#state = { ...this.#state, working: null };
    }
  }

  /** Something that takes its time, one at a time. */
  #start(work: (controller: AbortController) => Promise<void>): void {
    if (this.#work !== null) return;
    const controller = new AbortController();
    const done = work(controller)
      .catch((error: unknown) => this.fail(error))
      .finally(() => {
        this.#work = null;
        this.#state = { ...this.#state, working: null };
        this.#show();
      });
    this.#work = { controller, done };
  }

  async #diagnose(controller: AbortController): Promise<void> {
    const { voice, version, source, colour } = this.#options;
    const began = monotonicNs();
    let shown = Number.NEGATIVE_INFINITY;
    const progress = (): void => {
      if (controller.signal.aborted || monotonicNs() - shown < REDRAW_MS * 1e6) return;
      shown = monotonicNs();
      const working = say(voice, "top.diagnosing.progress", {
        seconds: (shown - began) / 1e9,
        most: DIAGNOSIS_SECONDS,
      });
      this.#state = { ...this.#state, working };
      this.#show();
    };
    progress();
    // The diagnosis begins with a look at every process, which holds up the screen for a moment.
    await delay(1);
    const signal = AbortSignal.any([controller.signal, this.ended]);
    const options = { version, seconds: DIAGNOSIS_SECONDS, source, signal };
    const { diagnosis } = await diagnoseLive({ ...options, progress: { show: progress, clear: () => undefined } });
    if (signal.aborted) return;
    const { language: lang, unicode } = voice;
    const text = (columns: number): readonly string[] =>
      linesOf(terminalReport(diagnosis, { columns: columns - 1, colour, lang, verbose: true, unicode }));
    this.#read("diagnosis", text, this.#terminal.size.columns);
  }

  async #identify(row: NonNullable<TopScreen["selected"]>): Promise<void> {
    const { voice, colour } = this.#options;
    const answer = await identifyRow(row);
    const { language: lang, unicode } = voice;
    const text = (columns: number): readonly string[] =>
      "identity" in answer
        ? linesOf(identityReport(answer.identity, { columns: columns - 1, colour, lang, verbose: true, unicode }))
        : wrap(say(voice, answer.code, answer.args), columns - 1);
    this.#read("identity", text, this.#terminal.size.columns);
  }

  #read(kind: Pager["kind"], text: (columns: number) => readonly string[], columns: number): void {
    this.#text = text;
    this.#state = { ...this.#state, working: null, pager: { kind, lines: text(columns), from: 0 } };
  }

  #show(): void {
    this.#compose();
    for (const listener of this.#listeners) listener();
  }

  #compose(): void {
    const { voice, interval } = this.#options;
    const { size } = this.#terminal;
    const { pager, working, frozen } = this.#state;
    if (working !== null) this.#lines = workingScreen(voice, working, size);
    else if (pager !== null) {
      const { lines, page } = pagerScreen(voice, pager, size);
      this.#lines = lines;
      this.#page = page;
    } else {
      this.#screen = tableScreen(voice, this.#state, frozen ?? this.#table, size, interval);
      this.#lines = this.#screen.lines;
      this.#page = this.#screen.page;
    }
  }
}

function linesOf(report: string): readonly string[] {
  return report.replace(/\n$/, "").split("\n");
}
