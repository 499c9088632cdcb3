import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAddress } from "../../../src/formats/audit/events/sockaddr.ts";
import { AuditReader } from "../../../src/formats/audit/reader.ts";
import { eventsOf, readEvents } from "./audit-event-lines.ts";
import { readAudit, SAMPLE } from "./audit-lines.ts";

const FIXTURES = ["storm-by-32-bit-and-more.interpreted.txt", "one-of-each.log"].map((name) =>
  readFileSync(new URL(`../../fixtures/audit/${name}`, import.meta.url)),
);
const LINES = [SAMPLE, ...FIXTURES].flatMap((bytes) => bytes.toString("latin1").split("\n").slice(0, -1));
const real = fc.constantFrom(...LINES);
const damaged = fc
  .tuple(real, fc.nat(300), fc.nat(300), fc.string({ unit: "binary", maxLength: 6 }))
  .map(([line, at, cut, put]) => line.slice(0, at) + put + line.slice(at + (cut % 9)));
const line = fc.oneof(
  { weight: 4, arbitrary: real },
  { weight: 4, arbitrary: damaged },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "{}",
      '{"MESSAGE":[1,2,300,"x"]}',
      '{"MESSAGE":"type=SYSCALL msg=audit(1.000:1): a","_AUDIT_ID":["1"],"_AUDIT_TYPE":null}',
      "type=EXECVE msg=audit(13/13/13 99:00:00.000:1) : argc=99999999 a0=",
      "type=X msg=audit(1.000:1): msg='",
      'type=X msg=audit(1.000:1): a="',
      "type=X msg=audit(1.000:1): =====",
      "----",
    ),
  },
);

describe("whatever a log of events holds", () => {
  it("never throws; read = parsed + skipped; every record is in one event; pieces of any size give the same", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), fc.integer({ min: 1, max: 300 }), (lines, size) => {
        const bytes = Buffer.from(lines.join("\n"), "latin1");
        const whole = readEvents(bytes);
        const { counts, events } = whole;
        expect(counts.read).toBe(counts.parsed + counts.skipped);
        const count = bytes.toString("latin1").split("\n").length - (bytes.length === 0 || bytes.at(-1) === 10 ? 1 : 0);
        expect(counts.read + counts.blank).toBe(count);
        expect(events.reduce((sum, event) => sum + event.records.length, 0)).toBeLessThanOrEqual(counts.parsed);
        expect(readEvents(bytes, { size })).toEqual(whole);
        // Both readers agree about what is a record.
        expect(readAudit(bytes).lines).toMatchObject({ read: counts.read, blank: counts.blank });
        for (const event of events) expect(() => JSON.stringify(event)).not.toThrow();
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ["the real sample", SAMPLE],
    ["text of ausearch", FIXTURES[0] as Buffer],
    ["one of each", FIXTURES[1] as Buffer],
  ])("%s, cut at every byte: never throws, and what came before the last line stays", (_, bytes) => {
    const beginning = bytes.subarray(0, 2500);
    const whole = eventsOf(beginning).length;
    for (let at = 0; at < beginning.length; at++) {
      const { counts, events } = readEvents(beginning.subarray(0, at));
      expect(counts.read).toBe(counts.parsed + counts.skipped);
      expect(events.length).toBeLessThanOrEqual(whole);
      readAudit(beginning.subarray(0, at));
    }
  });

  it.each([
    ["the real sample", SAMPLE],
    ["text of ausearch", FIXTURES[0] as Buffer],
    ["one of each", FIXTURES[1] as Buffer],
  ])("%s: pieces of 7 bytes, CRLF and NULs between lines change nothing", (_, bytes) => {
    const whole = readEvents(bytes);
    expect(readEvents(bytes, { size: 7 })).toEqual(whole);
    const text = bytes.toString("latin1");
    expect(eventsOf(Buffer.from(text.replaceAll("\n", "\r\n"), "latin1"))).toEqual(whole.events);
    const withZeros = readEvents(Buffer.from(text.replaceAll("\n", "\n\0\0"), "latin1"));
    expect(withZeros.events).toEqual(whole.events);
    expect(readAudit(bytes, 7)).toEqual(readAudit(bytes));
  });

  it("lines in another order give the same events", () => {
    const lines = SAMPLE.toString("latin1").split("\n").slice(0, -1);
    const facts = (text: string): unknown[] =>
      eventsOf(Buffer.from(text, "latin1"))
        .map((event) => ({ ...event, line: 0 }))
        .toSorted((a, b) => a.ms - b.ms || a.serial - b.serial);
    const expected = facts(lines.join("\n"));
    fc.assert(
      fc.property(fc.shuffledSubarray(lines, { minLength: lines.length, maxLength: lines.length }), (mixed) => {
        expect(facts(mixed.join("\n"))).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it("a line of 100 MB is skipped, whole and by pieces, and the rest is read", () => {
    const piece = Buffer.alloc(1 << 20, 0x78);
    const reader = new AuditReader(() => () => undefined);
    reader.push(SAMPLE, "x");
    for (let i = 0; i < 100; i++) reader.push(piece, "x");
    reader.push(Buffer.from("\n"), "x");
    reader.push(SAMPLE, "x");
    expect(reader.end().ledger).toMatchObject({ skipped: 1, examples: [{ why: "a line of more than 1 MiB" }] });
    const long = Buffer.concat([
      Buffer.from("type=X msg=audit(1.000:1): "),
      Buffer.alloc(100 << 20, 0x78),
      Buffer.from("\n"),
    ]);
    expect(readEvents(Buffer.concat([long, SAMPLE]), { size: 1 << 24 }).counts).toMatchObject({ skipped: 1 });
  });

  it("any bytes are an address or the beginning of one", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 130 }), (bytes) => {
        expect(readAddress(bytes)).toHaveProperty("family");
      }),
    );
  });
});
