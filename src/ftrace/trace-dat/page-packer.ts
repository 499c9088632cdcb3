import type { PageLayout } from "../header-page.ts";
import type { PageReading } from "../page.ts";
import { view } from "./cursor.ts";

const TIME_EXTEND = 30;
const EXTEND_BYTES = 8;
const LENGTH_MASK = 0x7ff_ffff;
/** A time extend holds 59 bits; no honest gap needs more than 53. */
const LONGEST_GAP = Number.MAX_SAFE_INTEGER;

interface Pending {
  page: Buffer;
  /** Bytes of records so far. */
  used: number;
  /** Time of its last record. */
  last: number;
}

/**
 * Puts pages that were read before they were full together, CPU by CPU: a host that is quiet gives a page for each look at
 * it, with a record or two. The records stay as they are; between those of two pages stands a time extend of the kernel's
 * own kind (include/linux/ring_buffer.h), so that every reader finds the same time stamps.
 */
export class PagePacker {
  readonly #layout: PageLayout;
  readonly #write: (cpu: number, page: Uint8Array) => void;
  readonly #pending = new Map<number, Pending>();

  /** `write` gets whole pages, valid only during the call. */
  constructor(layout: PageLayout, write: (cpu: number, page: Uint8Array) => void) {
    this.#layout = layout;
    this.#write = write;
  }

  /** Takes a page as it was read; it is copied. */
  add(cpu: number, page: Uint8Array, reading: PageReading): void {
    const before = this.#pending.get(cpu);
    const { data, pageSize } = this.#layout;
    const used = reading.end - data;
    const intact = reading.problem === null && reading.lost === 0 && !reading.lostUnknown;
    if (before !== undefined) {
      const gap = reading.first - before.last;
      const fits = data + before.used + EXTEND_BYTES + used <= pageSize;
      if (intact && fits && gap >= 0 && gap <= LONGEST_GAP) {
        this.#append(before, page, used, gap, reading.last);
        return;
      }
      this.#flush(cpu, before);
    }
    if (!intact || used > pageSize / 2) this.#write(cpu, page);
    else this.#pending.set(cpu, { page: copyOf(page, data + used, pageSize), used, last: reading.last });
  }

  /** Writes what waits. */
  end(): void {
    for (const [cpu, pending] of this.#pending) this.#flush(cpu, pending);
  }

  #append(pending: Pending, page: Uint8Array, used: number, gap: number, last: number): void {
    if (used === 0) return;
    const { data } = this.#layout;
    const at = data + pending.used;
    // Unsigned, since the lower 27 bits of the gap stand above the 5 of the type.
    pending.page.writeUInt32LE((((gap % 0x800_0000) << 5) | TIME_EXTEND) >>> 0, at);
    pending.page.writeUInt32LE(Math.floor(gap / 0x800_0000), at + 4);
    pending.page.set(page.subarray(data, data + used), at + EXTEND_BYTES);
    pending.used += EXTEND_BYTES + used;
    pending.last = last;
  }

  #flush(cpu: number, { page, used }: Pending): void {
    this.#pending.delete(cpu);
    view(page).setUint32(this.#layout.commit, used & LENGTH_MASK, true);
    this.#write(cpu, page);
  }
}

function copyOf(page: Uint8Array, length: number, pageSize: number): Buffer {
  const copy = Buffer.alloc(pageSize);
  copy.set(page.subarray(0, length));
  return copy;
}
