import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { recognise } from "../../../src/formats/index.ts";
import { pidstatFormat } from "../../../src/formats/pidstat/index.ts";
import { readFormat, soundness, type FormatRead } from "./read-format.ts";

const NAMES = ["plain", "h-urdw", "threads", "epoch", "users", "children", "12h", "iso"];

function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../fixtures/pidstat/${name}`, import.meta.url));
}

async function read(input: string | Uint8Array): Promise<FormatRead> {
  const whole = await readFormat(pidstatFormat, input);
  expect(soundness(whole)).toEqual([]);
  return whole;
}

test.each(NAMES)("%s: every line is understood; it tells of the living, and of nothing else", async (name) => {
  expect(recognise(fixture(name))?.id).toBe("pidstat");
  const { events, reading } = await read(fixture(name));
  expect(reading.ledger).toMatchObject({ skipped: 0, lost: null });
  expect(events.length).toBeGreaterThan(0);
  expect(new Set(events.map(({ type }) => type))).toEqual(new Set(["seen"]));
  for (const answer of Object.values(reading.tells)) expect(answer).toMatchObject({ code: "pidstat.living-only" });
  expect(reading.stampNs).toBe(1e9);
});

test("-H gives the wall clock; an afternoon by twelve hours is one", async () => {
  expect((await read(fixture("epoch"))).reading.originEpochMs).toBeGreaterThan(1.7e12);
  const head = "Linux 6.1.0 (h) \t11/29/26 \t_x86_64_\t(2 CPU)\n\n";
  const { events, reading } = await read(
    `${head}11:59:59 AM   UID       PID    %usr   CPU  Command\n` +
      "11:59:59 AM     0         7   10.00     0  a b\n12:00:01 PM     0         8   20,00     0  c\n" +
      "Average:        0         7   10.00     -  a b\n",
  );
  expect(reading.ledger.skipped).toBe(0);
  expect(events.map((event) => [event.type === "seen" && event.comm, event.ts])).toEqual([
    ["a b", 0],
    ["c", 2e9],
  ]);
});

test("other programs of sysstat are not it", () => {
  const head = "Linux 6.1.0 (h) \t11/29/26 \t_x86_64_\t(2 CPU)\n\n";
  expect(recognise(Buffer.from(`${head}16:00:00     CPU    %usr\n16:00:01     all    1.00\n`))).toBeNull();
});

describe("whatever it holds", () => {
  const lines = NAMES.flatMap((name) => fixture(name).toString("latin1").split("\n"));
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
          const whole = await readFormat(pidstatFormat, bytes);
          expect(soundness(whole)).toEqual([]);
          expect(await readFormat(pidstatFormat, bytes, size)).toEqual(whole);
        },
      ),
      { numRuns: 300 },
    );
  });
});
