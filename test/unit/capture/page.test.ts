import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PageLayout } from "../../../src/ftrace/header-page.ts";
import { readPage, type PageReading } from "../../../src/ftrace/page.ts";
import { LAYOUT_32, LAYOUT_64, PageEncoder } from "./page-encoder.ts";

const ORIGIN = { high: 0, low: 0 };

function payload(length: number, fill: number): Uint8Array {
  return new Uint8Array(length).fill(fill);
}

/** Each record as time, length and first byte. */
function read(page: Uint8Array, layout: PageLayout, origin = ORIGIN): { seen: number[][]; reading: PageReading } {
  const seen: number[][] = [];
  const reading = readPage(page, layout, origin, {
    record: (view, at, length, ts) => {
      seen.push([ts, length, length > 0 ? view.getUint8(at) : -1]);
      // A record never reaches out of its page.
      if (length > 0) view.getUint8(at + length - 1);
    },
  });
  return { seen, reading };
}

describe.each([
  ["64-bit kernel", LAYOUT_64],
  ["32-bit kernel", LAYOUT_32],
])("ring-buffer page of a %s", (_name, layout) => {
  test("records of all small lengths", () => {
    const encoder = new PageEncoder(layout, 1_000_000n);
    for (let words = 1; words <= 28; words++) encoder.small(10, payload(words * 4, words));
    const { seen, reading } = read(encoder.end(), layout);
    expect(seen).toEqual(Array.from({ length: 28 }, (_, i) => [1_000_010 + i * 10, (i + 1) * 4, i + 1]));
    expect(reading).toMatchObject({ records: 28, lost: 0, lostUnknown: false, problem: null });
  });

  test("a large record, whose length need not be a multiple of four", () => {
    const page = new PageEncoder(layout, 5n).large(1, payload(301, 7)).small(1, payload(4, 8)).end();
    expect(read(page, layout).seen).toEqual([
      [6, 301, 7],
      [7, 4, 8],
    ]);
  });

  test("discarded records are passed over and their time counts", () => {
    const page = new PageEncoder(layout, 0n).discarded(5, 40).small(3, payload(4, 1)).end();
    expect(read(page, layout).seen).toEqual([[8, 4, 1]]);
  });

  test("padding without a delta ends the page", () => {
    const page = new PageEncoder(layout, 0n).small(3, payload(4, 1)).endPadding().small(3, payload(4, 2)).end();
    const { seen, reading } = read(page, layout);
    expect(seen).toEqual([[3, 4, 1]]);
    expect(reading.problem).toBeNull();
  });

  test("time extensions of more than 27 and of more than 32 bits", () => {
    const page = new PageEncoder(layout, 100n)
      .timeExtend(200_000_000n)
      .small(1, payload(4, 1))
      .timeExtend(70_000_000_000n)
      .small(2, payload(4, 2))
      .end();
    expect(read(page, layout).seen.map(([ts]) => ts)).toEqual([200_000_101, 70_200_000_103]);
  });

  test("absolute time stamps keep the upper five bits of the page's own", () => {
    const page = 0x0812_3456_789a_bcden;
    const later = page + 1_000_000n;
    const encoded = new PageEncoder(layout, page)
      .timeStamp(later & 0x07ff_ffff_ffff_ffffn)
      .small(7, payload(4, 1))
      .end();
    const origin = { high: Number(page >> 32n), low: Number(page & 0xffff_ffffn) };
    expect(read(encoded, layout, origin).seen).toEqual([[1_000_007, 4, 1]]);
  });

  test("times are exact at any uptime, because they count from the origin", () => {
    // 300 days of nanoseconds do not fit a double.
    const page = 25_920_000_000_000_001n;
    const encoded = new PageEncoder(layout, page).small(2, payload(4, 1)).end();
    const origin = page - 5n;
    const split = { high: Number(origin >> 32n), low: Number(origin & 0xffff_ffffn) };
    expect(read(encoded, layout, split).seen[0]?.[0]).toBe(7);
  });

  test("the count of lost events stands behind the records", () => {
    const page = new PageEncoder(layout, 0n).small(1, payload(8, 1)).end(123_456);
    const { seen, reading } = read(page, layout);
    expect(seen).toHaveLength(1);
    expect(reading).toMatchObject({ lost: 123_456, lostUnknown: false });
  });

  test("losses without a count are known to be unknown", () => {
    const page = new PageEncoder(layout, 0n).small(1, payload(8, 1)).end(null);
    expect(read(page, layout).reading).toMatchObject({ lost: 0, lostUnknown: true, records: 1 });
  });

  test("an empty page", () => {
    expect(read(new PageEncoder(layout, 9n).end(), layout)).toMatchObject({
      seen: [],
      reading: { records: 0, used: 0 },
    });
  });

  test("cut at every byte: sound records before the cut are read, the rest is one problem", () => {
    const whole = new PageEncoder(layout, 0n).small(1, payload(8, 1)).large(1, payload(60, 2)).small(1, payload(12, 3));
    const page = whole.timeExtend(1n).end();
    const all = read(page, layout).seen;
    for (let length = 0; length < 160; length++) {
      const { seen, reading } = read(page.subarray(0, length), layout);
      expect(all.slice(0, seen.length)).toEqual(seen);
      if (length < layout.data + reading.used || length < layout.data) expect(reading.problem).not.toBeNull();
    }
  });

  test("any one byte replaced by any value: never throws", () => {
    const page = new PageEncoder(layout, 3n)
      .small(1, payload(8, 1))
      .discarded(1, 8)
      .large(1, payload(33, 2))
      .timeExtend(5n)
      .timeStamp(9n)
      .small(2, payload(4, 3))
      .end(4);
    for (let at = 0; at < 140; at++) {
      for (let value = 0; value < 256; value++) {
        const damaged = page.slice();
        damaged[at] = value;
        const { reading, seen } = read(damaged, layout);
        expect(seen).toHaveLength(reading.records);
      }
    }
  });

  test("random pages: never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 600 }), (bytes) => {
        const { reading, seen } = read(bytes, layout);
        expect(seen).toHaveLength(reading.records);
      }),
      { numRuns: 2000 },
    );
  });
});
