import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readRecords } from "../../../src/origin/logins/read.ts";
import { sessionsOf } from "../../../src/origin/logins/sessions.ts";
import { layoutOf, recordAt, UT, type Layout } from "../../../src/origin/logins/utmp.ts";
import { lastLogin, unitOf } from "../../../src/origin/sources/lastlog.ts";
import { Telling } from "../../../src/origin/told.ts";
import { COMPAT, utmpBytes, type MadeRecord } from "./utmp-bytes.ts";

const NOW = Date.UTC(2026, 10, 29);
const T = NOW / 1000 - 86_400;
const LAYOUTS: Layout[] = [
  COMPAT,
  { id: "wide", bigEndian: false, size: 400 },
  { id: "compat", bigEndian: true, size: 384 },
  { id: "wide", bigEndian: true, size: 400 },
];
const RECORDS: MadeRecord[] = [
  { type: UT.bootTime, line: "~", id: "~~", user: "reboot", host: "6.1.0", seconds: T },
  {
    type: UT.userProcess,
    pid: 812,
    line: "pts/0",
    id: "ts/0",
    user: "root",
    host: "203.0.113.7",
    seconds: T + 60,
    micros: 123_456,
    address: [203, 0, 113, 7],
  },
  { type: UT.deadProcess, pid: 812, line: "pts/0", seconds: T + 600 },
  { type: UT.userProcess, pid: 900, line: "tty1", user: "\u001b[31mx", seconds: T + 700 },
];

describe.each(LAYOUTS)("struct utmp, $id, big-endian: $bigEndian", (layout) => {
  const bytes = Buffer.concat(RECORDS.map((record) => utmpBytes(record, layout)));

  it("is told by what its records hold", () => {
    expect(layoutOf(bytes)).toEqual(layout);
    expect(recordAt(bytes, layout.size, layout)).toMatchObject({
      index: 1,
      type: 7,
      pid: 812,
      line: "pts/0",
      id: "ts/0",
      user: "root",
      host: "203.0.113.7",
      ms: (T + 60) * 1000 + 123.456,
      address: "203.0.113.7",
    });
  });

  it("gives the whole records of a file that is cut at any byte, and counts the rest", () => {
    for (let length = 0; length <= bytes.length; length++) {
      const telling = new Telling("wtmp", { now: NOW });
      const { records } = readRecords("/var/log/wtmp", bytes.subarray(0, length), 0, telling);
      const whole = Math.floor(length / layout.size);
      // Less than a record tells no layout.
      if (length < layout.size) expect(records.length).toBe(0);
      else expect(records.map(({ index }) => index)).toEqual(Array.from({ length: whole }, (_, at) => at));
      const rest = length % layout.size !== 0;
      if (length >= layout.size) expect(telling.ledger.skipped).toBe(rest ? 1 : 0);
      else expect(telling.ledger.skipped).toBeLessThanOrEqual(2);
    }
  });
});

describe("records of logins", () => {
  it("are never more than the bytes hold, whatever these are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        const telling = new Telling("wtmp", { now: NOW });
        const { records, zeroed } = readRecords("x", Buffer.from(bytes), 0, telling);
        expect(records.length + zeroed).toBeLessThanOrEqual(Math.floor(bytes.length / 384));
        for (const { ms } of records) expect(ms).toBeLessThanOrEqual(NOW + 86_400_000);
        telling.end();
      }),
    );
  });

  it("that were wiped are counted, and those of the future are no evidence", () => {
    const future = utmpBytes({ type: UT.userProcess, line: "pts/9", user: "later", seconds: T + 1_000_000_00 }, COMPAT);
    const made = RECORDS.map((record) => utmpBytes(record, COMPAT));
    const bytes = Buffer.concat([...made.slice(0, 2), Buffer.alloc(384), future, ...made.slice(2)]);
    const telling = new Telling("wtmp", { now: NOW });
    const { records, zeroed } = readRecords("/var/log/wtmp", bytes, 0, telling);
    expect(zeroed).toBe(1);
    expect(records.map(({ user }) => user)).not.toContain("later");
    expect(telling.end().signs).toMatchObject([{ code: "origin.records-of-the-future", args: { count: 1 } }]);
  });

  it("become sessions that a logout, a shutdown or a boot without one ends", () => {
    const at = (seconds: number, record: Partial<MadeRecord>): Buffer =>
      utmpBytes({ type: UT.userProcess, ...record, seconds: T + seconds }, COMPAT);
    const bytes = Buffer.concat([
      at(0, { line: "pts/0", user: "a" }),
      at(10, { type: UT.deadProcess, line: "pts/0" }),
      at(20, { line: "pts/1", user: "b" }),
      at(30, { type: UT.runLevel, line: "~", user: "shutdown" }),
      at(40, { line: "pts/2", user: "c" }),
      at(50, { type: UT.bootTime, line: "~", user: "reboot" }),
      at(60, { line: "pts/3", user: "d" }),
      at(70, { line: "pts/3", user: "e" }),
    ]);
    const { records } = readRecords("wtmp", bytes, 0, new Telling("wtmp", { now: NOW }));
    const { sessions, boots } = sessionsOf(records);
    const told = sessions.map(({ user, ended, to }) => [user, ended, to === null ? null : to / 1000 - T]);
    expect(told).toEqual([
      ["a", "logout", 10],
      ["b", "shutdown", 30],
      ["c", "crash", 50],
      ["d", "logout", 70],
      ["e", null, null],
    ]);
    expect(boots.length).toBe(1);
  });
});

describe("lastlog", () => {
  it("is read in both sizes, and at every length but the whole as nothing", () => {
    const narrow = Buffer.alloc(292);
    narrow.writeUInt32LE(T, 0);
    narrow.write("pts/0", 4);
    narrow.write("203.0.113.7", 36);
    const wide = Buffer.alloc(296);
    wide.writeBigInt64LE(BigInt(T), 0);
    wide.write("pts/0", 8);
    wide.write("203.0.113.7", 40);
    const expected = { ms: T * 1000, line: "pts/0", host: "203.0.113.7" };
    expect(lastLogin(narrow, 292)).toEqual(expected);
    expect(lastLogin(wide, 296)).toEqual(expected);
    expect([unitOf(292 * 3), unitOf(296 * 3), unitOf(1000)]).toEqual([292, 296, 292]);
  });
});
