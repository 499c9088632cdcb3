import { describe, expect, test } from "vitest";
import type { ProcessEvent } from "../../../src/model/events.ts";
import { Assembler } from "../../../src/ftrace/assembler.ts";
import { Decoder } from "../../../src/ftrace/decoder.ts";
import { parseEventFormat, type EventFormat } from "../../../src/ftrace/event-format.ts";
import { takeInOrder } from "../../../src/ftrace/merge.ts";
import { readPage } from "../../../src/ftrace/page.ts";
import { RecordQueue } from "../../../src/ftrace/record-queue.ts";
import {
  DELIVER,
  EXEC,
  EXIT,
  EXIT_CALL,
  EXIT_GROUP,
  EXIT_OLD,
  FORK_5,
  FORK_6,
  GENERATE,
  NEWTASK,
  RAW_ENTER,
} from "./format-samples.ts";
import { LAYOUT_64, PageEncoder } from "./page-encoder.ts";

const THREAD = 0x3d0f00;
const PROCESS = 0x120_0000;

function sample(text: string): EventFormat {
  const format = parseEventFormat(text);
  if (format === null) throw new Error("sample must parse");
  return format;
}

/** Writes records with the given formats and gives back the events that come of them. */
class Trace {
  readonly #formats: Map<string, EventFormat>;
  readonly #page = new PageEncoder({ ...LAYOUT_64, pageSize: 65_536 }, 0n);
  readonly #before: (assembler: Assembler) => void;

  constructor(texts: string[], before: (assembler: Assembler) => void = () => undefined) {
    this.#formats = new Map(texts.map((text) => [sample(text).name, sample(text)]));
    this.#before = before;
  }

  /** One record, 10 ns after the last. `by` is the task that runs; a string goes where its field says. */
  at(event: string, by: number, values: Record<string, number | string>, cut = 0): this {
    const format = this.#formats.get(event);
    if (format === undefined) throw new Error(`no format of ${event}`);
    let size = Math.max(...[...format.fields.values()].map((field) => field.offset + field.size));
    const bytes = new Uint8Array(256);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, format.id, true);
    view.setInt32(4, by, true);
    for (const [name, value] of Object.entries(values)) {
      const field = format.fields.get(name);
      if (field === undefined) throw new Error(`${event} has no ${name}`);
      if (typeof value === "number") {
        if (field.size === 1) view.setUint8(field.offset, value);
        else view.setInt32(field.offset, value, true);
        continue;
      }
      const text = Buffer.from(value, "latin1");
      if (field.type.startsWith("__data_loc")) {
        view.setUint32(field.offset, ((text.length + 1) << 16) | size, true);
        bytes.set(text, size);
        size += text.length + 1;
      } else bytes.set(text, field.offset);
    }
    this.#page.large(10, bytes.subarray(0, size - cut));
    return this;
  }

  events(): { events: ProcessEvent[]; unknown: number } {
    const events: ProcessEvent[] = [];
    const queue = new RecordQueue();
    const decoder = new Decoder(this.#formats, 17, queue);
    const assembler = new Assembler((event) => events.push(event));
    this.#before(assembler);
    expect(readPage(this.#page.end(), LAYOUT_64, { high: 0, low: 0 }, decoder).problem).toBeNull();
    takeInOrder([queue], Number.POSITIVE_INFINITY, (from, at) => assembler.take(from, at));
    return { events, unknown: decoder.unknown };
  }

  /** The exits alone: pid, code, signal, thread. */
  exits(): unknown[] {
    return this.events().events.flatMap((e) => (e.type === "exit" ? [[e.pid, e.code, e.signal, e.thread]] : []));
  }
}

const NEW = [NEWTASK, EXEC, EXIT, EXIT_GROUP, EXIT_CALL, GENERATE, DELIVER, RAW_ENTER];
const trace = (before?: (assembler: Assembler) => void): Trace => new Trace(NEW, before);
const exit = (pid: number, dead: number): [string, number, Record<string, number | string>] => [
  "sched_process_exit",
  pid,
  { pid, comm: "x", group_dead: dead },
];

describe("kernel records become events", () => {
  test("a life: fork, exec, exit, SIGCHLD", () => {
    const { events } = trace()
      .at("task_newtask", 10, { pid: 20, comm: "sh", clone_flags: PROCESS })
      .at("sched_process_exec", 20, { filename: "/usr/bin/date", pid: 20, old_pid: 20 })
      .at("sys_enter_exit_group", 20, { error_code: 0x1_03 })
      .at(...exit(20, 1))
      .at("signal_generate", 20, { sig: 17, code: 1, comm: "init", pid: 1 })
      .events();
    expect(events).toEqual([
      { type: "fork", ts: 10, pid: 10, comm: "sh", child: 20, childClaim: null, thread: false },
      { type: "exec", ts: 20, pid: 20, ppid: null, comm: "date", exe: "/usr/bin/date", argv: null, error: 0 },
      { type: "exit", ts: 40, pid: 20, comm: "x", code: 3, signal: null, thread: false },
      { type: "child-signal", ts: 50, pid: 20, reaper: 1, reaperComm: "init", code: 1 },
    ]);
  });

  test.each([
    ["up to 5.10", FORK_5],
    ["6.18", FORK_6],
  ])("sched_process_fork of %s, where there is no task_newtask", (_name, format) => {
    const { events } = new Trace([format])
      .at("sched_process_fork", 10, { parent_comm: "atd", parent_pid: 10, child_comm: "atd", child_pid: 20 })
      .events();
    expect(events).toEqual([
      { type: "fork", ts: 10, pid: 10, comm: "atd", child: 20, childClaim: null, thread: false },
    ]);
  });

  test("names are bytes: kept when they are not UTF-8, cut at NUL, and never mixed up", () => {
    const { events } = trace()
      .at("task_newtask", 1, { pid: 2, comm: "a\xff\x1b[m\0junk", clone_flags: PROCESS })
      .at("task_newtask", 1, { pid: 3, comm: "fifteen bytes..", clone_flags: PROCESS })
      .at("task_newtask", 1, { pid: 4, comm: "", clone_flags: PROCESS })
      .events();
    expect(events.map((event) => (event.type === "fork" ? event.comm : ""))).toEqual([
      "a\udcff\u001b[m",
      "fifteen bytes..",
      "",
    ]);
  });

  test("the name after an exec is the file's last part in 15 bytes", () => {
    const names = ["/opt/a-name-longer-than-fifteen", "./x", "/dev/fd/3", "/é/éééééééé"];
    const made = trace();
    for (const filename of names)
      made.at("sched_process_exec", 5, { filename: Buffer.from(filename).toString("latin1"), pid: 5, old_pid: 5 });
    expect(made.events().events.map((event) => (event.type === "exec" ? event.comm : ""))).toEqual([
      "a-name-longer-t",
      "x",
      "",
      "ééééééé\udcc3",
    ]);
  });

  test("threads: their process forks, ends and is reaped under its own number", () => {
    const { events } = trace()
      .at("task_newtask", 10, { pid: 11, comm: "java", clone_flags: THREAD })
      .at("task_newtask", 11, { pid: 30, comm: "java", clone_flags: PROCESS })
      .at("signal_generate", 30, { sig: 17, code: 1, comm: "java", pid: 11 })
      .at(...exit(10, 0))
      .at("sys_enter_exit_group", 11, { error_code: 9 })
      .at(...exit(11, 1))
      .at("signal_generate", 11, { sig: 17, code: 1, comm: "sh", pid: 3 })
      .events();
    expect(events.map((event) => [event.type, event.type === "service" ? 0 : event.pid])).toEqual([
      ["fork", 10],
      ["fork", 10],
      ["child-signal", 30],
      ["exit", 10],
      ["exit", 10],
      ["child-signal", 10],
    ]);
    expect(events[2]).toMatchObject({ reaper: 10 });
    expect(events[3]).toMatchObject({ thread: true });
    expect(events[4]).toMatchObject({ thread: false, code: 9 });
  });

  test("SIGCHLD for a stop, or sent by kill(2), is no end", () => {
    const stops = [0, 4, 5, 6, -6].reduce(
      (made, code) => made.at("signal_generate", 20, { sig: 17, code, comm: "sh", pid: 1 }),
      trace(),
    );
    expect(stops.events().events).toEqual([]);
  });
});

describe("how a process ended", () => {
  test("the first exit_group wins; without one it is the leader's exit", () => {
    const made = trace()
      .at("task_newtask", 5, { pid: 6, comm: "x", clone_flags: THREAD })
      .at("sys_enter_exit", 5, { error_code: 5 })
      .at(...exit(5, 0))
      .at("sys_enter_exit", 6, { error_code: 6 })
      .at(...exit(6, 1))
      .at("sys_enter_exit_group", 7, { error_code: 1 })
      .at("sys_enter_exit_group", 7, { error_code: 2 })
      .at(...exit(7, 1));
    expect(made.exits()).toEqual([
      [5, null, null, true],
      [5, 5, null, false],
      [7, 1, null, false],
    ]);
  });

  test("threads that an exit_group takes along show SIGKILL, which is not how the process ended", () => {
    const made = trace()
      .at("task_newtask", 5, { pid: 6, comm: "x", clone_flags: THREAD })
      .at("sys_enter_exit_group", 6, { error_code: 4 })
      .at(...exit(6, 0))
      .at("signal_deliver", 5, { sig: 9 })
      .at(...exit(5, 1));
    expect(made.exits()).toEqual([
      [6, null, null, true],
      [5, 4, null, false],
    ]);
  });

  test("a kill by SIGTERM is delivered as SIGKILL: the sending tells", () => {
    const made = trace()
      .at("signal_generate", 1, { sig: 15, code: 0, comm: "x", pid: 8 })
      .at("signal_deliver", 8, { sig: 9 })
      .at(...exit(8, 1));
    expect(made.exits()).toEqual([[8, null, 15, false]]);
  });

  test("a core dump names its signal; SIGKILL of unknown sender stays SIGKILL", () => {
    const made = trace()
      .at("signal_deliver", 8, { sig: 11 })
      .at(...exit(8, 1))
      .at("signal_deliver", 9, { sig: 9 })
      .at(...exit(9, 1));
    expect(made.exits()).toEqual([
      [8, null, 11, false],
      [9, null, 9, false],
    ]);
  });

  test("a signal that was handled does not count", () => {
    const made = trace()
      .at("signal_generate", 1, { sig: 15, code: 0, comm: "x", pid: 8 })
      .at("sys_enter_exit_group", 8, { error_code: 0 })
      .at(...exit(8, 1));
    expect(made.exits()).toEqual([[8, 0, null, false]]);
  });

  test("an exec forgets what its former threads went through", () => {
    const made = trace()
      .at("task_newtask", 5, { pid: 6, comm: "x", clone_flags: THREAD })
      .at("signal_deliver", 5, { sig: 9 })
      .at(...exit(5, 0))
      .at("sched_process_exec", 5, { filename: "/bin/x", pid: 5, old_pid: 6 })
      .at("sys_enter_exit_group", 5, { error_code: 2 })
      .at(...exit(5, 1));
    expect(made.exits()).toEqual([
      [5, null, null, true],
      [5, 2, null, false],
    ]);
  });

  test("exits of 32-bit programs count when nothing better is known", () => {
    const made = trace()
      .at("sys_enter", 8, { args: 3 })
      .at(...exit(8, 1))
      .at("sys_enter", 9, { args: 1 })
      .at("sys_enter_exit_group", 9, { error_code: 7 })
      .at(...exit(9, 1));
    expect(made.exits()).toEqual([
      [8, 3, null, false],
      [9, 7, null, false],
    ]);
  });

  test("a number that is used again has no past", () => {
    const made = trace()
      .at("sys_enter_exit_group", 8, { error_code: 4 })
      .at("task_newtask", 1, { pid: 8, comm: "x", clone_flags: PROCESS })
      .at(...exit(8, 1));
    expect(made.exits()).toEqual([[8, null, null, false]]);
  });

  test("nothing known of the end: unknown, not zero", () => {
    expect(
      trace()
        .at(...exit(8, 1))
        .exits(),
    ).toEqual([[8, null, null, false]]);
  });
});

describe("kernels whose exits do not tell whether the process is dead", () => {
  const old = (before?: (assembler: Assembler) => void): Trace => new Trace([NEWTASK, EXIT_OLD, EXIT_GROUP], before);
  const gone = (pid: number): [string, number, Record<string, number | string>] => [
    "sched_process_exit",
    pid,
    { pid, comm: "x" },
  ];

  test("threads are counted, also when the leader goes first", () => {
    const made = old()
      .at("task_newtask", 5, { pid: 6, comm: "x", clone_flags: THREAD })
      .at("task_newtask", 6, { pid: 7, comm: "x", clone_flags: THREAD })
      .at(...gone(5))
      .at(...gone(6))
      .at("sys_enter_exit_group", 7, { error_code: 3 })
      .at(...gone(7))
      .at(...gone(9));
    expect(made.exits()).toEqual([
      [5, null, null, true],
      [6, null, null, true],
      [5, 3, null, false],
      [9, null, null, false],
    ]);
  });

  test("threads known from /proc count once, even if their birth is in the trace as well", () => {
    const made = old((assembler) => {
      assembler.threads.add(6, 5);
      assembler.threads.add(7, 5);
    })
      .at("task_newtask", 5, { pid: 7, comm: "x", clone_flags: THREAD })
      .at(...gone(6))
      .at(...gone(7))
      .at(...gone(5));
    expect(made.exits().at(-1)).toEqual([5, null, null, false]);
    expect(made.exits()).toHaveLength(3);
  });
});

test("records of unknown events or too short for their event are counted, not read", () => {
  const made = new Trace([NEWTASK]).at("task_newtask", 1, { pid: 2, comm: "x", clone_flags: 0 }, 14);
  expect(made.events()).toEqual({ events: [], unknown: 1 });
});
