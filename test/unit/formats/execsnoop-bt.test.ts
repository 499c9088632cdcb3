import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { execsnoopBtFormat } from "../../../src/formats/execsnoop-bt/index.ts";
import { readFormat, soundness, wordsOf, type FormatRead } from "./read-format.ts";

function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../fixtures/execsnoop-bt/${name}`, import.meta.url));
}

async function read(input: string | Uint8Array): Promise<FormatRead> {
  const whole = await readFormat(execsnoopBtFormat, input);
  expect(soundness(whole)).toEqual([]);
  return whole;
}

test.each(["plain", "with-parents"])("%s: programs by argument 0, searches of PATH once", async (name) => {
  const { events, reading } = await read(fixture(name));
  expect(reading.ledger).toMatchObject({ skipped: 0, lost: null });
  const words = wordsOf(events).map((word) => word.replace(/^\d+ /, ""));
  expect(words).toEqual([
    "exec (sh)",
    "exec (wf-superd)",
    ...Array.from({ length: 12 }, () => "exec (wf-worker)"),
    "exec (sh)",
    "exec (date)",
    "exec (env)",
    // Three folders of PATH before it was found in the fourth.
    "exec (true)",
    "exec (sh)",
    "exec (a)",
    "exec (echo)",
    "exec (sh)",
    "exec (python3)",
  ]);
  expect(reading.ledger.note).toContain("11 lines repeat an exec of the same process");
  expect(reading.tells).toMatchObject({
    programs: { code: "execsnoop.bt.no-files" },
    lineage: { code: name === "plain" ? "execsnoop.bt.no-parents" : "execsnoop.bt.no-forks" },
  });
  expect(reading.stampNs).toBe(name === "plain" ? 1e6 : 1000);
});

describe("lines", () => {
  const HEADER = "TIME(ms)   PID   ARGS";

  test("one process that executes the same again after a while does it again; others are others", async () => {
    const { events } = await read(
      [
        HEADER,
        "100        50    ./me",
        "100        51    ./me",
        "100        50    ./me",
        "900        50    ./me",
        "",
      ].join("\n"),
    );
    expect(wordsOf(events)).toEqual(["50 exec (me)", "51 exec (me)", "50 exec (me)"]);
  });

  test("a line printed into another: both execs count, the first without a name", async () => {
    const { events, reading } = await read(
      [HEADER, "100        50    100        60    /bin/true", "/bin/date", "101        61    -sh", ""].join("\n"),
    );
    expect(wordsOf(events)).toEqual(["50 exec ()", "60 exec (true)", "61 exec (sh)"]);
    expect(reading.ledger).toMatchObject({ skipped: 0 });
    expect(reading.ledger.note).toContain("1 lines were torn apart");
  });

  test("a line of nothing but such beginnings is no deep matter", async () => {
    const { events } = await read(`${HEADER}\n${"1          1     ".repeat(50_000)}x\n`);
    expect(events.length).toBeLessThan(10);
  });

  test("losses are counted, other text is not understood", async () => {
    const { reading } = await read(
      ["Attaching 2 probes...", HEADER, "1          50    a", "Lost 7 events", "2          51    b", "\u0001", ""].join(
        "\n",
      ),
    );
    expect(reading.ledger).toMatchObject({ lost: 7, skipped: 1, events: 2 });
  });
});

describe("whatever it holds", () => {
  const lines = ["plain", "with-parents"].flatMap((name) => fixture(name).toString("latin1").split("\n"));
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
          const whole = await readFormat(execsnoopBtFormat, bytes);
          expect(soundness(whole)).toEqual([]);
          expect(await readFormat(execsnoopBtFormat, bytes, size)).toEqual(whole);
        },
      ),
      { numRuns: 300 },
    );
  });
});
