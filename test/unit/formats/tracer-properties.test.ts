import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { straceFormat } from "../../../src/formats/strace/index.ts";
import { recognise } from "../../../src/formats/index.ts";
import type { FormatReader } from "../../../src/formats/types.ts";
import { memoryHeld } from "../../support/memory.ts";
import { readLog } from "./tracer-logs.ts";

const STRACE = `strace: Process 500 attached with 2 threads
[pid   500] 12:00:00.000001 execve("/bin/x", ["x", "f() = 1"], 0x7ffd /* 35 vars */) = 0 <0.000300>
500 12:00:00.100000 clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLDstrace: Process 501 attached
 <unfinished ...>
501 12:00:00.100001 execve("/bin/y", ["y"], 0x1 /* 1 var */ <unfinished ...>
500 12:00:00.200000 <... clone resumed>, child_tidptr=0x7f) = 501
501 12:00:00.200001 <... execve resumed>) = -1 ENOENT (No such file or directory)
501 12:00:00.300000 exit_group(3) = ?
501 12:00:00.300001 +++ exited with 3 +++
500 12:00:00.300002 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=501, si_uid=0, si_status=3, si_utime=0, si_stime=0} ---
500 12:00:00.300003 wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], 0, NULL) = 501
fork() = 502
502 23:59:59.999999 clone(child_stack=0x1, flags=CLONE_THREAD) = 503
503 00:00:00.000001 execve("/bin/z", ["z"], 0x1 <pid changed to 502 ...>
502 00:00:00.000002 +++ superseded by execve in pid 503 +++
502 00:00:00.000003 <... execve resumed>) = 0
 > /lib/libc.so.6(wait4+0x13) [0xd3bd3]
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 60.00    0.001000           3       300         2 clone
100.00    0.001585           3       494        60 total
+++ killed by SIGSEGV (core dumped) +++`.split("\n");
const LTRACE = `[pid 7] fork( <no return ...>
[pid 8] <... fork resumed> ) = 0
[pid 7] SYS_clone(0x1200011, 0, 0, 0x7f) = 0x8
[pid 7] <... fork resumed> ) = 8
8 12:00:00.1 execlp("true", "true" <no return ...>
8 12:00:00.1 --- Called exec() ---
8 12:00:00.1 +++ exited (status 1) +++
7 --- SIGCHLD (Child exited) ---
7 system("a"b") = 5
7 wait(0x7ffc) = 8`.split("\n");

for (const [tool, lines] of [
  ["strace", STRACE],
  ["ltrace", LTRACE],
] as const) {
  const real = fc.constantFrom(...lines);
  const damaged = fc
    .tuple(real, fc.nat(120), fc.nat(300), fc.string({ unit: "binary", maxLength: 6 }))
    .map(([line, at, cut, put]) => line.slice(0, at) + put + line.slice(at + (cut % 9)));
  const anything = fc.oneof(
    { weight: 5, arbitrary: real },
    { weight: 4, arbitrary: damaged },
    { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        "",
        "\0",
        " ",
        "\r",
        "(",
        "5 ",
        "[pid ",
        "<... ",
        "--- ",
        "+++ ",
        "%",
        "\u001b[",
        "= ",
        ") = 1",
      ),
    },
  );

  describe(`whatever a log of ${tool} holds`, () => {
    it("never throws; read = parsed + skipped; pieces of any size give the same; times never go back", () => {
      fc.assert(
        fc.property(
          fc.array(anything, { maxLength: 60 }),
          fc.integer({ min: 1, max: 300 }),
          fc.constantFrom("\n", "\r\n"),
          fc.boolean(),
          (some, size, end, last) => {
            const bytes = Buffer.from(some.join(end) + (last ? end : ""), "latin1");
            const whole = readLog(tool, bytes);
            expect(whole.lines.read).toBe(whole.lines.parsed + whole.lines.skipped);
            const count =
              bytes.toString("latin1").split("\n").length - (bytes.length === 0 || bytes.at(-1) === 10 ? 1 : 0);
            expect(whole.lines.read + whole.lines.blank).toBe(count);
            expect(whole.reading.ledger.skipped).toBe(whole.lines.skipped);
            expect(whole.reading.ledger.examples.length).toBe(Math.min(3, whole.lines.skipped));
            expect(whole.reading.ledger.events).toBe(whole.events.length);
            expect(readLog(tool, bytes, size)).toEqual(whole);
            const times = whole.events.map((event) => event.ts);
            expect(times).toEqual(times.toSorted((a, b) => a - b));
            expect(times.every((time) => Number.isFinite(time) && time >= 0)).toBe(true);
          },
        ),
        // The example: a resumed call with less before its name than there ought to be.
        {
          numRuns: 1500,
          examples: [[["[pid 7] <.rk resumed> ) = 8", "[pid 7] fork( <no return ...>"], 1, "\n", false]],
        },
      );
    });

    it("cut at every byte, by seven bytes, with CRLF: complete lines all count", () => {
      const text = `${lines.join("\n")}\n`;
      const whole = readLog(tool, text);
      expect(readLog(tool, text, 7)).toEqual(whole);
      expect(readLog(tool, text.replaceAll("\n", "\r\n")).events).toEqual(whole.events);
      for (let at = 0; at < text.length; at++) {
        const { lines: counts } = readLog(tool, text.slice(0, at));
        expect(counts.read + counts.blank).toBe(
          text.slice(0, at).split("\n").length - (at === 0 || text[at - 1] === "\n" ? 1 : 0),
        );
      }
    });
  });
}

describe("size", () => {
  it("a line of 100 MB is skipped, and what stands around it is read", () => {
    const long = Buffer.alloc(100 << 20, 0x61);
    const read = readLog(
      "strace",
      Buffer.concat([Buffer.from("5 fork() = 6\n"), long, Buffer.from("\n6 exit_group(0) = ?\n")]),
    );
    expect(read.events.map(({ type }) => type)).toEqual(["fork", "exit"]);
    expect(read.reading.ledger.examples[0]?.why).toMatch(/more than 1 MiB/);
  });

  it("memory stays flat: children that never end, names and numbers without end", () => {
    let events = 0;
    const reader = straceFormat.open(() => () => void events++);
    const used = (from: number, to: number): number =>
      heapAfter(reader, from, to, (at) => {
        return `7 fork() = ${1000 + (at % 4_000_000)}\n7 call_${at}() = 0\n${5_000_000 - at} fork( <unfinished ...>\n`;
      });
    const half = used(0, 200_000);
    expect(used(200_000, 500_000) - half).toBeLessThan(20e6);
    reader.end();
    expect(events).toBeGreaterThanOrEqual(500_000);
  });

  it("keeps nothing of a chain's dead members", () => {
    const reader = straceFormat.open(() => () => undefined);
    const used = (from: number, to: number): number =>
      heapAfter(reader, from, to, (at) => {
        const pid = 1000 + (at % 4_000_000);
        return `${pid} fork() = ${pid + 1}\n${pid} exit_group(0) = ?\n${pid} +++ exited with 0 +++\n`;
      });
    const half = used(0, 100_000);
    expect(used(100_000, 500_000) - half).toBeLessThan(5e6);
    reader.end();
  });
});

describe("recognising", () => {
  const audit = readFileSync(new URL("../../fixtures/audit/storm-by-32-bit-and-more.log", import.meta.url));

  it("leaves audit logs, binaries and prose alone", () => {
    expect(recognise(audit)?.id).toBe("audit");
    expect(recognise(readFileSync(process.execPath).subarray(0, 65_536))).toBeNull();
    expect(recognise(readFileSync("/bin/sh").subarray(0, 65_536))).toBeNull();
    expect(recognise(readFileSync(new URL("../../../README.md", import.meta.url)))).toBeNull();
    expect(recognise(readFileSync(new URL(import.meta.url)))).toBeNull();
    expect(recognise(readFileSync(new URL("../../../package-lock.json", import.meta.url)))).toBeNull();
  });

  it("knows an strace log that quotes audit records", () => {
    const line = '5 12:00:00.1 write(1, "type=SYSCALL msg=audit(1529510912.123:7): arch=c000003e", 58) = 58\n';
    expect(recognise(Buffer.from(line.repeat(50)))?.id).toBe("strace");
  });

  it("knows a log of nothing but SIGCHLD", () => {
    const line =
      "16:01:02.000001 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=9, si_uid=0, si_status=0} ---\n";
    expect(recognise(Buffer.from(line.repeat(50)))?.id).toBe("strace");
  });
});

/** Bytes of the heap once the reader has taken the lines of [from, to), ten thousand numbers at a time. */
function heapAfter(reader: FormatReader, from: number, to: number, linesOf: (at: number) => string): number {
  for (let at = from; at < to; at += 10_000) {
    const lines = Array.from({ length: 10_000 }, (_, i) => linesOf(at + i));
    reader.push(Buffer.from(lines.join("")), "trace.log");
  }
  return memoryHeld().heapUsed;
}
