/** A probe costs some 20 µs of the traced program's time on a virtual machine: this many hits are 4 % of a CPU. */
const MOST_A_SECOND = 2000;
/** A call that each process makes some times is what generations are compared by: it stays, however many they are. */
const MOST_A_PROCESS = 32;
/** All probes together; 40 % of a CPU on a virtual machine, and a twentieth elsewhere. */
const MOST_IN_ALL = 20_000;
/** Shorter stretches would take a burst for a habit. */
const SHORTEST_SECONDS = 0.1;

/** Says which probes are hit too often to be left on. */
export class BusyProbes {
  /** Hits since the last answer, by probe. */
  readonly #hits: Float64Array;
  readonly #off = new Set<number>();
  #births = 0;
  #since: number;

  /** `now` in seconds of any clock that does not jump. */
  constructor(probes: number, now: number) {
    this.#hits = new Float64Array(probes);
    this.#since = now;
  }

  hit(probe: number): void {
    (this.#hits[probe] as number)++;
  }

  born(): void {
    this.#births++;
  }

  /** Probes to be switched off now, the busiest first; each is named once. Empty until some time has gone since the last answer. */
  tooBusy(now: number): number[] {
    const seconds = now - this.#since;
    if (seconds < SHORTEST_SECONDS) return [];
    const bound = Math.max(MOST_A_SECOND * seconds, MOST_A_PROCESS * this.#births);
    const busiest = [...this.#hits.keys()]
      .filter((probe) => !this.#off.has(probe) && (this.#hits[probe] as number) > 0)
      .sort((a, b) => (this.#hits[b] as number) - (this.#hits[a] as number));
    let all = busiest.reduce((sum, probe) => sum + (this.#hits[probe] as number), 0);
    const named: number[] = [];
    for (const probe of busiest) {
      const hits = this.#hits[probe] as number;
      if (hits <= bound && all <= MOST_IN_ALL * seconds) break;
      all -= hits;
      named.push(probe);
      this.#off.add(probe);
    }
    this.#hits.fill(0);
    this.#births = 0;
    this.#since = now;
    return named;
  }
}
