import { existsSync, readFileSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { integerPlace, parseEventFormat, textPlace } from "../../../src/ftrace/event-format.ts";
import { parseHeaderPage } from "../../../src/ftrace/header-page.ts";
import { Decoder, FormatError } from "../../../src/ftrace/decoder.ts";
import { RecordQueue } from "../../../src/ftrace/record-queue.ts";
import { FORK_5, FORK_6 } from "./format-samples.ts";

const OLD_KERNELS = new URL("../../../../shared/data/ftrace-formats/", import.meta.url);

describe("event format files", () => {
  test("a text in place and a text by location", () => {
    const five = parseEventFormat(FORK_5);
    const six = parseEventFormat(FORK_6);
    expect(five && textPlace(five, "parent_comm")).toEqual({ at: 8, how: "fixed", size: 16 });
    expect(six && textPlace(six, "parent_comm")).toEqual({ at: 8, how: "data-loc" });
    expect(five && integerPlace(five, "child_pid", 4)).toBe(44);
    expect(six && integerPlace(six, "child_pid", 4)).toBe(20);
    expect(six?.id).toBe(366);
  });

  test("relative locations and arrays of integers", () => {
    const text =
      "name: x\nID: 7\nformat:\n\tfield:__rel_loc char[] file;\toffset:8;\tsize:4;\tsigned:0;\n\tfield:unsigned long args[6];\toffset:16;\tsize:48;\tsigned:0;\n";
    const format = parseEventFormat(text);
    expect(format && textPlace(format, "file")).toEqual({ at: 8, how: "rel-loc" });
    expect(format?.fields.get("args")).toEqual({
      name: "args",
      type: "unsigned long[6]",
      offset: 16,
      size: 48,
      signed: false,
    });
    expect(format && textPlace(format, "args")).toBeNull();
  });

  test("no name, no ID, an impossible ID, no field: null", () => {
    expect(parseEventFormat("")).toBeNull();
    expect(parseEventFormat("name: x\nformat:\n")).toBeNull();
    expect(parseEventFormat(FORK_6.replace("ID: 366", "ID: 70000"))).toBeNull();
    expect(parseEventFormat("name: x\nID: 3\nformat:\n")).toBeNull();
  });

  test("an event without a needed field is refused by name", () => {
    const format = parseEventFormat(FORK_6.replaceAll("child_pid", "kid"));
    if (format === null) throw new Error("sample must parse");
    const make = (): Decoder => new Decoder(new Map([["sched_process_fork", format]]), 17, new RecordQueue());
    expect(make).toThrow(FormatError);
    expect(make).toThrow("sched_process_fork has no integer field child_pid");
  });
});

describe("header_page", () => {
  test("columns parted by tabs or by blanks", () => {
    const lines = [
      "field: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;",
      "field: local_t commit;\toffset:8;\tsize:8;\tsigned:1;",
      "field: int overwrite;\toffset:8;\tsize:1;\tsigned:1;",
      "field: char data;\toffset:16;\tsize:4080;\tsigned:0;",
    ].join("\n\t");
    const expected = { timestamp: 0, commit: 8, longSize: 8, data: 16, pageSize: 4096 };
    expect(parseHeaderPage(lines)).toEqual(expected);
    expect(parseHeaderPage(lines.replaceAll("\t", "   "))).toEqual(expected);
    expect(parseHeaderPage(lines.replace("size:4080", "size:65520"))?.pageSize).toBe(65_536);
  });

  test("a missing or impossible field: null", () => {
    expect(parseHeaderPage("")).toBeNull();
    expect(
      parseHeaderPage(
        "field: u64 timestamp; offset:0; size:8; signed:0;\nfield: char data; offset:4; size:10; signed:0;",
      ),
    ).toBeNull();
  });
});

/** A test that may lack its data must not do so silently in continuous integration. */
const missing = !existsSync(OLD_KERNELS);
describe.skipIf(missing && process.env["CI"] === undefined)(
  "format files of old kernels (skipped where the shared data folder is missing)",
  () => {
    const kernels = missing ? [] : readdirSync(OLD_KERNELS).filter((name) => /^\d/.test(name));
    test("are all there", () => expect(kernels.sort()).toEqual(["3.10-arm64", "3.4-arm32", "4.4-arm64", "5.10-arm64"]));

    test.each(kernels)("%s: every format parses and its places suit the decoder", (kernel) => {
      const events = new URL(`${kernel}/events/`, OLD_KERNELS);
      const layout = parseHeaderPage(readFileSync(new URL("header_page", events), "latin1"));
      expect(layout?.longSize).toBe(kernel.endsWith("arm32") ? 4 : 8);
      expect(layout?.pageSize).toBe(4096);
      const wanted = [
        "sched/sched_process_fork",
        "sched/sched_process_exec",
        "sched/sched_process_exit",
        "signal/signal_generate",
        "signal/signal_deliver",
        "task/task_newtask",
      ];
      const formats = new Map(
        wanted.flatMap((path) => {
          const file = new URL(`${path}/format`, events);
          const format = existsSync(file) ? parseEventFormat(readFileSync(file, "latin1")) : null;
          return format === null ? [] : [[format.name, format] as const];
        }),
      );
      expect(formats.size).toBeGreaterThanOrEqual(5);
      expect(() => new Decoder(formats, 17, new RecordQueue())).not.toThrow();
    });
  },
);
