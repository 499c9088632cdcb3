import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { execsnoopFormat } from "../../../src/formats/execsnoop/index.ts";
import { recognise } from "../../../src/formats/index.ts";
import type { ExecEvent } from "../../../src/model/events.ts";
import { readFormat, soundness, wordsOf, type FormatRead } from "./read-format.ts";

function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../fixtures/execsnoop/${name}`, import.meta.url));
}

async function read(input: string | Uint8Array): Promise<FormatRead> {
  const whole = await readFormat(execsnoopFormat, input);
  expect(soundness(whole)).toEqual([]);
  return whole;
}

function execs({ events }: FormatRead): ExecEvent[] {
  return events.filter((event) => event.type === "exec");
}

describe("libbpf-tools", () => {
  test("without options: files, parents, no times; arguments with line feeds belong to their line", async () => {
    const whole = await read(fixture("libbpf-plain"));
    const { reading } = whole;
    expect(reading.ledger).toMatchObject({ skipped: 0, lost: null });
    expect(reading).toMatchObject({ stampNs: null, seconds: 0, gaps: [{ code: "execsnoop.no-times" }] });
    const workers = execs(whole).filter(({ comm }) => comm === "wf-worker");
    expect(workers).toHaveLength(12);
    expect(new Set(workers.map(({ ppid }) => ppid)).size).toBe(1);
    expect(workers[0]).toMatchObject({ exe: "./wf-worker", argv: null, error: 0 });
    expect(execs(whole).map(({ exe }) => exe)).toContain("/opt/wf/a program");
    expect(execs(whole).at(-1)).toMatchObject({ comm: "python3", exe: "/usr/bin/python3" });
    expect(reading.tells).toMatchObject({ programs: true, argv: { code: "execsnoop.no-argv" } });
    for (const question of ["lineage", "reaper", "exitStatus", "lifetimes", "cpu"] as const)
      expect(reading.tells[question]).toMatchObject({ code: expect.stringMatching(/^execsnoop\./) as string });
  });

  test("-T -t -x -U: failed execs are failed, times have milliseconds", async () => {
    const whole = await read(fixture("libbpf-times"));
    expect(whole.reading).toMatchObject({ stampNs: 1e6, gaps: [], ledger: { skipped: 0 } });
    expect(whole.reading.seconds).toBeCloseTo(0.418, 2);
    const env = execs(whole).filter(({ pid }) => pid === 27_216);
    expect(env.map(({ comm, exe, error }) => [comm, exe, error])).toEqual([
      ["env", "/usr/bin/env", 0],
      ["env", "/usr/local/sbin/true", -2],
      ["env", "/usr/local/bin/true", -2],
      ["env", "/usr/sbin/true", -2],
      ["true", "/usr/bin/true", 0],
    ]);
  });

  test("-q: the arguments, one by one", async () => {
    const whole = await read(fixture("libbpf-quoted"));
    expect(whole.reading.tells.argv).toBe(true);
    const argv = (pid: number) => execs(whole).find((exec) => exec.pid === pid && exec.error === 0);
    expect(argv(27_379)?.argv?.[2]).toContain('echo a  "b c"');
    expect(argv(27_379)?.argv?.[2]).toContain("\n/bin/date");
    expect(argv(27_383)?.argv).toEqual(["/opt/wf/a program", "x y", ""]);
    expect(argv(27_384)).toMatchObject({ argvCut: true, argv: { length: 20 } });
    expect(argv(27_366)).toMatchObject({ argv: ["./wf-superd", "12", "./wf-worker", "3"] });
  });
});

describe("bcc", () => {
  test("without options", async () => {
    const whole = await read(fixture("bcc-plain"));
    expect(whole.reading).toMatchObject({ stampNs: null, ledger: { skipped: 0 } });
    expect(wordsOf(whole.events).filter((word) => word.endsWith("/opt/wf/wf-worker"))).toHaveLength(12);
    expect(wordsOf(whole.events)).toContain("4123 exec /opt/my files/a program");
    expect(execs(whole).at(-1)).toMatchObject({ pid: 4124, ppid: null });
  });

  test("-T -t -x -U", async () => {
    const whole = await read(fixture("bcc-times"));
    expect(whole.reading).toMatchObject({ stampNs: 1e6, ledger: { skipped: 0 } });
    expect(wordsOf(whole.events)).toEqual(
      expect.arrayContaining(["4122 exec! /usr/local/sbin/true", "4122 exec /usr/bin/true"]),
    );
  });

  test("-q -t -x", async () => {
    const whole = await read(fixture("bcc-quoted"));
    expect(wordsOf(whole.events)).toEqual(
      expect.arrayContaining([
        "4100 exec /opt/wf/wf-worker [/opt/wf/wf-worker|--round|0]",
        '4120 exec /bin/sh [/bin/sh|-c|echo a  b\necho "c"]',
        "4121 exec /bin/date [/bin/date|+%s|]",
      ]),
    );
    // Behind twenty arguments stands "...", and the second was cut.
    expect(execs(whole).at(-1)).toMatchObject({ argvCut: true });
  });
});

describe("columns", () => {
  const HEADER = "PCOMM            PID    PPID   RET ARGS";
  test("the first version had no parents", async () => {
    const { events, reading } = await read(
      "PCOMM            PID    RET ARGS\nbash             15887    0 /usr/bin/man ls\n",
    );
    expect(wordsOf(events)).toEqual(["15887 exec /usr/bin/man"]);
    expect(reading.tells.lineage).toMatchObject({ code: "execsnoop.no-parents" });
  });

  test("numbers that fill their columns touch the next", async () => {
    const { events } = await read(
      `TIME     TIME(s)  UID    ${HEADER}\n00:00:01 10000.1231000000sh               4194300 4194299   0 /bin/sh \n`,
    );
    expect(events).toMatchObject([{ pid: 4_194_300, ppid: 4_194_299, comm: "sh", exe: "/bin/sh" }]);
  });

  test("task names with blanks and digits", async () => {
    const { events } = await read(`${HEADER}\n1 2 3 4          77     7        0 /bin/1 2 3 4 5 \n`);
    expect(events).toMatchObject([{ pid: 77, ppid: 7, comm: "1 2 3 4", exe: "/bin/1 2 3 4" }]);
  });

  test("midnight, losses, what no line of it is", async () => {
    const row = (time: string, pid: number) => `${time} sh               ${pid}  7        0 /bin/sh `;
    const { events, reading } = await read(
      [
        "Linux 6.1",
        `TIME     ${HEADER}`,
        row("23:59:59", 100),
        "Lost 12 events on CPU #1!",
        "Possibly lost 3 samples",
        row("00:00:01", 101),
        "nonsense",
        "^C",
      ].join("\n"),
    );
    expect(events.map(({ ts }) => ts)).toEqual([0, 2e9]);
    expect(reading.ledger).toMatchObject({ lost: 15, skipped: 2 });
    expect(reading.ledger.examples.map(({ why }) => why)).toEqual([
      "no header has named the columns",
      "no line of execsnoop",
    ]);
  });

  test("started again, its times go on", async () => {
    const run = (times: string[]) =>
      [
        `TIME(s)  ${HEADER}`,
        ...times.map((time, i) => `${time}   sh               ${100 + i}    7        0 /bin/sh `),
      ].join("\n");
    const { events } = await read(`${run(["3.000", "4.000"])}\n${run(["0.500", "0.700"])}\n`);
    expect(events.map(({ ts }) => Math.round(ts / 1e6))).toEqual([0, 1000, 1000, 1200]);
  });

  test("neither is exitsnoop, nor prose that names the columns", () => {
    expect(recognise(Buffer.from(`see ${HEADER}\nis what execsnoop prints\n`))).toBeNull();
    expect(recognise(Buffer.from(`${HEADER}\n`))).toBeNull();
  });
});

describe("whatever it holds", () => {
  const names = ["libbpf-plain", "libbpf-times", "libbpf-quoted", "bcc-plain", "bcc-times", "bcc-quoted"];
  const lines = names.flatMap((name) => fixture(name).toString("latin1").split("\n"));
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
          const whole = await readFormat(execsnoopFormat, bytes);
          expect(soundness(whole)).toEqual([]);
          expect(await readFormat(execsnoopFormat, bytes, size)).toEqual(whole);
        },
      ),
      { numRuns: 300 },
    );
  });
});
