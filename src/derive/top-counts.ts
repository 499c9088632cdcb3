/**
 * The most frequent keys of a stream in bounded memory (Space-Saving, Metwally et al. 2005). With `capacity` slots a
 * key that makes up more than 1/capacity of the stream is always kept; counts of others may be too high, never too low.
 */
export class TopCounts<K, V> {
  total = 0;
  readonly #slots = new Map<K, { count: number; value: V }>();
  readonly #capacity: number;

  constructor(capacity = 32) {
    this.#capacity = capacity;
  }

  add(key: K, value: V, count = 1): void {
    this.total += count;
    const slot = this.#slots.get(key);
    if (slot !== undefined) {
      slot.count += count;
      return;
    }
    let floor = 0;
    if (this.#slots.size >= this.#capacity) {
      let least: K | undefined;
      floor = Infinity;
      for (const [k, s] of this.#slots) {
        if (s.count < floor) {
          floor = s.count;
          least = k;
        }
      }
      this.#slots.delete(least as K);
    }
    this.#slots.set(key, { count: floor + count, value });
  }

  /** Keys with their values, the most frequent first. */
  ranked(): { key: K; value: V; count: number }[] {
    return [...this.#slots]
      .map(([key, slot]) => ({ key, value: slot.value, count: slot.count }))
      .sort((a, b) => b.count - a.count);
  }

  /** As `ranked`, and empty afterwards. */
  drain(): { key: K; value: V; count: number }[] {
    if (this.total === 0) return [];
    const ranked = this.ranked();
    this.#slots.clear();
    this.total = 0;
    return ranked;
  }

  merge(other: TopCounts<K, V>): void {
    for (const { key, value, count } of other.ranked()) this.add(key, value, count);
  }
}
