import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { recognise } from "../../../src/formats/index.ts";
import { pacctFormat } from "../../../src/formats/pacct/index.ts";
import { comp2T, compT } from "../../../src/formats/pacct/numbers.ts";
import { createDerivation } from "../../../src/derive/index.ts";
import { detect } from "../../../src/detect/index.ts";
import { acctV2, acctV3, encodeComp, encodeComp2, pacctV2, SINCE, type Acct } from "../../support/pacct-bytes.ts";
import { readFormat, soundness, wordsOf, type FormatRead } from "./read-format.ts";

const FORK = 1;
const CORE = 0x18;

function file(...records: readonly Acct[]): Buffer {
  return Buffer.concat(records.map(acctV3));
}

async function read(bytes: Uint8Array): Promise<FormatRead> {
  const whole = await readFormat(pacctFormat, bytes);
  expect(soundness(whole)).toEqual([]);
  return whole;
}

function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../fixtures/pacct/${name}`, import.meta.url));
}

/** Kinds of storm that the detectors find in the events. */
function kinds({ events, reading }: FormatRead): string[] {
  const derivation = createDerivation();
  for (const event of events) derivation.onEvent(event);
  const known = { exitStatus: true as const, lineage: true, lifetimes: true, tickNs: 1e9 };
  return detect(derivation.finish(), known, reading.seconds).findings.map(({ kind }) => kind);
}

describe("numbers", () => {
  test("are as far from the kernel's as its encoding allows", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8191 * 8 ** 7 }), (value) => {
        expect(Math.abs(compT(encodeComp(value)) - value)).toBeLessThanOrEqual(value / 1024);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (value) => {
        expect(Math.abs(comp2T(encodeComp2(value)) - value)).toBeLessThanOrEqual(value / 2 ** 18);
      }),
    );
    for (const exact of [0, 1, 8191, 8192, 65_528]) expect(compT(encodeComp(exact))).toBe(exact);
    for (const exact of [0, 1, 524_287, 524_288, 1_048_575]) expect(comp2T(encodeComp2(exact))).toBe(exact);
  });
});

describe("what a record tells", () => {
  test("who started what, how it ended and who got to know", async () => {
    const { events, reading } = await read(
      file(
        { comm: "true", pid: 12, ppid: 10, ticks: 0 },
        { comm: "false", pid: 13, ppid: 10, ticks: 1, status: 1 << 8 },
        { comm: "sh", pid: 14, ppid: 10, flag: FORK, status: 7 << 8 },
        { comm: "crash", pid: 15, ppid: 10, flag: CORE, status: 139 },
        { comm: "sh", pid: 10, ppid: 0, ticks: 50 },
      ),
    );
    expect(wordsOf(events)).toEqual([
      "10 is sh",
      "10 fork 12",
      "12 exec (true)",
      "12 exit 0",
      "10 < 12 1",
      "10 fork 13",
      "13 exec (false)",
      "13 exit 1",
      "10 < 13 1",
      "10 fork 14",
      "14 exit 7",
      "10 < 14 1",
      "10 fork 15",
      "15 exec (crash)",
      "15 killed 11",
      "10 < 15 3",
      "10 exit 0",
    ]);
    expect(events.find(({ type }) => type === "child-signal")).toMatchObject({ reaperComm: "sh" });
    expect(reading).toMatchObject({ originEpochMs: SINCE * 1000, stampNs: 1e9, tells: { exitStatus: true } });
    expect(reading.tells.argv).toMatchObject({ code: "pacct.no-argv" });
    expect(reading.tells.programs).toMatchObject({ code: "pacct.no-files" });
    expect(reading.tells.cpu).toMatchObject({ code: "pacct.cpu-in-ticks" });
  });

  test("the other byte order is the same", async () => {
    const records = [1, 2, 3, 4].map((n) => ({
      comm: "x",
      pid: 300 + n,
      ppid: 7,
      ticks: n * 150,
      user: n,
      status: n << 8,
    }));
    const big = await read(file(...records.map((one) => ({ ...one, bigEndian: true }))));
    expect(big).toEqual(await read(file(...records)));
    expect(recognise(file({ bigEndian: true }))?.id).toBe("pacct");
  });

  test("a process that lived long began before what it started", async () => {
    const { events } = await read(
      file(
        ...Array.from({ length: 20 }, (_, n) => ({ comm: "true", pid: 20 + n, ppid: 10, began: SINCE + n })),
        { comm: "loop", pid: 10, ppid: 2, began: SINCE - 1, ticks: 2100 },
        { comm: "late", pid: 90, ppid: 2, began: SINCE + 30 },
      ),
    );
    const words = wordsOf(events);
    // It began before the first record was written.
    expect(words[0]).toBe("10 is loop");
    expect(words.indexOf("10 exit 0")).toBeGreaterThan(words.indexOf("10 fork 39"));
    const born = await read(
      file(
        { comm: "early", pid: 5, ppid: 2 },
        ...Array.from({ length: 20 }, (_, n) => ({ comm: "true", pid: 20 + n, ppid: 10, began: SINCE + 5 + n })),
        { comm: "loop", pid: 10, ppid: 2, began: SINCE + 5, ticks: 2000 },
      ),
    );
    expect(wordsOf(born.events).slice(4, 7)).toEqual(["2 fork 10", "10 exec (loop)", "10 fork 20"]);
  });
});

describe("who forked an orphan", () => {
  const chain = (count: number, more: Partial<Acct> = {}): Acct[] =>
    Array.from({ length: count }, (_, n) => ({
      comm: "atd",
      flag: n === 0 ? 0 : FORK,
      pid: 500 + n,
      began: SINCE + Math.floor(n / 200),
      ...more,
    }));

  test("is the one of its name that ended just before it", async () => {
    const whole = await read(file(...chain(600)));
    const { events, reading } = whole;
    expect(wordsOf(events).filter((word) => word.includes("fork"))).toEqual([
      "1 fork 500",
      ...Array.from({ length: 599 }, (_, n) => `${500 + n} fork ${501 + n}?`),
    ]);
    expect(reading.gaps?.map(({ code, args }) => ({ code, args }))).toEqual([
      { code: "pacct.orphans", args: { orphans: 599, inferred: 599 } },
    ]);
    expect(kinds(whole)).toEqual(["self-replicating-chain"]);
  });

  test("is nobody in particular where many of that name lived at a time", async () => {
    const whole = await read(file(...chain(300, { began: SINCE, ticks: 400 })));
    expect(wordsOf(whole.events).some((word) => word.endsWith("?"))).toBe(false);
    expect(kinds(whole)).toEqual([]);
  });

  test("are systemd and init themselves for what they could not execute", async () => {
    for (const comm of ["(atd)", "init", "systemd"]) {
      const whole = await read(file(...chain(300, { comm, flag: FORK, status: 203 << 8 })));
      expect(wordsOf(whole.events).some((word) => word.endsWith("?"))).toBe(false);
      expect(kinds(whole)).not.toContain("self-replicating-chain");
    }
  });

  test("is its parent when that lived on, as that one's own record tells", async () => {
    const shell = { comm: "sh", pid: 9, ppid: 1, ticks: 100, began: SINCE };
    const subshells = Array.from({ length: 60 }, (_, n) => ({ comm: "sh", pid: 10 + n, ppid: 9, flag: FORK }));
    const whole = await read(file(...subshells, shell));
    expect(wordsOf(whole.events)).toContain("9 fork 69");
    expect(kinds(whole)).not.toContain("self-replicating-chain");
  });
});

describe("version 2", () => {
  test("tells that processes end and how, and not who starts them", async () => {
    const { events, reading } = await read(pacctV2());
    expect(wordsOf(events.filter(({ type }) => type === "exit"))).toEqual([
      "-1 exit 0",
      "-2 exit 1",
      "-3 exit 7",
      "-4 killed 9",
      "-5 killed 11",
    ]);
    expect(reading.tells.lineage).toMatchObject({ code: "pacct.v2-lineage" });
    expect(reading.tells.reaper).toMatchObject({ code: "pacct.v2-reaper" });
    expect(recognise(pacctV2())?.id).toBe("pacct");
  });

  test("between records of version 3 is not mixed with them", async () => {
    const { events, reading } = await read(Buffer.concat([acctV2({}), file({ pid: 7 }, { pid: 8 })]));
    expect(events.filter(({ type }) => type === "exit")).toHaveLength(2);
    expect(reading.ledger.note).toContain("version 2");
  });
});

describe("real files", () => {
  test("a chain under real sysvinit", async () => {
    const whole = await read(fixture("chain"));
    expect(recognise(fixture("chain"))?.id).toBe("pacct");
    expect(kinds(whole)).toEqual(["self-replicating-chain"]);
    expect(whole.reading.remarks[0]?.args).toMatchObject({ read: 300, skipped: 0, version: 3 });
  });

  test("a fork bomb, of which records do not tell who forked whom", async () => {
    const whole = await read(fixture("fork-bomb"));
    expect(kinds(whole)).toEqual([]);
    expect(whole.reading.gaps?.[0]).toMatchObject({ code: "pacct.orphans", args: { inferred: 0 } });
  });
});

describe("whatever a file holds", () => {
  const comm = fc.oneof(
    fc.constantFrom("atd", "a b", "x->y", "12 34", "\n", "(sd", "\u001b[2J", "ü"),
    fc.uint8Array({ maxLength: 15 }).map((bytes) => bytes.filter((byte) => byte !== 0)),
  );
  const acct: fc.Arbitrary<Acct> = fc.record({
    comm,
    flag: fc.integer({ min: 0, max: 0x3f }),
    status: fc.integer({ min: 0, max: 0xffff }),
    pid: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 1 << 22 })),
    ppid: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 1 << 22 })),
    began: fc.oneof(fc.integer({ min: SINCE, max: SINCE + 3 }), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
    ticks: fc.oneof(fc.integer({ min: 0, max: 500 }), fc.float({ min: 0, noNaN: true, noDefaultInfinity: true })),
    user: fc.nat(1e6),
    system: fc.nat(1e6),
  });
  const junk = fc.uint8Array({ maxLength: 150 });

  test("never throws; the account agrees; times never go back; every sound record has one end", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ weight: 8, arbitrary: acct }, { weight: 1, arbitrary: junk })),
        async (parts) => {
          const bytes = Buffer.concat(parts.map((part) => (part instanceof Uint8Array ? part : acctV3(part))));
          const whole = await read(bytes);
          const parsed = Number(whole.reading.remarks[0]?.args["parsed"]);
          expect(whole.events.filter(({ type }) => type === "exit")).toHaveLength(parsed);
          if (parts.every((part) => !(part instanceof Uint8Array))) expect(parsed).toBe(parts.length);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("cut at every byte: whole records count, the rest is told", async () => {
    const bytes = file({ comm: "a", pid: 5 }, { comm: "b", pid: 6 }, { comm: "c", pid: 7 });
    for (let at = 0; at <= bytes.length; at++) {
      const { reading } = await read(bytes.subarray(0, at));
      expect(reading.remarks[0]?.args).toMatchObject({ parsed: Math.floor(at / 64), skipped: at % 64 === 0 ? 0 : 1 });
    }
  });

  test("a record that was written in part does not take the others with it", async () => {
    const whole = file(...Array.from({ length: 20 }, (_, n) => ({ pid: 50 + n })));
    for (const at of [1, 7, 63]) {
      const bytes = Buffer.concat([whole.subarray(0, 5 * 64 + at), whole.subarray(6 * 64)]);
      const { reading } = await read(bytes);
      expect(reading.remarks[0]?.args).toMatchObject({ parsed: 19, skipped: 1 });
    }
  });

  test("a clock that is set back costs nothing but its own seconds", async () => {
    const { reading, events } = await read(
      file(...Array.from({ length: 40 }, (_, n) => ({ pid: 50 + n, began: SINCE + n - (n > 20 ? 3600 : 0) }))),
    );
    expect(reading.seconds).toBeLessThan(41);
    expect(reading.ledger.note).toContain("the clock was set back by 3599 s");
    expect(events.filter(({ type }) => type === "exit")).toHaveLength(40);
  });

  test("a hundred thousand ends within one second, all of one parent", async () => {
    const one = acctV3({ comm: "x", pid: 77, ppid: 3 });
    const bytes = Buffer.alloc(64 * 100_000);
    for (let at = 0; at < bytes.length; at += 64) one.copy(bytes, at);
    const { reading } = await read(bytes);
    expect(reading.remarks[0]?.args).toMatchObject({ parsed: 100_000 });
  });
});
