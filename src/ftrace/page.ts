import type { SplitTime } from "../platform/clock.ts";
import type { PageLayout } from "./header-page.ts";

/** Takes the records of a page in the order in which they stand there, which is the order of their CPU. */
export interface RecordVisitor {
  /** `at` and `length` bound the payload inside `page`; `ts` is nanoseconds since the origin given to `readPage`. */
  record(page: DataView, at: number, length: number, ts: number): void;
}

export interface PageReading {
  records: number;
  /** Events overwritten before this page, as counted by the page itself. */
  lost: number;
  /** The page says that events were lost before it and does not say how many. */
  lostUnknown: boolean;
  /** Bytes of records: less than a full page means that the kernel is still writing it and nothing follows yet. */
  used: number;
  /** Time of the page itself, and of its last record; nanoseconds since the origin. */
  first: number;
  last: number;
  /** Byte after the last record that was read. */
  end: number;
  /** The first thing that cannot be, after which the rest of the page was given up; null for a sound page. */
  problem: { at: number; why: string } | null;
}

const PADDING = 29;
const TIME_EXTEND = 30;
const TIME_STAMP = 31;
/** Bits of `commit` (ring_buffer.c RB_MISSED_EVENTS, RB_MISSED_STORED; libtraceevent kbuffer-parse.c COMMIT_MASK). */
const LENGTH_MASK = 0x7ff_ffff;
const MISSED_STORED = 0x4000_0000;
const MISSED_EVENTS = 0x8000_0000;

/**
 * Reads one little-endian ring-buffer page as trace_pipe_raw gives it. Layout of the records: include/linux/ring_buffer.h
 * (enum ring_buffer_type); time stamps of type 31 since 4.17. Never throws, whatever the page holds.
 */
export function readPage(page: Uint8Array, layout: PageLayout, origin: SplitTime, visitor: RecordVisitor): PageReading {
  const reading: PageReading = {
    records: 0,
    lost: 0,
    lostUnknown: false,
    used: 0,
    first: 0,
    last: 0,
    end: 0,
    problem: null,
  };
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  if (view.byteLength < layout.data) {
    reading.problem = { at: 0, why: `page of ${view.byteLength} bytes is shorter than its header` };
    return reading;
  }
  const commit = view.getUint32(layout.commit, true);
  const used = commit & LENGTH_MASK;
  reading.used = used;
  let end = layout.data + used;
  if ((commit & MISSED_EVENTS) !== 0) readLoss(view, end, layout.longSize, (commit & MISSED_STORED) !== 0, reading);
  if (end > view.byteLength) {
    reading.problem = { at: layout.commit, why: `${used} bytes of records do not fit a page of ${view.byteLength}` };
    end = view.byteLength;
  }
  const pageHigh = view.getUint32(layout.timestamp + 4, true);
  let ts = since(origin, pageHigh, view.getUint32(layout.timestamp, true));
  reading.first = ts;
  reading.last = ts;
  let at = layout.data;
  reading.end = at;
  while (at + 4 <= end) {
    const head = view.getUint32(at, true);
    const type = head & 31;
    const delta = head >>> 5;
    let length = type << 2;
    let payload = at + 4;
    if (type >= PADDING || type === 0) {
      if (type === PADDING && delta === 0) break;
      if (payload + 4 > end) return broken(reading, at, `record of type ${type} is cut off`);
      const word = view.getUint32(payload, true);
      if (type === TIME_STAMP) {
        // 59 bits are stored; the page's own time stamp gives the upper five (rb_fix_abs_ts).
        const high = ((pageHigh & 0xf800_0000) | (word >>> 5)) >>> 0;
        ts = since(origin, high, ((word << 27) | delta) >>> 0);
        at = payload + 4;
        continue;
      }
      ts += delta;
      if (type === TIME_EXTEND) {
        ts += word * 0x800_0000;
        at = payload + 4;
        continue;
      }
      if (word < 4 || payload + word > end) return broken(reading, at, `record of type ${type} claims ${word} bytes`);
      if (type === PADDING) {
        at = payload + ((word + 3) & ~3);
        continue;
      }
      payload += 4;
      length = word - 4;
    } else {
      ts += delta;
      if (payload + length > end) return broken(reading, at, `record of ${length} bytes reaches over the end`);
    }
    visitor.record(view, payload, length, ts);
    reading.records++;
    // A damaged page may have a record whose filling would lie behind its end.
    at = Math.min(payload + ((length + 3) & ~3), view.byteLength);
    reading.last = ts;
    reading.end = at;
  }
  return reading;
}

function readLoss(view: DataView, at: number, longSize: number, stored: boolean, reading: PageReading): void {
  if (!stored || at + longSize > view.byteLength) {
    reading.lostUnknown = true;
    return;
  }
  const high = longSize === 8 ? view.getUint32(at + 4, true) : 0;
  reading.lost = high * 4_294_967_296 + view.getUint32(at, true);
}

function since(origin: SplitTime, high: number, low: number): number {
  return (high - origin.high) * 4_294_967_296 + (low - origin.low);
}

function broken(reading: PageReading, at: number, why: string): PageReading {
  reading.problem = { at, why };
  return reading;
}
