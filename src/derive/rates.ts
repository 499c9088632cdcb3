/**
 * Counts over time in bounded memory: bins of equal width, at first 10 ms; when a stream outgrows them, neighbours are
 * joined and the width doubles.
 */
export class RateBins {
  /** Nanoseconds a bin. */
  width = 10e6;
  readonly counts = new Float64Array(BINS);
  #used = 0;

  add(ts: number): void {
    let bin = Math.max(0, Math.floor(ts / this.width));
    while (bin >= BINS) {
      this.#halve();
      bin = Math.floor(ts / this.width);
    }
    this.counts[bin] = (this.counts[bin] as number) + 1;
    if (bin >= this.#used) this.#used = bin + 1;
  }

  /** Counts a second in the busiest second or, for wider bins, in the busiest bin. */
  peakPerSecond(): number {
    const span = Math.max(1, Math.round(1e9 / this.width));
    let sum = 0;
    let peak = 0;
    for (let i = 0; i < this.#used; i++) {
      sum += (this.counts[i] as number) - (i >= span ? (this.counts[i - span] as number) : 0);
      if (sum > peak) peak = sum;
    }
    return peak / Math.max(1, (span * this.width) / 1e9);
  }

  #halve(): void {
    for (let i = 0; i < BINS / 2; i++)
      this.counts[i] = (this.counts[2 * i] as number) + (this.counts[2 * i + 1] as number);
    this.counts.fill(0, BINS / 2);
    this.width *= 2;
    this.#used = Math.ceil(this.#used / 2);
  }
}

const BINS = 1024;
