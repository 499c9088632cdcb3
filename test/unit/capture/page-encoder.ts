import type { PageLayout } from "../../../src/ftrace/header-page.ts";

export const LAYOUT_64: PageLayout = { timestamp: 0, commit: 8, longSize: 8, data: 16, pageSize: 4096 };
export const LAYOUT_32: PageLayout = { timestamp: 0, commit: 8, longSize: 4, data: 12, pageSize: 4096 };

/** Writes ring-buffer pages record by record, as include/linux/ring_buffer.h lays them out. */
export class PageEncoder {
  readonly page: Uint8Array;
  readonly #view: DataView;
  readonly #layout: PageLayout;
  #at: number;

  constructor(layout: PageLayout, timestamp: bigint) {
    this.#layout = layout;
    this.page = new Uint8Array(layout.pageSize);
    this.#view = new DataView(this.page.buffer);
    this.#view.setBigUint64(layout.timestamp, timestamp, true);
    this.#at = layout.data;
  }

  #head(type: number, delta: number): void {
    this.#view.setUint32(this.#at, ((delta << 5) | type) >>> 0, true);
    this.#at += 4;
  }

  #word(word: number): void {
    this.#view.setUint32(this.#at, word >>> 0, true);
    this.#at += 4;
  }

  #bytes(payload: Uint8Array): void {
    this.page.set(payload, this.#at);
    this.#at += (payload.length + 3) & ~3;
  }

  /** Type 1..28. The payload's length must be a multiple of 4, at most 112. */
  small(delta: number, payload: Uint8Array): this {
    this.#head(payload.length / 4, delta);
    this.#bytes(payload);
    return this;
  }

  /** Type 0: the length stands in a word of its own and includes it. */
  large(delta: number, payload: Uint8Array): this {
    this.#head(0, delta);
    this.#word(payload.length + 4);
    this.#bytes(payload);
    return this;
  }

  /** Type 29 with a delta: a discarded event of `length` bytes after its head and length words. */
  discarded(delta: number, length: number): this {
    this.#head(29, delta);
    this.#word(length + 4);
    this.#bytes(new Uint8Array(length).fill(0xee));
    return this;
  }

  /** Type 29 without a delta: nothing follows on this page. */
  endPadding(): this {
    this.#head(29, 0);
    this.#word(0xffff_ffff);
    return this;
  }

  /** Type 30. */
  timeExtend(delta: bigint): this {
    this.#head(30, Number(delta & 0x7ff_ffffn));
    this.#word(Number(delta >> 27n));
    return this;
  }

  /** Type 31: the lower 59 bits of an absolute time. */
  timeStamp(absolute: bigint): this {
    this.#head(31, Number(absolute & 0x7ff_ffffn));
    this.#word(Number((absolute >> 27n) & 0xffff_ffffn));
    return this;
  }

  /** Ends the page: `lost` null means bit 31 alone, a number both bits and the count after the data. */
  end(lost?: number | null): Uint8Array {
    let commit = this.#at - this.#layout.data;
    if (lost !== undefined) commit += 2 ** 31;
    if (typeof lost === "number") {
      commit += 2 ** 30;
      if (this.#layout.longSize === 8) this.#view.setBigUint64(this.#at, BigInt(lost), true);
      else this.#view.setUint32(this.#at, lost, true);
    }
    this.#view.setUint32(this.#layout.commit, commit, true);
    return this.page;
  }
}
