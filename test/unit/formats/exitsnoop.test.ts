import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exitsnoopFormat } from "../../../src/formats/exitsnoop/index.ts";
import { readFormat, soundness, wordsOf, type FormatRead } from "./read-format.ts";

function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../fixtures/exitsnoop/${name}`, import.meta.url));
}

async function read(input: string | Uint8Array): Promise<FormatRead> {
  const whole = await readFormat(exitsnoopFormat, input);
  expect(soundness(whole)).toEqual([]);
  expect(whole.reading.ledger.skipped).toBe(0);
  return whole;
}

describe("libbpf-tools", () => {
  test("every end, its status, and who is handed the dead", async () => {
    const { events, reading } = await read(fixture("libbpf"));
    const workers = events.flatMap((event) => (event.type === "exit" && event.comm === "wf-worker" ? [event.pid] : []));
    expect(workers).toHaveLength(12);
    for (const pid of workers) expect(wordsOf(events)).toContain(`${pid} exit 3`);
    const reapers = events.flatMap((event) =>
      event.type === "child-signal" && workers.includes(event.pid) ? [event.reaper] : [],
    );
    expect(reapers).toHaveLength(12);
    expect(new Set(reapers).size).toBe(1);
    expect(wordsOf(events).some((word) => word.endsWith("killed 9"))).toBe(true);
    expect(reading.tells).toMatchObject({ reaper: true, exitStatus: true, lifetimes: { code: "exitsnoop.no-times" } });
    expect(reading).toMatchObject({ stampNs: null, gaps: [] });
  });

  test("-T -t: threads are threads; the clock stands in a column TIME(s)", async () => {
    const { events, reading } = await read(fixture("libbpf-threads"));
    expect(wordsOf(events)).toEqual(expect.arrayContaining(["27882 exit 0 thread", "27881 exit 0"]));
    expect(reading).toMatchObject({ stampNs: 1e9, seconds: expect.closeTo(1, 0) as number });
    expect(reading.tells.lifetimes).toBe(true);
  });
});

describe("bcc", () => {
  test("-t: milliseconds, signals, cores", async () => {
    const { events, reading } = await read(fixture("bcc-times"));
    expect(reading.stampNs).toBe(1e6);
    expect(wordsOf(events)).toEqual(
      expect.arrayContaining(["4100 killed 11", "4099 < 4100 3", "4099 < 4101 2", "4120 exit 3", "900 < 4120 1"]),
    );
  });

  test.each(["bcc-label", "bcc-threads"])("%s", async (name) => {
    const { events } = await read(fixture(name));
    expect(events.filter((event) => event.type === "exit" && event.comm === "wf-worker")).toHaveLength(10);
    expect(wordsOf(events)).toContain("4133 exit 0 thread");
  });
});

test("where no end is a clean one, -x may have hidden them", async () => {
  const { reading } = await read(
    "PCOMM            PID     PPID    TID     AGE(s)  EXIT_CODE\nsh               7       1       7       0.01    code 1\n",
  );
  expect(reading.gaps).toMatchObject([{ code: "exitsnoop.only-failures" }]);
});

describe("whatever it holds", () => {
  const names = ["libbpf", "libbpf-times", "libbpf-threads", "bcc-times", "bcc-label", "bcc-threads"];
  const lines = names.flatMap((name) => fixture(name).toString("latin1").split("\n"));
  const real = fc.constantFrom(...lines);
  const damaged = fc
    .tuple(real, fc.nat(90), fc.nat(30), fc.string({ unit: "binary", maxLength: 6 }))
    .map(([line, at, cut, put]) => line.slice(0, at) + put + line.slice(at + cut));
  const anything = fc.oneof(
    { weight: 5, arbitrary: real },
    { weight: 4, arbitrary: damaged },
    { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
  );

  test("never throws; read = parsed + skipped; pieces of any size give the same; times never go back", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anything, { maxLength: 60 }),
        fc.integer({ min: 1, max: 300 }),
        fc.constantFrom("\n", "\r\n"),
        async (some, size, end) => {
          const bytes = Buffer.from(some.join(end), "latin1");
          const whole = await readFormat(exitsnoopFormat, bytes);
          expect(soundness(whole)).toEqual([]);
          expect(await readFormat(exitsnoopFormat, bytes, size)).toEqual(whole);
        },
      ),
      { numRuns: 300 },
    );
  });
});
