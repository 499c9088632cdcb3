import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fetchesOf } from "../../../src/capture/tracefs/exec-probes.ts";
import { definition, type UprobeSpec } from "../../../src/capture/tracefs/uprobes.ts";
import { Assembler } from "../../../src/ftrace/assembler.ts";
import { CallDecoder } from "../../../src/ftrace/call-decoder.ts";
import { parseEventFormat, type EventFormat } from "../../../src/ftrace/event-format.ts";
import { Kind, RecordQueue } from "../../../src/ftrace/record-queue.ts";
import type { ProcessEvent } from "../../../src/model/events.ts";

/** The head of a uprobe's format file as Linux 6.18 prints it; the arrays follow as `fetchesOf` asks for them. */
const HEAD = `name: execve_1
ID: 2326
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:unsigned char common_flags;	offset:2;	size:1;	signed:0;
	field:unsigned char common_preempt_count;	offset:3;	size:1;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;

	field:unsigned long __probe_ip;	offset:8;	size:8;	signed:0;
`;

function formatOf(file: string | null): EventFormat {
  let offset = 16;
  const fields = fetchesOf(file, "%si").map(({ name, count = 1 }) => {
    const text = `	field:u64 ${name}[];	offset:${offset};	size:${count * 8};	signed:0;\n`;
    offset += count * 8;
    return text;
  });
  return parseEventFormat(HEAD + fields.join("")) as EventFormat;
}

const FORMAT = formatOf("%di");
const SIZE = 16 + fetchesOf("%di", "%si").reduce((sum, { count = 1 }) => sum + count * 8, 0);

/** A record as the kernel writes it: words of text, and behind each NUL whatever lay there in memory. */
function record(
  task: number,
  file: string,
  argv: readonly string[],
  pointers = argv.map((_, n) => 0x7f00_0000 + n * 64),
): DataView {
  const bytes = new Uint8Array(SIZE).fill(0x5a);
  const view = new DataView(bytes.buffer);
  const put = (name: string, text: string): void => {
    const { offset, size } = FORMAT.fields.get(name) as { offset: number; size: number };
    const encoded = new TextEncoder().encode(`${text}\0`);
    bytes.set(encoded.subarray(0, size), offset);
  };
  view.setUint16(0, FORMAT.id, true);
  view.setInt32(4, task, true);
  put("file", file);
  const { offset, size } = FORMAT.fields.get("argv") as { offset: number; size: number };
  bytes.fill(0, offset, offset + size);
  for (const [n, pointer] of pointers.slice(0, size / 8).entries()) view.setUint32(offset + n * 8, pointer, true);
  for (const [n, word] of argv.slice(0, 16).entries()) put(`a${n}`, word);
  return view;
}

function decoder(exact = true): CallDecoder {
  const made = new CallDecoder(new RecordQueue(), exact);
  expect(made.addCall(FORMAT)).toBe(true);
  return made;
}

/** What comes of a call that is followed by a successful exec of `exe`. */
function executed(call: DataView, exe: string, exact = true): ProcessEvent[] {
  const calls = decoder(exact);
  calls.record(call, 0, call.byteLength, 10);
  calls.queue.push(20, Kind.exec, 7, 7, 0, exe);
  const events: ProcessEvent[] = [];
  const assembler = new Assembler((event) => events.push(event));
  for (let at = calls.queue.head; at < calls.queue.tail; at++) assembler.take(calls.queue, at);
  return events;
}

describe("arguments of execs", () => {
  test("are told as given, also empty ones; what lies behind a NUL is not looked at", () => {
    expect(executed(record(7, "/bin/sh", ["sh", "-c", "exit 0", ""]), "/bin/sh")).toMatchObject([
      { type: "exec", pid: 7, exe: "/bin/sh", argv: ["sh", "-c", "exit 0", ""], error: 0 },
    ]);
    expect(executed(record(7, "/bin/true", []), "/bin/true")).toMatchObject([{ argv: [] }]);
  });

  test("are said to be cut where one is longer than what is fetched, or there are more of them", () => {
    const [long] = executed(record(7, "/bin/sh", ["sh", "-c", "x".repeat(600)]), "/bin/sh");
    expect(long).toMatchObject({ argv: ["sh", "-c", "x".repeat(512)], argvCut: true });
    const many = Array.from({ length: 40 }, (_, n) => `${n}`);
    expect(executed(record(7, "/bin/x", many), "/bin/x")[0]).toMatchObject({ argv: many.slice(0, 16), argvCut: true });
    const whole = executed(record(7, "/bin/x", many.slice(0, 16)), "/bin/x")[0];
    expect(whole).toMatchObject({ argv: many.slice(0, 16) });
    expect(whole).not.toHaveProperty("argvCut");
  });

  test("stay unknown where the kernel executed another file than was asked for, or another task did", () => {
    expect(executed(record(7, "/bin/sh", ["sh"]), "/bin/bash")).toMatchObject([{ argv: null }]);
    expect(executed(record(8, "/bin/sh", ["sh"]), "/bin/sh")).toMatchObject([{ argv: null }]);
  });

  test("stay unknown where copies may end before a missing page, and only there", () => {
    // The text ends 4 bytes before a page does, so the word of its NUL reaches into the next page.
    const pointers = [0x7f00_0ff9];
    const call = record(7, "/bin/x", ["abc"], pointers);
    expect(executed(call, "/bin/x", true)).toMatchObject([{ argv: ["abc"] }]);
    expect(executed(call, "/bin/x", false)).toMatchObject([{ argv: null }]);
    expect(executed(record(7, "/bin/x", ["abc"], [0x7f00_0ff0]), "/bin/x", false)).toMatchObject([{ argv: ["abc"] }]);
  });

  test("belong to the failed exec that comes next, and are forgotten with the task", () => {
    const calls = decoder();
    calls.record(record(7, "/nowhere/x", ["x", "1"]), 0, SIZE, 10);
    calls.queue.push(20, Kind.execFailed, 7, -2, 0, "");
    calls.queue.push(30, Kind.execFailed, 7, -13, 0, "");
    calls.record(record(9, "/bin/y", ["y"]), 0, SIZE, 40);
    calls.queue.push(50, Kind.exit, 9, 1, 0, "y");
    calls.queue.push(60, Kind.exec, 9, 9, 0, "/bin/y");
    calls.queue.push(70, Kind.forkFailed, 7, -11, 0, "");
    const events: ProcessEvent[] = [];
    const assembler = new Assembler((event) => events.push(event));
    for (let at = 0; at < calls.queue.tail; at++) assembler.take(calls.queue, at);
    expect(events).toMatchObject([
      { type: "exec", pid: 7, exe: "/nowhere/x", argv: ["x", "1"], error: -2 },
      { type: "exec", pid: 7, exe: "", argv: null, error: -13 },
      { type: "exit", pid: 9 },
      { type: "exec", pid: 9, argv: null, error: 0 },
      { type: "fork-failed", pid: 7, error: -11 },
    ]);
    expect(assembler.execs).toBe(1);
  });

  test("of any bytes at all never throw; text of arguments holds no NUL", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: SIZE, maxLength: SIZE }), fc.nat(SIZE), (bytes, length) => {
        const calls = decoder();
        const view = new DataView(Uint8Array.from(bytes).buffer);
        view.setUint16(0, FORMAT.id, true);
        calls.record(view, 0, length, 1);
        calls.record(view, 0, SIZE, 2);
        expect(calls.unknown + calls.calls).toBe(2);
      }),
      { numRuns: 300 },
    );
  });
});

describe("definitions of probes", () => {
  const spec = (rest: Partial<UprobeSpec>): UprobeSpec => ({
    event: "execve_1",
    fd: 20,
    offset: 0xd4ad0,
    fetches: [],
    ...rest,
  });

  test("in the kernel's notation", () => {
    expect(definition("whoforks_1_2", spec({ fetches: [{ name: "n", place: "%di", type: "s32" }] }))).toBe(
      "p:whoforks_1_2/execve_1 /proc/self/fd/20:0xd4ad0 n=%di:s32\n",
    );
    expect(definition("whoforks_1_2", spec({ onReturn: true }))).toBe(
      "r:whoforks_1_2/execve_1 /proc/self/fd/20:0xd4ad0\n",
    );
    const text = definition("whoforks_1_2", spec({ fetches: fetchesOf("%di", "%si") }));
    expect(text).toContain(" argv=+0(%si):u64[17] file=+0(%di):u64[32] a0=+0(+0(%si)):u64[16] a1=+0(+8(%si)):u64[32]");
    expect(text).not.toContain("string");
    // The kernel takes a command in one write of less than a page.
    expect(text.length).toBeLessThan(4096);
  });

  test("nothing of unbounded length can be asked for", () => {
    const text = { name: "s", place: "+0(%di)", type: "string" } as unknown as UprobeSpec["fetches"][number];
    expect(() => definition("whoforks_1_2", spec({ fetches: [text] }))).toThrow(RangeError);
  });
});
