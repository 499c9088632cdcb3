import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { atopFormat } from "../../../src/formats/atop/index.ts";
import { readFormat, soundness, wordsOf, type FormatRead } from "./read-format.ts";

function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../fixtures/atop/${name}`, import.meta.url));
}

async function read(input: string | Uint8Array): Promise<FormatRead> {
  const whole = await readFormat(atopFormat, input);
  expect(soundness(whole)).toEqual([]);
  return whole;
}

function namesOfEnds({ events }: FormatRead): string[] {
  return events.flatMap((event) => (event.type === "exit" ? [event.comm] : [])).sort();
}

test.each(["plain", "underscores"])("%s: those that ended, how, and under whom", async (name) => {
  const whole = await read(fixture(name));
  const { events, reading } = whole;
  expect(reading.ledger).toMatchObject({ skipped: 0, lost: null });
  expect(reading.hosts).toEqual(["host-1"]);
  expect(namesOfEnds(whole).filter((comm) => comm === "wf-worker")).toHaveLength(12);
  expect(namesOfEnds(whole)).toContain(name === "plain" ? "a program" : "a_program");
  const words = wordsOf(events);
  expect(words.filter((word) => word.endsWith(" exit 3"))).toHaveLength(13);
  expect(words.filter((word) => word.endsWith(" killed 9"))).toHaveLength(1);
  const [supervisor] = events.flatMap((event) =>
    event.type === "exit" && event.comm === "wf-superd" ? [event.pid] : [],
  );
  expect(words.filter((word) => word.startsWith(`${supervisor} < `))).toHaveLength(12);
  expect(reading).toMatchObject({ stampNs: 1e9, gaps: [] });
  expect(reading.tells).toMatchObject({
    reaper: true,
    exitStatus: true,
    lineage: { code: "atop.parent-at-end" },
    cpu: { code: "atop.cpu-in-ticks", args: { ended: namesOfEnds(whole).length } },
  });
});

test("the epoch of the first interval is time 0", async () => {
  const { reading } = await read(fixture("plain"));
  expect(reading.originEpochMs).toBe(1_795_973_351_000);
  expect(reading.seconds).toBeGreaterThanOrEqual(3);
});

describe("lines", () => {
  const head = (epoch: number, host = "h") => `${host} ${epoch} 2026/11/29 17:00:00 10`;
  const ended = (pid: number, name: string, begun: number, code = 0, line = "()") =>
    `${pid} ${name} E 0 0 ${pid} 1 ${code} ${begun} ${line} 77 0 0 0 0 0 0 0 0 0 250 y 0 0 - N ()`;

  test("ends of an interval are put in order, none before it or behind it", async () => {
    const { events } = await read(
      [
        `PRG ${head(1000)} ${ended(5, "(b)", 996)}`,
        `PRG ${head(1000)} ${ended(6, "(a)", 991)}`,
        "SEP",
        `PRG ${head(1010)} ${ended(7, "(c)", 5)}`,
        `PRG ${head(1010)} ${ended(8, "(d)", 4_000_000_000)}`,
        "SEP",
        "",
      ].join("\n"),
    );
    expect(wordsOf(events)).toEqual([
      "6 exit 0",
      "77 < 6 1",
      "5 exit 0",
      "77 < 5 1",
      "7 exit 0",
      "77 < 7 1",
      "8 exit 0",
      "77 < 8 1",
    ]);
    expect(events.at(-1)?.ts).toBeGreaterThanOrEqual(10e9);
  });

  test("names and command lines that look like fields stay what they are", async () => {
    const { events } = await read(
      `PRG ${head(1000)} ${ended(5, "(a) S 0 0)", 996, 265, "(x) 1 0 0 0 0 0 0 0 0 0 9 y 0)")}\n`,
    );
    expect(events).toMatchObject([
      { type: "exit", comm: "a) S 0 0", signal: 9 },
      { type: "child-signal", reaper: 77 },
    ]);
  });

  test("PRC alone: that they ended, and no more", async () => {
    const { events, reading } = await read(`PRC ${head(1000)} 5 (a) E 100 3 4 0 0 0 0 -1 0 5 y 0 () 0 -3 -3\nSEP\n`);
    expect(events).toMatchObject([{ type: "exit", pid: 5, code: null, signal: null }]);
    expect(reading.tells).toMatchObject({
      reaper: { code: "atop.no-prg" },
      cpu: { args: { ended: 1, without: 0, ticks: 7 } },
    });
  });

  test("two hosts: each has its own processes", async () => {
    const { events, reading } = await read(
      `PRG ${head(1000, "a")} ${ended(5, "(x)", 999)}\nPRG ${head(1000, "b")} ${ended(5, "(y)", 999)}\nSEP\n`,
    );
    expect(reading.hosts).toEqual(["a", "b"]);
    expect(events.filter((event) => event.type === "exit")).toHaveLength(2);
  });

  test("where nobody ended, that is said", async () => {
    const { reading } = await read(
      `PRG ${head(1000)} 5 (a) S 0 0 5 1 0 900 (a) 1 0 1 0 0 0 0 0 0 0 0 y 0 0 - - ()\nSEP\n`,
    );
    expect(reading.gaps).toMatchObject([{ code: "atop.living-only" }]);
    expect(reading.tells.exitStatus).toMatchObject({ code: "atop.no-ends" });
  });
});

describe("whatever it holds", () => {
  const lines = ["plain", "underscores"].flatMap((name) => fixture(name).toString("latin1").split("\n"));
  const real = fc.constantFrom(...lines);
  const damaged = fc
    .tuple(real, fc.nat(120), fc.nat(30), fc.string({ unit: "binary", maxLength: 6 }))
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
          const whole = await readFormat(atopFormat, bytes);
          expect(soundness(whole)).toEqual([]);
          expect(await readFormat(atopFormat, bytes, size)).toEqual(whole);
        },
      ),
      { numRuns: 300 },
    );
  });
});
