import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { recognise } from "../../../src/formats/index.ts";
import { perfScriptFormat, traceTextFormat } from "../../../src/formats/trace-text/index.ts";
import { readFormat, soundness, wordsOf, type FormatRead } from "./read-format.ts";

function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../fixtures/trace-text/${name}`, import.meta.url));
}

async function read(input: string | Uint8Array, size?: number): Promise<FormatRead> {
  const head = Buffer.from(input as string);
  const format = recognise(head)?.id === "perf-script" ? perfScriptFormat : traceTextFormat;
  const whole = await readFormat(format, input, size);
  expect(soundness(whole)).toEqual([]);
  return whole;
}

const CHAIN = (first: number, reaper: number): string[] => {
  const members = [0, 1, 2, 3, 4, 5].map((n) => first + n);
  return [
    ...members.slice(1).map((pid) => `${pid - 1} fork ${pid}`),
    ...members.flatMap((pid) => [`${pid} exit 0`, expect.stringMatching(new RegExp(`^\\d+ < ${pid} 1$`)) as string]),
    `${first} exec ./chain`,
    `${reaper} exec ./reaper`,
  ];
};

describe("the kernel's own text", () => {
  test("of a chain of six, and of names with line feeds and brackets in them", async () => {
    const { events, reading } = await read(fixture("trace"));
    const words = wordsOf(events);
    expect(words).toEqual(expect.arrayContaining(CHAIN(32_680, 32_679)));
    expect(words).toEqual(
      expect.arrayContaining(["32733 fork 32734", "32734 exit 3", "32733 exit 4", "32733 < 32734 1", "32735 killed 9"]),
    );
    expect(events.find((event) => event.type === "fork" && event.child === 32_734)).toMatchObject({
      comm: "a -1 [0] b\n",
    });
    expect(reading.ledger).toMatchObject({ skipped: 0, lost: 0 });
    expect(reading).toMatchObject({ stampNs: 1000, tells: { lineage: true, exitStatus: true, reaper: true } });
    expect(reading.tells.argv).toMatchObject({ code: "kernel-events.no-argv" });
  });

  test("with the process's number, without flags, in columns of latency, by a clock that counts", async () => {
    const tgid = await read(fixture("trace-record-tgid"));
    expect(wordsOf(tgid.events)).toEqual(expect.arrayContaining(["32737 exit 7"]));
    expect(tgid.reading.ledger.skipped).toBe(0);
    const latency = await read(fixture("trace-latency"));
    expect(wordsOf(latency.events)).toEqual(
      expect.arrayContaining(["32672 fork 32744", "32744 exec /usr/bin/sh", "32744 exit 8", "32672 < 32744 1"]),
    );
    expect(latency.reading).toMatchObject({ stampNs: 1000, ledger: { skipped: 0 } });
    expect(latency.events.at(-1)?.ts).toBe((19_804 - 1348) * 1000);
    const counter = await read(fixture("trace-counter"));
    expect(wordsOf(counter.events)).toEqual(expect.arrayContaining(["32672 fork 32743", "32743 exec /usr/bin/cat"]));
    expect(counter.reading).toMatchObject({ stampNs: null, seconds: 0, ledger: { skipped: 0 } });
  });

  test("says what was lost: between records, overwritten, or an unknown number", async () => {
    const line = "           sh-7       [000] ..... 1.000001: sched_process_exit: comm=sh pid=7 prio=120\n";
    const lost = async (text: string): Promise<number | null> => (await read(line + text + line)).reading.ledger.lost;
    expect(await lost("CPU:1 [LOST 12 EVENTS]\n")).toBe(12);
    expect(await lost("CPU:1 [LOST 12 EVENTS]\n# entries-in-buffer/entries-written: 10/30   #P:2\n")).toBe(32);
    expect(await lost("CPU:0 [12 EVENTS DROPPED]\n")).toBe(12);
    expect(await lost("CPU:0 [EVENTS DROPPED]\n")).toBeNull();
  });

  test("counts end of threads apart, and takes a 32-bit old kernel's exits", async () => {
    const { events } = await read(
      [
        "           a b-7     [000] ..... 1.000000: task_newtask: pid=8 comm=a b clone_flags=3d0f00 oom_score_adj=0",
        "           a b-8     [000] .... 1.000001: sys_exit(error_code: 0)",
        "           a b-8     [000] .... 1.000002: sched_process_exit: comm=a b pid=8 prio=120",
        "           a b-7     [000] .... 1.000003: sys_exit: NR 1 = 0",
        "           a b-7     [000] .... 1.000004: sys_exit_group(error_code: 3)",
        "           a b-7     [000] .... 1.000005: sched_process_exit: comm=a b pid=7 prio=120",
      ].join("\n"),
    );
    expect(wordsOf(events)).toEqual(["7 thread 8", "8 exit ? thread", "7 exit 3"]);
  });
});

describe("trace-cmd report", () => {
  test("in its own columns and in those of latency", async () => {
    for (const name of ["trace-cmd-report", "trace-cmd-report-latency"]) {
      const { events, reading } = await read(fixture(name));
      const words = wordsOf(events);
      expect(words).toEqual(expect.arrayContaining(CHAIN(736, 735)));
      expect(words).toEqual(expect.arrayContaining(["742 killed 9", "734 exit 4"]));
      expect(reading.ledger).toMatchObject({ skipped: 0, lost: 0 });
    }
  });

  test("with differences of times, raw fields and nanoseconds", async () => {
    const { events } = await read(
      [
        "           <...>-7   [000] 1700000000.000000001: (+5)     sched_process_fork:   comm=sh pid=7 child_comm=sh child_pid=8",
        "           <...>-8   [000] 1700000000.000000101: sched_process_fork:    parent_comm=sh parent_pid=8 child_comm=sh child_pid=9",
      ].join("\n"),
    );
    expect(wordsOf(events)).toEqual(["7 fork 8", "8 fork 9"]);
    expect(events[1]?.ts).toBe(100);
  });
});

describe("perf script", () => {
  test.each([
    "perf-script",
    "perf-script-pids",
    "perf-script-no-names",
    "perf-script-no-times",
    "perf-script-addresses",
  ])("%s: the same chain", async (name) => {
    expect(recognise(fixture(name))?.id).toBe("perf-script");
    const { events, reading } = await read(fixture(name));
    const words = wordsOf(events);
    const chain = CHAIN(310, 309);
    // Without the running task nothing tells who called exit_group, or in whose name a signal was sent.
    expect(words).toEqual(expect.arrayContaining(chain));
    expect(reading.ledger).toMatchObject({ skipped: 0, lost: 0 });
    expect(reading.stampNs).toBe(name.endsWith("times") ? null : 1000);
  });

  test("with call chains, losses and the records of tasks", async () => {
    const { events, reading } = await read(
      [
        "# ========",
        "sh  7 [000] 5.000000: sched:sched_process_fork: comm=sh pid=7 child_comm=sh child_pid=8",
        "        ffffffff813a5371 __traceiter_sched_process_fork+0x1 ([kernel.kallsyms])",
        "            7f9e1c0d5d5b fork+0x1b (/usr/lib/x86_64-linux-gnu/libc.so.6)",
        "",
        "         swapper     0 [000]     0.000000: PERF_RECORD_FORK(1:1):(0:0)",
        "              sh     7 [000]     5.000100: PERF_RECORD_LOST lost 3",
        "            a 12  34 [001] 5.000200:      sched:sched_process_exit: comm=a 12 pid=34 prio=120 group_dead=true",
      ].join("\n"),
    );
    expect(wordsOf(events)).toEqual(["7 fork 8", "34 exit ?"]);
    expect(reading.ledger).toMatchObject({ lost: 3, skipped: 0 });
    expect(reading.tells.exitStatus).toMatchObject({ code: "kernel-events.no-exit-status" });
  });
});

test("other lines with colons and times in them are none of these", () => {
  const logs = [
    "Nov 25 03:10:01 vm systemd[1]: Started a thing: it runs",
    "03:10:01: something (that) happened",
    "[ 12.345678] sched: RT throttling activated: 5",
    "10.0.0.1 - - [25/Nov/2026:03:10:01 +0000] GET /a:b: HTTP",
    "root:x:0:0:root:/root:/bin/bash",
  ];
  for (const line of logs) expect(recognise(Buffer.from(`${line}\n`.repeat(50)))?.id, line).toBeUndefined();
});

describe("forged names", () => {
  test("cannot end the name of a file, nor make another line of a task's name", async () => {
    const { events } = await read(
      [
        "           <...>-7   [000] ..... 1.0000000: x",
        "           <...>-8   [000] ..... 1.000000: sched_process_exec: filename=/tmp/a pid=1 old_pid=1 pid=8 old_pid=8",
        "   x pid=9 child-8   [000] ..... 1.000000: sched_process_fork: comm=x pid=9 child_c pid=8 child_comm=x child_pid=9",
      ].join("\n"),
    );
    expect(wordsOf(events)).toEqual(["8 exec /tmp/a pid=1 old_pid=1", "8 fork 9"]);
  });
});

for (const [format, names] of [
  [traceTextFormat, ["trace", "trace-record-tgid", "trace-latency", "trace-cmd-report"]],
  [perfScriptFormat, ["perf-script", "perf-script-addresses", "perf-script-no-names"]],
] as const) {
  const lines = names.flatMap((name) => fixture(name).toString("latin1").split("\n"));
  const real = fc.constantFrom(...lines);
  const damaged = fc
    .tuple(real, fc.nat(160), fc.nat(40), fc.string({ unit: "binary", maxLength: 6 }))
    .map(([line, at, cut, put]) => line.slice(0, at) + put + line.slice(at + cut));
  const anything = fc.oneof(
    { weight: 5, arbitrary: real },
    { weight: 4, arbitrary: damaged },
    { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
    { weight: 1, arbitrary: fc.constantFrom("", "\0", "CPU:0 [LOST", "           <...>-", "#", "\r") },
  );

  describe(`whatever ${format.id} holds`, () => {
    test("never throws; read = parsed + skipped; pieces of any size give the same; times never go back", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(anything, { maxLength: 60 }),
          fc.integer({ min: 1, max: 300 }),
          fc.constantFrom("\n", "\r\n"),
          async (some, size, end) => {
            const bytes = Buffer.from(some.join(end), "latin1");
            const whole = await readFormat(format, bytes);
            expect(soundness(whole)).toEqual([]);
            const counts = whole.reading.remarks[0]?.args as Record<string, number>;
            const count =
              bytes.toString("latin1").split("\n").length - (bytes.length === 0 || bytes.at(-1) === 10 ? 1 : 0);
            expect((counts["read"] ?? 0) + (counts["blank"] ?? 0)).toBe(count);
            expect(await readFormat(format, bytes, size)).toEqual(whole);
          },
        ),
        { numRuns: 300 },
      );
    });

    test("cut at every byte, by seven bytes, with CRLF: complete lines all count", async () => {
      const text = lines.slice(0, 40).join("\n") + "\n";
      const whole = await readFormat(format, Buffer.from(text, "latin1"));
      expect(await readFormat(format, Buffer.from(text, "latin1"), 7)).toEqual(whole);
      const crlf = await readFormat(format, Buffer.from(text.replaceAll("\n", "\r\n"), "latin1"));
      expect(crlf.events).toEqual(whole.events);
      for (let at = 0; at < text.length; at++)
        expect(soundness(await readFormat(format, Buffer.from(text.slice(0, at), "latin1")))).toEqual([]);
    });

    test("times that go back by an hour are another recording, and cost no more than that", async () => {
      const text = fixture(names[0]).toString("latin1");
      const { reading } = await readFormat(
        format,
        Buffer.from(text + text.replace(/ 15(?=\d{3}\.)/g, " 11"), "latin1"),
      );
      expect(reading.seconds).toBeLessThan(5);
      expect(reading.ledger.note).toContain("times go back by 4");
    });
  });
}
