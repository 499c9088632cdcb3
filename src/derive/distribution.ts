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

  /** Share of all values that lie from `low` to `high` (ns), to within a bucket; 0 without values. */
  shareBetween(low: number, high: number): number {
    if (this.#buckets === null || this.count === 0) return 0;
    const bucketOf = (value: number): number => Math.min(BUCKETS - 1, (Math.log2(Math.max(1, value)) * STEPS) | 0);
    let held = 0;
    for (let bucket = bucketOf(low); bucket <= bucketOf(high); bucket++) held += this.#buckets[bucket] as number;
    return held / this.count;
  }

  mean(): number | null {
    return this.count === 0 ? null : this.#mean;
  }

  /** Coefficient of variation: standard deviation / mean; null with fewer than two values. */
  variation(): number | null {
    return this.count < 2 || this.#mean === 0 ? null : Math.sqrt(this.#m2 / (this.count - 1)) / this.#mean;
  }

  /** Gives what it holds and is empty afterwards: a stretch of a stream, to be added up with others by `quantileOf`. */
  drain(): DurationCounts {
    const counts: DurationCounts = { count: this.count, totalNs: this.#mean * this.count, buckets: [] };
    if (this.count === 0 || this.#buckets === null) return counts;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const held = this.#buckets[bucket] as number;
      if (held > 0) counts.buckets.push(bucket, held);
    }
    this.#buckets.fill(0);
    this.count = 0;
    this.#mean = 0;
    this.#m2 = 0;
    return counts;
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

/** Durations of a stretch of a stream, in no more memory than there were different ones. */
export interface DurationCounts {
  count: number;
  /** Sum of all durations, nanoseconds. */
  totalNs: number;
  /** Pairs: a bucket that holds something, and how much; the shorter durations first. */
  buckets: number[];
}

/** The duration (ns) below which the share `q` (0..1) of all those in several stretches lies, or null without any. */
export function quantileOf(stretches: readonly DurationCounts[], q: number): number | null {
  const sums = new Map<number, number>();
  let total = 0;
  for (const { count, buckets } of stretches) {
    total += count;
    for (let at = 0; at < buckets.length; at += 2) {
      const bucket = buckets[at] as number;
      sums.set(bucket, (sums.get(bucket) ?? 0) + (buckets[at + 1] as number));
    }
  }
  let left = q * total;
  for (const [bucket, held] of [...sums].sort((a, b) => a[0] - b[0])) {
    left -= held;
    if (left <= 0) return 2 ** ((bucket + 0.5) / STEPS);
  }
  return null;
}

const STEPS = 32;
const BUCKETS = 52 * STEPS;
