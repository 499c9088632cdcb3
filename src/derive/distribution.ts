/**
 * Distribution of durations in bounded memory: logarithmic buckets, 32 to each doubling, so a quantile is off by at
 * most 1.1 %. Mean and variance are exact (Welford). Values are nanoseconds, from 1 ns to 52 days.
 */
export class Distribution {
  count = 0;
  #mean = 0;
  #m2 = 0;
  #buckets: Uint32Array | null = null;

  add(nanoseconds: number): void {
    const value = nanoseconds < 1 ? 1 : nanoseconds;
    this.count++;
    const delta = value - this.#mean;
    this.#mean += delta / this.count;
    this.#m2 += delta * (value - this.#mean);
    this.#buckets ??= new Uint32Array(BUCKETS);
    const bucket = Math.min(BUCKETS - 1, (Math.log2(value) * STEPS) | 0);
    this.#buckets[bucket] = (this.#buckets[bucket] as number) + 1;
  }

  /** The value below which the share `q` (0..1) of all values lies, or null without values. */
  quantile(q: number): number | null {
    if (this.#buckets === null) return null;
    let left = q * this.count;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.#buckets[bucket] as number;
      if (left <= 0 && (this.#buckets[bucket] as number) > 0) return 2 ** ((bucket + 0.5) / STEPS);
    }
    return null;
  }

  mean(): number | null {
    return this.count === 0 ? null : this.#mean;
  }

  /** Coefficient of variation: standard deviation / mean; null with fewer than two values. */
  variation(): number | null {
    return this.count < 2 || this.#mean === 0 ? null : Math.sqrt(this.#m2 / (this.count - 1)) / this.#mean;
  }

  /** Adds everything that `other` holds (Chan's parallel form of Welford's update). */
  merge(other: Distribution): void {
    if (other.count === 0) return;
    const total = this.count + other.count;
    const delta = other.#mean - this.#mean;
    this.#m2 += other.#m2 + (delta * delta * this.count * other.count) / total;
    this.#mean += (delta * other.count) / total;
    this.count = total;
    if (other.#buckets === null) return;
    this.#buckets ??= new Uint32Array(BUCKETS);
    for (let i = 0; i < BUCKETS; i++) this.#buckets[i] = (this.#buckets[i] as number) + (other.#buckets[i] as number);
  }
}

const STEPS = 32;
const BUCKETS = 52 * STEPS;
