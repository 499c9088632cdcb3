/**
 * Counts the events that never arrived: each CPU numbers its events, so a step of more than 1 is a gap. A full buffer is
 * told once as ENOBUFS however many events it cost, so that is no count.
 */
export class SequenceGaps {
  /** Events missing between the first and the last that arrived from each CPU. */
  lost = 0;
  readonly #next = new Map<number, number>();

  /** An event of `cpu` with number `seq` (32 bits, wraps around) arrived. */
  arrived(cpu: number, seq: number): void {
    const expected = this.#next.get(cpu);
    if (expected !== undefined) {
      const step = (seq - expected) >>> 0;
      // A step back by a little is no loss of four billion: events of one CPU that changed places.
      if (step < 0x8000_0000) this.lost += step;
      else {
        this.lost = Math.max(0, this.lost - 1);
        return;
      }
    }
    this.#next.set(cpu, (seq + 1) >>> 0);
  }

  /** CPUs that events came from. */
  cpus(): readonly number[] {
    return [...this.#next.keys()];
  }
}
