import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromBytes } from "../../../src/model/text.ts";
import { AuditReader } from "../../../src/formats/audit/reader.ts";
import { newHeader, readStamp } from "../../../src/formats/audit/record-header.ts";
import { SyscallReader } from "../../../src/formats/audit/syscall-record.ts";
import { ofType, readAudit, record, SAMPLE, syscall } from "./audit-lines.ts";

const LINES = SAMPLE.toString("latin1").split("\n").slice(0, -1);
const real = fc.constantFrom(...LINES);
const damaged = fc
  .tuple(real, fc.nat(300), fc.nat(300), fc.string({ unit: "binary", maxLength: 6 }))
  .map(([line, at, cut, put]) => line.slice(0, at) + put + line.slice(at + (cut % 9)));
const anything = fc.oneof(
  { weight: 4, arbitrary: real },
  { weight: 4, arbitrary: damaged },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "",
      "\0",
      "#",
      "type=",
      "node=",
      "node= type=SYSCALL",
      "type=SYSCALL msg=audit(1.000:1):",
      "audit(",
    ),
  },
);

/** As the kernel writes a value of an encoded field (audit_log_n_untrustedstring). */
function kernelEncoded(bytes: Uint8Array): string {
  const plain = bytes.every((byte) => byte !== 0x22 && byte >= 0x21 && byte <= 0x7e);
  return plain ? `"${Buffer.from(bytes).toString("latin1")}"` : Buffer.from(bytes).toString("hex").toUpperCase();
}

describe("whatever the log holds", () => {
  it("never throws; read = parsed + skipped; pieces of any size give the same; times never go back", () => {
    fc.assert(
      fc.property(
        fc.array(anything, { maxLength: 40 }),
        fc.integer({ min: 1, max: 500 }),
        fc.boolean(),
        (lines, size, last) => {
          const bytes = Buffer.from(lines.join("\n") + (last ? "\n" : ""), "latin1");
          const whole = readAudit(bytes);
          expect(whole.lines.read).toBe(whole.lines.parsed + whole.lines.skipped);
          const count =
            bytes.toString("latin1").split("\n").length - (bytes.length === 0 || bytes.at(-1) === 10 ? 1 : 0);
          expect(whole.lines.read + whole.lines.blank).toBe(count);
          expect(whole.reading.ledger.skipped).toBe(whole.lines.skipped);
          expect(whole.reading.ledger.examples.length).toBe(Math.min(3, whole.lines.skipped));
          expect(whole.reading.ledger.events).toBe(whole.events.length);
          expect(readAudit(bytes, size)).toEqual(whole);
          const times = whole.events.map((event) => event.ts);
          expect(times).toEqual(times.toSorted((a, b) => a - b));
          expect(times.every((time) => Number.isFinite(time) && time >= 0)).toBe(true);
        },
      ),
      { numRuns: 400 },
    );
  });

  it("any name and any arguments come back as they were", () => {
    const bytes = fc.uint8Array({ min: 1, minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(
        bytes,
        bytes,
        fc.array(fc.uint8Array({ min: 1, maxLength: 60 }), { minLength: 1, maxLength: 12 }),
        (comm, exe, args) => {
          const text =
            syscall({
              nr: 59,
              success: "yes exit=0",
              items: 2,
              serial: 7,
              comm: kernelEncoded(comm),
              exe: kernelEncoded(exe),
            }) +
            record("EXECVE", 7, `argc=${args.length} ${args.map((arg, i) => `a${i}=${kernelEncoded(arg)}`).join(" ")}`);
          expect(ofType(readAudit(text).events, "exec")).toMatchObject([
            { comm: fromBytes(comm), exe: fromBytes(exe), argv: args.map(fromBytes) },
          ]);
        },
      ),
    );
  });

  it("arguments cut over records at any place come back whole", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ min: 1, minLength: 2, maxLength: 300 }),
        fc.integer({ min: 1, max: 60 }),
        fc.boolean(),
        (argument, size, more) => {
          const pieces: string[] = [];
          for (let at = 0; at < argument.length; at += size)
            pieces.push(
              Buffer.from(argument.subarray(at, at + size))
                .toString("hex")
                .toUpperCase(),
            );
          const lines = pieces.map((piece, i) =>
            record(
              "EXECVE",
              7,
              `${i === 0 ? `argc=${more ? 3 : 2} a0="x" a1_len=${argument.length} ` : ""}a1[${i}]=${piece}${more && i === pieces.length - 1 ? ' a2="end"' : ""}`,
            ),
          );
          const text =
            syscall({ nr: 59, success: "yes exit=0", items: 2, serial: 7 }) +
            lines.join("") +
            record("PROCTITLE", 7, "proctitle=78");
          expect(ofType(readAudit(text).events, "exec")[0]?.argv).toEqual([
            "x",
            fromBytes(argument),
            ...(more ? ["end"] : []),
          ]);
        },
      ),
    );
  });

  it("events do not depend on how records of neighbouring events are mixed", () => {
    const events = 6;
    const texts = Array.from({ length: events }, (_, i) => [
      syscall({ nr: 59, success: "yes exit=0", items: 2, serial: i + 1, pid: 100 + i, time: `1700000000.${100 + i}` }),
      record("EXECVE", i + 1, `argc=2 a0="x" a1="${i}"`, `1700000000.${100 + i}`),
      record("PATH", i + 1, 'item=0 name="/x"', `1700000000.${100 + i}`),
      record("PROCTITLE", i + 1, "proctitle=78", `1700000000.${100 + i}`),
    ]).flat();
    const expected = readAudit(texts.join("")).events;
    fc.assert(
      fc.property(fc.shuffledSubarray(texts, { minLength: texts.length, maxLength: texts.length }), (mixed) => {
        // Time 0 is that of the first record, so times shift with it: compare all but them.
        const order = (list: typeof expected): unknown[] => list.map((event) => ({ ...event, ts: 0 }));
        const mixedEvents = readAudit(mixed.join("")).events;
        expect(order(mixedEvents)).toEqual(order(expected));
      }),
    );
  });
});

it("the quick way reads a SYSCALL record exactly as the slow way does", () => {
  const calls = LINES.filter((line) => line.startsWith("type=SYSCALL"));
  const quick = new SyscallReader();
  const slow = new SyscallReader();
  const header = newHeader();
  let both = 0;
  for (const line of calls) {
    const bytes = Buffer.from(`${line}\n`, "latin1");
    expect(readStamp(bytes, line.indexOf("audit(") + 6, header)).toBe(true);
    expect(quick.readQuickly(bytes, header.body, line.length)).toBe(true);
    expect(slow.readExactly(bytes, header.body, line.length)).toBeNull();
    const { task, ...rest } = quick.record;
    const { task: slowTask, ...slowRest } = slow.record;
    expect(rest).toEqual(slowRest);
    expect([task.comm, task.exe]).toEqual([slowTask.comm, slowTask.exe]);
    both++;
  }
  expect(both).toBeGreaterThan(20);
});

it("memory stays bounded: a million PIDs, names and open events leave small tables", () => {
  const reader = new AuditReader(() => () => undefined);
  const lines: string[] = [];
  for (let i = 0; i < 5000; i++)
    lines.push(
      `node=h${i} ${syscall({ nr: 59, success: "yes exit=0", serial: i, pid: i, comm: `"c${i}"`, exe: `"/x${i}"` })}node=h${i} ${record("EXECVE", i + 1e6, `argc=9 a0="${"y".repeat(200)}${i}"`)}`,
    );
  reader.push(Buffer.from(lines.join("")), "x");
  const { hosts, ledger } = reader.end();
  expect(hosts.length).toBe(64);
  expect(ledger.skipped).toBe(0);
});
