import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { forkstatFormat } from "../../../src/formats/forkstat/index.ts";
import { recognise } from "../../../src/formats/index.ts";
import { readFormat, soundness, wordsOf, type FormatRead } from "./read-format.ts";

function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../fixtures/forkstat/${name}`, import.meta.url));
}

async function read(input: string | Uint8Array): Promise<FormatRead> {
  const whole = await readFormat(forkstatFormat, input);
  expect(soundness(whole)).toEqual([]);
  return whole;
}

test("the tree, the ends and the names of a real chain", async () => {
  const { events, reading } = await read(fixture("plain"));
  const words = wordsOf(events);
  for (let pid = 26_394; pid < 26_399; pid++)
    expect(words).toEqual(expect.arrayContaining([`${pid} fork ${pid + 1}`, `${pid} exit 0`]));
  expect(words).toEqual(expect.arrayContaining(["26393 fork 26394", "26394 exec (chain)", "26393 exec (reaper)"]));
  expect(words).toEqual(expect.arrayContaining(["26478 exec (sh)", "26478 killed 9", "26479 exit 7"]));
  expect(events.find((event) => event.type === "fork" && event.child === 26_395)).toMatchObject({ comm: "chain" });
  expect(reading).toMatchObject({ stampNs: 1e9, ledger: { skipped: 0, lost: 0 }, originEpochMs: null });
  for (const question of ["programs", "argv", "reaper", "cpu"] as const)
    expect(reading.tells[question]).toMatchObject({ code: expect.stringMatching(/^forkstat\./) as string });
  expect(reading.tells).toMatchObject({ lineage: true, exitStatus: true, lifetimes: true });
});

test.each(["x", "g", "X", "s", "c", "S"])("the same with -%s", async (name) => {
  expect(recognise(fixture(name))?.id).toBe("forkstat");
  const { events, reading } = await read(fixture(name));
  const words = wordsOf(events);
  expect(reading.ledger.skipped).toBe(0);
  expect(words.filter((word) => word.endsWith(" exec (chain)"))).toHaveLength(1);
  const first = words.find((word) => word.endsWith(" exec (chain)"));
  const pid = Number(first?.split(" ")[0]);
  expect(words.filter((word) => word.includes(" fork ")).length).toBeGreaterThanOrEqual(6);
  expect(words).toContain(`${pid} exit 0`);
  // Short names do not tell which shell it was, so its lines are not in those files.
  if (name !== "s" && name !== "c") expect(words.some((word) => word.endsWith("killed 9"))).toBe(true);
});

test("a parent that has ended is printed as whoever inherits: the child's name and number tell who forked it", async () => {
  const { events, reading } = await read(
    [
      "Time     Event   PID Info   Duration Process",
      "12:00:00 fork     70 parent          /bin/chain",
      "12:00:00 fork     71 child           /bin/chain",
      // 71 forks 72 and is gone when forkstat looks.
      "12:00:00 fork      9 parent          /sbin/reaper",
      "12:00:00 fork     72 child           /bin/chain",
      "12:00:00 exit     71      0   0.001s /bin/chain",
      "12:00:00 exit     72      0   0.001s /bin/chain",
      // A shell runs one program twice, which has executed when forkstat looks.
      "12:00:01 fork     50 parent          sh",
      "12:00:01 fork     80 child           true",
      "12:00:01 exec     80                 true",
      "12:00:01 exit     80      0   0.001s true",
      "12:00:01 fork     50 parent          sh",
      "12:00:01 fork     81 child           true",
      "12:00:01 exec     81                 true",
      "12:00:01 exit     81      0   0.001s true",
    ].join("\n"),
  );
  expect(wordsOf(events).filter((word) => word.includes(" fork "))).toEqual([
    "70 fork 71",
    "71 fork 72?",
    "50 fork 80",
    "50 fork 81",
  ]);
  expect(events.filter((event) => event.type === "fork" && event.inferred === true)).toHaveLength(1);
  expect(events.every((event, at) => at === 0 || event.ts >= (events[at - 1]?.ts ?? 0))).toBe(true);
  expect(reading.ledger.note).toContain("of 1 forks it printed the process that inherits");
});

test("threads, ends without a name, losses, midnight", async () => {
  const { events, reading } = await read(
    [
      "Time     Event   PID Info   Duration Process",
      "23:59:59 clone     7 parent          a b",
      "23:59:59 clone     8 thread          a b",
      "23:59:59 exit      8      0   0.001s a b",
      "--:--:-- recv ----- nobufs          (No buffer space available)",
      "00:00:01 exit      7    256  unknown <unknown>",
      "00:00:01 comm      7                 a -> b",
      "00:00:01 nonsense",
    ].join("\n"),
  );
  expect(wordsOf(events)).toEqual(["7 thread 8", "8 exit 0 thread", "7 exit 1"]);
  expect(events.at(-1)?.ts).toBe(2e9);
  expect(reading.ledger).toMatchObject({ lost: null, skipped: 1 });
  expect(reading.gaps).toMatchObject([{ code: "forkstat.nameless", args: { lines: 1 } }]);
});

test("a name that looks like columns stays a name", async () => {
  const { events } = await read(
    [
      "10:00:00 fork      7 parent          parent 12 child",
      "10:00:00 fork      8 child           parent 12 child",
      "10:00:00 exit      8      9   0.001s    256   0.5s x ",
    ].join("\n"),
  );
  expect(wordsOf(events)).toEqual(["7 fork 8", "8 killed 9"]);
});

describe("whatever it holds", () => {
  const lines = ["plain", "x", "X", "S"].flatMap((name) => fixture(name).toString("latin1").split("\n"));
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
          const whole = await readFormat(forkstatFormat, bytes);
          expect(soundness(whole)).toEqual([]);
          expect(await readFormat(forkstatFormat, bytes, size)).toEqual(whole);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("cut at every byte, by seven bytes, with CRLF: complete lines all count", async () => {
    const text = fixture("plain").toString("latin1");
    const whole = await readFormat(forkstatFormat, Buffer.from(text, "latin1"));
    expect(await readFormat(forkstatFormat, Buffer.from(text, "latin1"), 7)).toEqual(whole);
    const crlf = await readFormat(forkstatFormat, Buffer.from(text.replaceAll("\n", "\r\n"), "latin1"));
    expect(crlf.events).toEqual(whole.events);
    for (let at = 0; at < text.length; at++)
      expect(soundness(await readFormat(forkstatFormat, Buffer.from(text.slice(0, at), "latin1")))).toEqual([]);
  });
});
