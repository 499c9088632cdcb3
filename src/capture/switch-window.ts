import type { CpuSlices } from "../model/cpu.ts";
import type { ProcFacts, Snapshot } from "../model/snapshot.ts";
import { monotonicNs } from "../platform/clock.ts";
import { TICKS } from "./procfs/facts.ts";
import { readSmall } from "./procfs/read-small.ts";
import { parseStatLine } from "./procfs/stat-line.ts";
import { joinSlices } from "./tracefs/cpu-sums.ts";
import { recordSwitches, type SwitchRecorder } from "./tracefs/switch-recorder.ts";
import type { CouldNotLook } from "./types.ts";

/** Forks a second that make the recording worth its cost. */
const STORM_FORKS_PER_SECOND = 40;
/** By then it is known whether it storms. The first recording goes on to the end of a run that ends early. */
const NOT_BEFORE_SECONDS = 0.2;
const FIRST_SECONDS = 3;
/** A verdict waits for as much of it. */
const NEEDED_SECONDS = 0.6;
/** In a longer run: so long a recording, so often, so many at the most. The pace of a storm changes. */
const LATER_SECONDS = 0.5;
const EVERY_SECONDS = 2;
const MOST_RECORDINGS = 20;
/** Shorter than this, when the window around it ends, the recording says nothing. */
const LEAST_SECONDS = 0.2;

/** The short recordings of context switches within an observation: they begin when it storms, and end by themselves. */
export class SwitchWindow {
  /** What all of them have recorded together; null until one has. */
  slices: CpuSlices | null = null;
  readonly couldNotLook: CouldNotLook[] = [];
  readonly #before: Snapshot;
  readonly #startNs: number;
  #recorder: SwitchRecorder | null = null;
  #made = 0;
  #notBefore = NOT_BEFORE_SECONDS;
  #done = false;

  /** `startNs`: beginning of the window, CLOCK_MONOTONIC. */
  constructor(before: Snapshot, startNs: number) {
    this.#before = before;
    this.#startNs = startNs;
  }

  /** Whether the first has begun and says too little yet: a verdict should wait for it. */
  get open(): boolean {
    return this.#recorder !== null && this.slices === null && this.#recorder.seconds() < NEEDED_SECONDS;
  }

  /** Begins one when there are that many forks a second by now and the last is long enough ago. */
  consider(forksPerSecond: number): void {
    const secondsGone = this.#secondsGone();
    if (this.#done || this.#recorder !== null || secondsGone < this.#notBefore) return;
    if (forksPerSecond < STORM_FORKS_PER_SECOND) return;
    this.#made++;
    this.#done = this.#made >= MOST_RECORDINGS;
    const started = recordSwitches();
    if ("code" in started) this.#fails(started);
    else this.#recorder = started;
  }

  poll(): void {
    const recorder = this.#recorder;
    if (recorder === null) return;
    const seconds = this.slices === null ? FIRST_SECONDS : LATER_SECONDS;
    if (!recorder.poll() || recorder.seconds() >= seconds) this.finish();
  }

  /** Ends the one under way and adds it up. */
  finish(): void {
    const recorder = this.#recorder;
    if (recorder === null) return;
    this.#recorder = null;
    const until = this.#secondsGone();
    const from = until - recorder.seconds();
    this.#notBefore = until + EVERY_SECONDS - LATER_SECONDS;
    const enough = recorder.seconds() >= LEAST_SECONDS;
    const tasks = tasksOf(this.#before);
    const result = recorder.finish((task) => stillThere(tasks.get(task)));
    if ("code" in result) this.#fails(result);
    else if (enough) {
      result.spans = [[from, until]];
      this.slices = this.slices === null ? result : joinSlices(this.slices, result);
    }
  }

  /** Removes it from the host, whatever has happened. */
  release(): void {
    this.#recorder?.release();
    this.#recorder = null;
    this.#done = true;
  }

  #secondsGone(): number {
    return (monotonicNs() - this.#startNs) / 1e9;
  }

  #fails(why: CouldNotLook): void {
    this.#done = true;
    this.couldNotLook.push(why);
  }
}

function tasksOf(before: Snapshot): Map<number, ProcFacts> {
  const tasks = new Map<number, ProcFacts>();
  for (const process of before.processes.values()) {
    tasks.set(process.pid, process);
    for (const thread of process.threads) tasks.set(thread, process);
  }
  return tasks;
}

/** The process, when it lives since the snapshot: in a storm numbers return within seconds. */
function stillThere(process: ProcFacts | undefined): ProcFacts | null {
  if (process === undefined) return null;
  const line = readSmall(`/proc/${process.pid}/stat`);
  const now = line === null ? null : parseStatLine(line);
  return now !== null && now.startTicks / TICKS === process.startedAfterBoot ? process : null;
}
