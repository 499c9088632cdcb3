import { LiveStream, type StreamSource } from "../capture/live-stream.ts";
import { readCounters, snapshot } from "../capture/procfs/snapshot.ts";
import type { CouldNotLook } from "../model/could-not-look.ts";
import { BIN_SECONDS, Meter, type Rates } from "../experiment/meter.ts";
import type { Moved } from "../experiment/result.ts";
import type { Stretch } from "../experiment/run.ts";
import type { ProgramName } from "../derive/rolling.ts";
import { monotonicNs } from "../platform/clock.ts";
import { introduce } from "./living.ts";

const POLL_MS = 40;
/** Events are held back for less than this, to be in order. */
const AGE_SECONDS = 0.15;

/** What is started on this host and how busy it is, for as long as an experiment lasts. */
export class HostMeter {
  readonly #meter: Meter;
  readonly #stream: LiveStream;
  readonly #timer: NodeJS.Timeout;
  readonly #busy: { at: number; seconds: number }[] = [];
  #failure: unknown = null;

  /** Begins to observe; `stop` removes what that made on the host. */
  constructor(isStorm: (program: ProgramName) => boolean, source: StreamSource | undefined) {
    this.#meter = new Meter(isStorm);
    this.#stream = new LiveStream(source, this.#meter.onEvent);
    introduce(snapshot(), this.#meter.onEvent);
    this.#look();
    // By itself: events come also while a supervisor is waited for.
    this.#timer = setInterval(() => this.#look(), POLL_MS);
  }

  readonly binSeconds = BIN_SECONDS;

  get couldNotLook(): readonly CouldNotLook[] {
    return this.#stream.couldNotLook;
  }

  get lost(): number | null {
    return this.#stream.lost();
  }

  now(): number {
    return (monotonicNs() - this.#stream.originNs) / 1e9;
  }

  known(): number {
    if (this.#failure !== null) throw this.#failure;
    return this.#meter.known;
  }

  starts(from: number, to: number): number[] {
    return this.#meter.starts(from, to);
  }

  rates(from: number, to: number): Rates & { busyCpus: number | null } {
    return { ...this.#meter.rates(from, to), busyCpus: this.#busyCpus(from, to) };
  }

  others(free: readonly Stretch[], held: readonly Stretch[]): Moved[] {
    const before = this.#meter.othersIn(free);
    return [...this.#meter.othersIn(held)].map(([name, { program, perSecond }]) => ({
      exe: program.exe,
      comm: program.comm,
      freePerSecond: before.get(name)?.perSecond ?? 0,
      heldPerSecond: perSecond,
    }));
  }

  /** Sleeps until that moment; false at once when the signal is given. */
  async wait(until: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.max(1, (until - this.now()) * 1000));
      signal.addEventListener("abort", wake);
    });
    return !signal.aborted;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#stream.stop();
  }

  #look(): void {
    if (this.#failure !== null) return;
    try {
      this.#stream.poll();
      const now = this.now();
      this.#meter.until(now - AGE_SECONDS);
      const { user, system } = readCounters().cpu;
      if (now - (this.#busy.at(-1)?.at ?? -1) >= BIN_SECONDS) this.#busy.push({ at: now, seconds: user + system });
    } catch (error) {
      this.#failure = error;
    }
  }

  #busyCpus(from: number, to: number): number | null {
    const first = this.#busy.find(({ at }) => at >= from);
    const last = this.#busy.findLast(({ at }) => at <= to + BIN_SECONDS);
    if (first === undefined || last === undefined || last.at - first.at < BIN_SECONDS) return null;
    return (last.seconds - first.seconds) / (last.at - first.at);
  }
}
