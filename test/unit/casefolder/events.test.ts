import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { EventDecoder, DamagedEvents } from "../../../src/casefolder/event-decoder.ts";
import { EventEncoder } from "../../../src/casefolder/event-encoder.ts";
import { EventFile, readEvents, type EventsRead } from "../../../src/casefolder/event-file.ts";
import type { ProcessEvent } from "../../../src/model/events.ts";
import { fromBytes } from "../../../src/model/text.ts";
import { Stream } from "../../support/storms.ts";

const folder = mkdtempSync(join(tmpdir(), "whoforks-events-"));
const path = join(folder, "events.bin");
afterAll(() => rmSync(folder, { recursive: true }));

/** Any UTF-16, so lone surrogates of every kind; a few texts come again and again, as names do. */
const anyText = fc.oneof(
  fc.constantFrom(
    "",
    "atd",
    "/usr/bin/atd",
    fromBytes(Uint8Array.of(0x61, 0xff, 0xfe)),
    "\ud800",
    "\udfff\ud800",
    "名",
  ),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 }).map((units) => String.fromCharCode(...units)),
  fc.string({ minLength: 1000, maxLength: 5000 }),
);
const ts = fc.oneof(fc.nat(), fc.integer({ min: -1e12, max: 9e13 }), fc.double({ min: -1e9, max: 9e13, noNaN: true }));
const pid = fc.oneof(fc.nat({ max: 70_000 }), fc.maxSafeInteger());
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { nil: null });
const bits = fc.constantFrom<32 | 64>(32, 64);

const anyEvent: fc.Arbitrary<ProcessEvent> = fc.oneof(
  fc.record({
    type: fc.constant("fork" as const),
    ts,
    pid,
    comm: anyText,
    child: maybe(pid),
    childClaim: maybe(pid),
    thread: fc.boolean(),
  }),
  fc.record({
    type: fc.constant("exec" as const),
    ts,
    pid,
    ppid: maybe(pid),
    comm: anyText,
    exe: anyText,
    argv: maybe(fc.array(anyText, { maxLength: 40 })),
    error: fc.integer({ min: -4095, max: 0 }),
  }),
  fc.record({
    type: fc.constant("exit" as const),
    ts,
    pid,
    comm: anyText,
    code: maybe(fc.nat(255)),
    signal: maybe(fc.nat(64)),
    thread: fc.boolean(),
  }),
  fc.record({
    type: fc.constant("exec" as const),
    ts,
    pid,
    ppid: fc.constant(null),
    comm: anyText,
    exe: anyText,
    argv: maybe(fc.array(anyText)),
    argvCut: fc.constant(true),
    error: fc.integer({ min: -4095, max: 0 }),
  }),
  fc.record({
    type: fc.constant("fork-failed" as const),
    ts,
    pid,
    comm: anyText,
    error: fc.integer({ min: -4095, max: -1 }),
  }),
  fc.record({
    type: fc.constant("child-signal" as const),
    ts,
    pid,
    reaper: pid,
    reaperComm: anyText,
    code: fc.integer({ min: -6, max: 6 }),
  }),
  fc
    .record({
      type: fc.constant("seen" as const),
      ts,
      pid,
      ppid: maybe(pid),
      comm: anyText,
      exe: maybe(anyText),
      abi: maybe(fc.record({ machine: anyText, bits })),
    })
    .chain((event) =>
      fc
        .option(fc.array(pid, { maxLength: 3000 }), { nil: null })
        .map((t) => (t === null ? event : { ...event, threads: t })),
    )
    .chain((event) =>
      fc
        .option(
          fc.record(
            { mountNamespace: maybe(anyText), root: maybe(anyText), rootMount: maybe(anyText) },
            { requiredKeys: [] },
          ),
          { nil: {} },
        )
        .map((place) => ({ ...event, ...place })),
    ),
  fc.record({
    type: fc.constant("image" as const),
    ts,
    pid,
    comm: anyText,
    exe: anyText,
    mountNamespace: maybe(anyText),
    bits: maybe(bits),
  }),
  fc.record(
    {
      type: fc.constant("image" as const),
      ts,
      pid,
      comm: anyText,
      exe: anyText,
      mountNamespace: maybe(anyText),
      bits: maybe(bits),
      root: anyText,
      rootMount: maybe(anyText),
      cgroup: maybe(anyText),
    },
    { requiredKeys: ["type", "ts", "pid", "comm", "exe", "mountNamespace", "bits"] },
  ),
  fc.record({
    type: fc.constant("service" as const),
    ts,
    unit: anyText,
    action: fc.constantFrom("start" as const, "stop" as const),
    ok: fc.boolean(),
  }),
);

async function readBack(): Promise<{ events: ProcessEvent[]; read: EventsRead }> {
  const events: ProcessEvent[] = [];
  const fd = openSync(path, "r");
  try {
    const read = await readEvents(fd, (event) => void events.push(event));
    return { events, read };
  } finally {
    closeSync(fd);
  }
}

function write(
  events: readonly ProcessEvent[],
  limit?: number,
): ReturnType<EventFile["end"]> & { failure: string | null } {
  const file = new EventFile(openSync(path, "w"), limit);
  for (const event of events) file.add(event);
  return { ...file.end(), failure: file.failure };
}

function storm(generations: number): ProcessEvent[] {
  const stream = new Stream();
  stream.seen(1000, 1, "/usr/bin/atd");
  stream.chain(1000, generations, 100);
  return stream.events;
}

describe("events of a case", () => {
  it("come back exactly, whatever they hold", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyEvent, { maxLength: 60 }), async (events) => {
        expect(write(events)).toMatchObject({ kept: events.length, dropped: 0, failure: null });
        const back = await readBack();
        // fast-check makes objects without a prototype.
        expect(back.events).toStrictEqual(structuredClone(events));
        expect(back.read).toEqual({ events: events.length, lastTs: events.at(-1)?.ts ?? 0, damage: null });
      }),
      { numRuns: 200 },
    );
  });

  it("come back where more different texts go by than are kept in memory", async () => {
    const events = Array.from({ length: 150_000 }, (_, i): ProcessEvent => {
      return {
        type: "exec",
        ts: i,
        pid: i,
        ppid: null,
        comm: `c${i}`,
        exe: `/bin/${i % 70_000}`,
        argv: null,
        error: 0,
      };
    });
    const long = "x".repeat(1 << 20);
    for (let i = 0; i < 9; i++) events.push({ type: "service", ts: 2e5, unit: long + i, action: "stop", ok: true });
    write(events);
    expect((await readBack()).events).toStrictEqual(events);
  });

  it("take a few bytes each", () => {
    const events = storm(50_000);
    expect(write(events).size / events.length).toBeLessThan(8);
  });

  it("end at the limit of the file, and those that follow are counted", async () => {
    const events = storm(50_000);
    const written = write(events, 100_000);
    expect(written.size).toBeLessThanOrEqual(100_000);
    expect(written.kept).toBeGreaterThan(0);
    expect(written.kept + written.dropped).toBe(events.length);
    expect(written.failure).toContain("100000 bytes");
    expect((await readBack()).events).toStrictEqual(events.slice(0, written.kept));
  });

  it("tell where a torn file ends, and give what came before", async () => {
    const events = storm(20_000);
    write(events);
    const whole = readFileSync(path);
    for (const share of [0, 0.01, 0.3, 0.6, 0.99]) {
      writeFileSync(path, whole.subarray(0, Math.floor(whole.length * share)));
      const back = await readBack();
      expect(back.read.damage).not.toBeNull();
      expect(back.events).toStrictEqual(events.slice(0, back.read.events));
    }
  });

  it("are damage or events, never an exception, whatever the bytes", async () => {
    write(storm(300));
    const whole = readFileSync(path);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), async (at, value) => {
        const bytes = Buffer.from(whole);
        bytes[at] = value;
        writeFileSync(path, bytes);
        await readBack();
      }),
      { numRuns: 300 },
    );
    const encoder = new EventEncoder();
    for (const event of storm(50)) encoder.add(event);
    const block = Buffer.from(encoder.take());
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(block.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        (changes) => {
          const bytes = Buffer.from(block);
          for (const [at, value] of changes) bytes[at] = value;
          try {
            new EventDecoder((event) => expect(Number.isFinite(event.ts)).toBe(true)).block(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(DamagedEvents);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
