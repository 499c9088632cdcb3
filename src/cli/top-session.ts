import { setTimeout as delay } from "node:timers/promises";
import { LiveStream, type StreamSource } from "../capture/live-stream.ts";
import { hostFacts } from "../capture/procfs/host.ts";
import { ReapedCpu } from "../capture/procfs/reaped-cpu.ts";
import { snapshot } from "../capture/procfs/snapshot.ts";
import { Rolling, type RollingWindow } from "../derive/rolling.ts";
import { descendants, Tree } from "../derive/tree.ts";
import type { ProcessEvent } from "../model/events.ts";
import { monotonicNs } from "../platform/clock.ts";
import { rowCpus } from "../top/charge.ts";
import type { TopRow, TopTable } from "../top/table.ts";
import { introduce } from "./living.ts";
import { TopContainers } from "./top-containers.ts";
import { TopCounters } from "./top-counters.ts";

export interface SessionOptions {
  source: StreamSource | undefined;
  /** Seconds between two tables, and that a table looks back. */
  interval: number;
  window: number;
}

/** More than this many intervals between two tables: the process was stopped, and rates over that time would be wrong. */
const PAUSED = 3;
/** Where nothing happens the clock tells how far the stream has come: events are held back for less than this. */
const AGE_OF_EVENTS_NS = 0.1e9;

/** Observes this host for as long as it runs, and makes a table of it every interval. Nothing grows with time. */
export class TopSession {
  /** Length of the window: a whole number of intervals. */
  readonly window: number;
  readonly #interval: number;
  readonly #stream: LiveStream;
  readonly #rolling: Rolling;
  readonly #slots: number;
  readonly #counters: TopCounters;
  readonly #charges: ReapedCpu;
  readonly #containers = new TopContainers();
  readonly #host = hostFacts();
  #tree: { rolling: Rolling; tree: Tree; named: TopTable["following"] } | null = null;
  #lookedNs: number;
  /** Newest event, and how far the tables have come, in the events' own time. */
  #newestTs = 0;
  #toldNs = 0;
  #stopped = false;

  /** Starts to observe. What is made on the host is removed by `stop`. */
  constructor(options: SessionOptions) {
    this.#interval = options.interval;
    this.#slots = Math.max(1, Math.round(options.window / options.interval));
    this.window = this.#slots * options.interval;
    this.#rolling = new Rolling(this.#slots);
    this.#stream = new LiveStream(options.source, (event) => this.#take(event));
    // After the stream has begun, which is read later: whoever ends from now on is known to have lived.
    const before = snapshot();
    introduce(before, this.#rolling.onEvent);
    this.#counters = new TopCounters(this.#slots, this.#host.cpus);
    this.#charges = new ReapedCpu(this.#slots, before);
    this.#lookedNs = monotonicNs();
    this.#toldNs = this.#lookedNs - this.#stream.originNs;
  }

  get source(): TopTable["source"] {
    return this.#stream.source;
  }

  get couldNotLook(): TopTable["couldNotLook"] {
    return this.#stream.couldNotLook;
  }

  /** Calls `onTable` every interval until the signal is given. Throws what that throws. */
  async run(onTable: (table: TopTable) => void, signal: AbortSignal): Promise<void> {
    let due = this.#lookedNs + this.#interval * 1e9;
    while (!signal.aborted) {
      const pause = this.#stream.poll();
      const now = monotonicNs();
      if (now >= due) {
        onTable(this.#table(now));
        // Late once is not late for ever, and never are two tables made to catch up.
        due = Math.max(due + this.#interval * 1e9, now + this.#interval * 0.5e9);
      }
      const wait = Math.max(1, Math.min(pause, (due - monotonicNs()) / 1e6));
      await delay(wait, undefined, { signal }).catch(ignoreAbort);
    }
  }

  /** From now on only what descends from the process that starts the row's, or from the row's own where that is gone. */
  follow(row: TopRow): void {
    const living = [...this.#rolling.living()];
    const spawner = living.find(({ pid }) => pid === row.spawner?.pid);
    const roots = spawner === undefined ? living.filter(({ key }) => key === row.key) : [spawner];
    const [first] = roots;
    const members = new Set(roots.flatMap(({ pid }) => [...descendants(pid, living)]));
    const rolling = new Rolling(this.#slots);
    for (const { pid, parentPid, exe, comm, mountNamespace } of living) {
      if (members.has(pid))
        rolling.onEvent({ type: "seen", ts: 0, pid, ppid: parentPid, comm, exe, abi: null, mountNamespace });
    }
    const named = first === undefined ? row.program : first;
    this.#tree = {
      rolling,
      tree: new Tree(members, rolling.onEvent),
      named: { comm: named.comm, pid: first?.pid ?? null },
    };
  }

  followAll(): void {
    this.#tree = null;
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#stream.stop();
  }

  #take(event: ProcessEvent): void {
    if (event.type === "fork" || event.type === "exit") this.#newestTs = event.ts;
    this.#rolling.onEvent(event);
    this.#tree?.tree.onEvent(event);
  }

  #table(now: number): TopTable {
    // On a busy host events come late and in handfuls: a stretch is as long as what has been told of it.
    const told = Math.max(this.#newestTs, now - this.#stream.originNs - AGE_OF_EVENTS_NS);
    const seconds = Math.max(1e-3, (told - this.#toldNs) / 1e9);
    this.#toldNs = told;
    this.#lookedNs = now;
    if (seconds > this.#interval * PAUSED + 1) {
      this.#rolling.restart();
      this.#tree?.rolling.restart();
      this.#counters.restart();
    }
    // The whole host is counted on, so that going back to it shows no gap.
    const whole = this.#rolling.look(seconds);
    const window = this.#tree === null ? whole : this.#tree.rolling.look(seconds);
    if (this.#rolling.lacksBits) this.#stream.lookUp();
    return {
      ...window,
      epochMs: Date.now(),
      hostname: this.#host.hostname,
      source: this.#stream.source,
      cpus: this.#host.cpus,
      ...this.#counters.look(),
      lost: this.#stream.lost(),
      following: this.#tree?.named ?? null,
      rows: this.#rows(window, whole, now),
      couldNotLook: this.couldNotLook,
    };
  }

  #isKnown(lifeNs: number | null): boolean {
    return this.#stream.source !== "proc" || (lifeNs ?? 0) >= SHORTEST_POLLED_NS;
  }

  #rows(window: RollingWindow, whole: RollingWindow, now: number): TopRow[] {
    const counts = new Map<number, number>();
    for (const { reapers } of whole.rows)
      for (const { pid, count } of reapers) counts.set(pid, (counts.get(pid) ?? 0) + count);
    const busiest = [...counts].sort((a, b) => b[1] - a[1]).map(([pid]) => pid);
    const charges = this.#charges.look(busiest, now);
    const cpus = rowCpus(window.rows, whole.rows, charges, window.seconds);
    const byRate = window.rows.toSorted((a, b) => b.startsPerSecond - a.startsPerSecond);
    const containers = this.#containers.look(byRate);
    return window.rows.map((row) => ({
      ...row,
      medianLifeNs: this.#isKnown(row.medianLifeNs) ? row.medianLifeNs : null,
      ...(cpus.get(row) ?? { cpus: null, cpusBound: null }),
      container: containers.get(row) ?? null,
    }));
  }
}

/** Looking at /proc ten times a second tells lives of seconds; shorter ones look longer than they were. */
const SHORTEST_POLLED_NS = 1e9;

function ignoreAbort(error: unknown): void {
  if ((error as Error).name !== "AbortError") throw error;
}
