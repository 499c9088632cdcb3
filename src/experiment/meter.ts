import { Rolling, type ProgramName, type RollingRow } from "../derive/rolling.ts";
import type { ProcessEvent } from "../model/events.ts";
import type { Untrusted } from "../model/text.ts";

/** Length of a bin, seconds. */
export const BIN_SECONDS = 0.1;
/** A host has some hundreds of programs; further ones are counted as one. */
const PROGRAMS = 512;

/** What was started in one bin. */
interface Bin {
  starts: number;
  others: number;
  /** Other programs by name. */
  of: ReadonlyMap<Untrusted, number>;
}

/** Starts a second between two moments. */
export interface Rates {
  seconds: number;
  perSecond: number;
  othersPerSecond: number;
}

/** Counts starts of the storm's program and of all others in bins of the events' own time. Pure but for its state. */
export class Meter {
  readonly #rolling = new Rolling(1);
  readonly #isStorm: (program: ProgramName) => boolean;
  readonly #bins: Bin[] = [];
  readonly #names = new Map<Untrusted, ProgramName>();

  constructor(isStorm: (program: ProgramName) => boolean) {
    this.#isStorm = isStorm;
  }

  readonly onEvent = (event: ProcessEvent): void => {
    this.until(event.ts / 1e9);
    this.#rolling.onEvent(event);
  };

  /** Closes the bins that end by this moment, seconds since the origin of the events: nothing earlier will come. */
  until(seconds: number): void {
    const bins = Math.floor(seconds / BIN_SECONDS + 1e-6);
    while (this.#bins.length < bins) this.#bins.push(this.#binOf(this.#rolling.look(BIN_SECONDS).rows));
  }

  /** Up to when bins are closed, seconds. */
  get known(): number {
    return this.#bins.length * BIN_SECONDS;
  }

  /** Starts of the storm's program in each whole bin between two moments. */
  starts(from: number, to: number): number[] {
    return this.#between(from, to).map((bin) => bin.starts);
  }

  rates(from: number, to: number): Rates {
    const bins = this.#between(from, to);
    const seconds = Math.max(1, bins.length) * BIN_SECONDS;
    const sum = (of: (bin: Bin) => number): number => bins.reduce((total, bin) => total + of(bin), 0) / seconds;
    return {
      seconds: bins.length * BIN_SECONDS,
      perSecond: sum((bin) => bin.starts),
      othersPerSecond: sum((bin) => bin.others),
    };
  }

  /** Starts a second of every other program over several stretches of time. */
  othersIn(
    stretches: readonly { from: number; to: number }[],
  ): Map<Untrusted, { program: ProgramName; perSecond: number }> {
    const bins = stretches.flatMap(({ from, to }) => this.#between(from, to));
    const sums = new Map<Untrusted, { program: ProgramName; perSecond: number }>();
    for (const bin of bins)
      for (const [name, starts] of bin.of) {
        const program = this.#names.get(name) ?? { exe: null, comm: name, bits: null, mountNamespace: null };
        const known = sums.get(name) ?? { program, perSecond: 0 };
        known.perSecond += starts / (bins.length * BIN_SECONDS);
        sums.set(name, known);
      }
    return sums;
  }

  #between(from: number, to: number): Bin[] {
    const first = Math.ceil(from / BIN_SECONDS - 1e-6);
    const end = Math.floor(to / BIN_SECONDS + 1e-6);
    return this.#bins.slice(Math.max(0, first), Math.max(0, end));
  }

  #binOf(rows: readonly RollingRow[]): Bin {
    let starts = 0;
    let others = 0;
    const of = new Map<Untrusted, number>();
    for (const { program, startsPerSecond } of rows) {
      const count = startsPerSecond * BIN_SECONDS;
      if (count <= 0) continue;
      if (this.#isStorm(program)) {
        starts += count;
        continue;
      }
      others += count;
      const name = this.#nameOf(program);
      of.set(name, (of.get(name) ?? 0) + count);
    }
    return { starts, others, of };
  }

  #nameOf(program: ProgramName): Untrusted {
    const name = program.exe ?? `(${program.comm})`;
    if (this.#names.has(name)) return name;
    if (this.#names.size >= PROGRAMS) return "";
    this.#names.set(name, program);
    return name;
  }
}
