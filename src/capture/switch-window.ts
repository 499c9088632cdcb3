import type { CpuSlices } from "../model/cpu.ts";
import type { ProcFacts, Snapshot } from "../model/snapshot.ts";
import { TICKS } from "./procfs/facts.ts";
import { readSmall } from "./procfs/read-small.ts";
import { parseStatLine } from "./procfs/stat-line.ts";
import { recordSwitches, type SwitchRecorder } from "./tracefs/switch-recorder.ts";
import type { CouldNotLook } from "./types.ts";

/** Forks a second that make the recording worth its cost. */
const STORM_FORKS_PER_SECOND = 40;
/** By then the programs of a storm have been looked up, and there is time for it before a verdict. */
const NOT_BEFORE_SECONDS = 0.5;
const SECONDS = 0.6;
/** Shorter than this, when the window around it ends, the recording says nothing. */
const LEAST_SECONDS = 0.2;

/** The one short recording of context switches within an observation: begins when it storms, ends by itself. */
export class SwitchWindow {
  slices: CpuSlices | null = null;
  readonly couldNotLook: CouldNotLook[] = [];
  readonly #before: Snapshot;
  #recorder: SwitchRecorder | null = null;
  #done = false;

  constructor(before: Snapshot) {
    this.#before = before;
  }

  /** Whether it is under way: a verdict should wait for its end. */
  get open(): boolean {
    return this.#recorder !== null;
  }

  /** Begins when there are that many forks a second by now and it has not been done before. */
  consider(secondsGone: number, forksPerSecond: number): void {
    if (this.#done || this.open || secondsGone < NOT_BEFORE_SECONDS || forksPerSecond < STORM_FORKS_PER_SECOND) return;
    const started = recordSwitches();
    if ("code" in started) {
      this.#done = true;
      this.couldNotLook.push(started);
    } else this.#recorder = started;
  }

  poll(): void {
    const recorder = this.#recorder;
    if (recorder === null) return;
    if (!recorder.poll() || recorder.seconds() >= SECONDS) this.finish();
  }

  /** Ends it and adds it up. */
  finish(): void {
    const recorder = this.#recorder;
    if (recorder === null) return;
    this.#recorder = null;
    this.#done = true;
    const enough = recorder.seconds() >= LEAST_SECONDS;
    const tasks = tasksOf(this.#before);
    const result = recorder.finish((task) => stillThere(tasks.get(task)));
    if ("code" in result) this.couldNotLook.push(result);
    else if (enough) this.slices = result;
  }

  /** Removes it from the host, whatever has happened. */
  release(): void {
    this.#recorder?.release();
    this.#recorder = null;
    this.#done = true;
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
