import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { recognise } from "../../../src/formats/index.ts";
import { readTraceDat } from "../../../src/formats/trace-dat/read.ts";
import type { StreamReading } from "../../../src/formats/types.ts";
import { inMemory } from "../../../src/ftrace/trace-dat/cursor.ts";
import { unpacker } from "../../../src/ftrace/trace-dat/compression.ts";
import { PagePacker } from "../../../src/ftrace/trace-dat/page-packer.ts";
import { readPage, type RecordVisitor } from "../../../src/ftrace/page.ts";
import type { ProcessEvent } from "../../../src/model/events.ts";
import { chainPages, versionSeven, versionSix } from "../../support/trace-files.ts";
import { LAYOUT_64, PageEncoder } from "../capture/page-encoder.ts";

const COUNT = 500;
const PAGES = chainPages(COUNT);
const SIX = versionSix(PAGES);

async function read(file: Uint8Array): Promise<{ events: ProcessEvent[]; reading: StreamReading; host: unknown }> {
  const events: ProcessEvent[] = [];
  let host: unknown;
  const sinkOf = (name: string | null) => {
    host = name;
    return (event: ProcessEvent): void => void events.push({ ...event });
  };
  const reading = await readTraceDat(inMemory(file), "trace.dat", sinkOf, () => false);
  return { events, reading, host };
}

describe("a file of each version", () => {
  test.each([
    ["6", SIX],
    ["7", versionSeven(PAGES, "none")],
    ["7, packed by zlib", versionSeven(PAGES, "zlib")],
  ])("version %s gives every event in time order, with host, clock and wall clock", async (_, file) => {
    const { events, reading, host } = await read(file);
    expect(recognise(file.subarray(0, 65_536))?.id).toBe("trace-dat");
    expect(host).toBe("web1");
    expect(events.map((event) => event.type)).toEqual(
      Array.from({ length: COUNT }, () => ["fork", "exit", "child-signal"]).flat(),
    );
    // Two events tell of each fork; it is one fork.
    expect(events.filter((event) => event.type === "fork").map((event) => event.child)).toEqual(
      Array.from({ length: COUNT }, (__, i) => 1001 + i),
    );
    expect(events[1]).toMatchObject({ type: "exit", pid: 1000, comm: "atd", code: 0, signal: null, thread: false });
    expect(events[4]).toMatchObject({ type: "exit", pid: 1001, code: 1 });
    expect(events[2]).toMatchObject({ type: "child-signal", pid: 1000, reaper: 1, reaperComm: "init", code: 1 });
    expect(events.every((event, i) => i === 0 || event.ts >= (events[i - 1]?.ts ?? 0))).toBe(true);
    expect(events[0]?.ts).toBe(0);
    expect(reading.originEpochMs).toBe(1_700_000_000_000 + (5_000_000_000_000 + 50_000) / 1e6);
    expect(reading.host).toEqual({ kernel: "6.18.0", machine: "x86_64", cpus: 2 });
    expect(reading.ledger).toMatchObject({ kind: "trace-dat", events: 3 * COUNT, lost: 0, skipped: 0 });
    expect(reading.tells).toMatchObject({ lineage: true, reaper: true, exitStatus: true, lifetimes: true });
    expect(reading.tells.programs).toMatchObject({ code: "trace-dat.no-programs" });
  });

  test("names that hold line ends do not become lines", () => {
    expect(SIX.includes("700 two?lines\n")).toBe(true);
  });
});

describe("what a file lost is said", () => {
  const lossy = (lost: number | null): Uint8Array[][] => [[new PageEncoder(LAYOUT_64, 7n).end(lost)], PAGES[1] ?? []];

  test("the number in its pages", async () => {
    const { reading } = await read(versionSix(lossy(77)));
    expect(reading.ledger.lost).toBe(77);
  });

  test("not known where the page does not tell", async () => {
    const { reading } = await read(versionSix(lossy(null)));
    expect(reading.ledger.lost).toBeNull();
  });

  test("what the kernel counted in all, when that is more", async () => {
    const stats = new Map([[0, "entries: 5\noverrun: 900\ncommit overrun: 0\ndropped events: 9\n"]]);
    const { reading } = await read(versionSix(lossy(77), { stats }));
    expect(reading.ledger.lost).toBe(909);
  });
});

describe("what cannot be read is said", () => {
  const changed = (at: number, ...bytes: number[]): Uint8Array => {
    const file = Buffer.from(SIX);
    file.set(bytes, at);
    return file;
  };

  test.each([
    ["a big-endian machine", changed(12, 1), "trace-dat.big-endian"],
    ["version 5", changed(10, 0x35), "trace-dat.version"],
    ["nothing behind the first bytes", SIX.subarray(0, 13), "trace-dat.damaged"],
    ["a header cut off", SIX.subarray(0, 2000), "trace-dat.damaged"],
  ])("%s", async (_, file, code) => {
    const { events, reading } = await read(file);
    expect(events).toEqual([]);
    expect(reading.tells.lineage).toMatchObject({ code });
    expect(reading.ledger).toMatchObject({ events: 0, skipped: 1 });
  });

  test("a chunk that would unpack to more than it says, or than any that is written", () => {
    const zlib = unpacker("zlib");
    const packed = versionSeven(PAGES, "zlib");
    expect(() => zlib?.(packed, 1 << 30, 0)).toThrow("larger than any");
    expect(() => zlib?.(packed.subarray(100, 200), 4096, 0)).toThrow("cannot be unpacked");
    expect(unpacker("lzma")).toBeNull();
  });
});

describe("damage", () => {
  const whole = read(SIX);

  test.each([
    ["6", SIX],
    ["7", versionSeven(PAGES, "none")],
    ["7, packed", versionSeven(PAGES, "zlib")],
  ])(
    "version %s cut anywhere yields what came before, in order, and says that something is missing",
    async (_, file) => {
      const { events: all } = await whole;
      await fc.assert(
        fc.asyncProperty(fc.nat(file.length - 1), async (length) => {
          const { events, reading } = await read(file.subarray(0, length));
          expect(events.length).toBeLessThanOrEqual(all.length);
          expect(reading.ledger.skipped).toBeGreaterThan(0);
          expect(reading.ledger.events).toBe(events.length);
        }),
        // In version 6: the tables whole and no page; the same with the beginning of a page too short for its time stamp.
        { numRuns: 150, examples: [[3665], [4095], [4096], [4103]] },
      );
    },
  );

  test("a file cut before its first page says so, a whole one without pages does not", async () => {
    const cut = await read(SIX.subarray(0, 3665));
    expect(cut.reading.tells.lineage).toMatchObject({ code: "trace-dat.damaged" });
    expect(cut.reading.ledger.note).toContain("ends after 3665 bytes");
    const none = await read(versionSix([[], []]));
    expect(none.reading.ledger).toMatchObject({ skipped: 0, note: "the file holds no pages" });
  });

  test.each([
    ["6", SIX],
    ["7, packed", versionSeven(PAGES, "zlib")],
  ])("version %s with bytes changed anywhere never throws and never hangs", async (_, file) => {
    const change = fc.record({ at: fc.nat(file.length - 1), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 20 }), async (changes) => {
        const damaged = Buffer.from(file);
        for (const { at, byte } of changes) damaged[at] = byte;
        const { events, reading } = await read(damaged);
        expect(reading.ledger.events).toBe(events.length);
      }),
      { numRuns: 200 },
    );
  });

  test("bytes that are no trace behind the right beginning", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), fc.constantFrom(14, 18, 40), async (noise, kept) => {
        const { events } = await read(Buffer.concat([SIX.subarray(0, kept), noise]));
        expect(events).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

describe("pages put together", () => {
  interface Seen {
    ts: number;
    payload: string;
  }
  const ORIGIN = { high: 0, low: 0 };

  function records(pages: readonly Uint8Array[], visit?: (page: Uint8Array, visitor: RecordVisitor) => void): Seen[] {
    const seen: Seen[] = [];
    const visitor: RecordVisitor = {
      record: (page, at, length, ts) =>
        seen.push({ ts, payload: Buffer.from(page.buffer, page.byteOffset + at, length).toString("hex") }),
    };
    for (const page of pages)
      if (visit === undefined) readPage(page, LAYOUT_64, ORIGIN, visitor);
      else visit(page, visitor);
    return seen;
  }

  const record = fc.record({ gap: fc.oneof(fc.nat(1000), fc.nat(0x3fff_ffff)), size: fc.integer({ min: 1, max: 20 }) });
  const page = fc.record({
    before: fc.oneof(fc.nat(2000), fc.nat(1e12)),
    records: fc.array(record, { maxLength: 60 }),
  });

  test("hold the same records at the same times, and fewer pages hold them", () => {
    fc.assert(
      fc.property(fc.array(page, { maxLength: 30 }), fc.boolean(), (plan, lossy) => {
        let now = 1_000_000n;
        const pages = plan.map(({ before, records: list }, index) => {
          now += BigInt(before);
          const encoder = new PageEncoder(LAYOUT_64, now);
          for (const { gap, size } of list) {
            if (gap > 0x7ff_ffff) encoder.timeExtend(BigInt(gap)).small(0, Buffer.alloc(size * 4, size));
            else encoder.small(gap, Buffer.alloc(size * 4, size));
            now += BigInt(gap);
          }
          return encoder.end(lossy && index === 3 ? 5 : undefined);
        });
        const out: Uint8Array[] = [];
        const packer = new PagePacker(LAYOUT_64, (_, bytes) => out.push(Uint8Array.from(bytes)));
        const before = records(pages, (bytes, visitor) =>
          packer.add(0, bytes, readPage(bytes, LAYOUT_64, ORIGIN, visitor)),
        );
        packer.end();
        expect(records(out)).toEqual(before);
        expect(out.length).toBeLessThanOrEqual(pages.length);
        expect(out.every((bytes) => bytes.length === LAYOUT_64.pageSize)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test("a hundred looks at a quiet host fit one page", () => {
    const out: Uint8Array[] = [];
    const packer = new PagePacker(LAYOUT_64, (_, bytes) => out.push(Uint8Array.from(bytes)));
    for (let i = 0; i < 100; i++) {
      const bytes = new PageEncoder(LAYOUT_64, BigInt(i) * 50_000_000n).small(7, Buffer.alloc(12, i)).end();
      packer.add(0, bytes, readPage(bytes, LAYOUT_64, ORIGIN, { record: () => undefined }));
    }
    packer.end();
    expect(out).toHaveLength(1);
    expect(records(out).map((one) => one.ts)).toEqual(Array.from({ length: 100 }, (_, i) => i * 50_000_000 + 7));
  });
});
