import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { entryDefinition, hasEprobes, LONGEST_COMMAND } from "../../../src/capture/tracefs/eprobes.ts";
import { removeLeftoverProbes } from "../../../src/capture/tracefs/probe-group.ts";
import { Assembler } from "../../../src/ftrace/assembler.ts";
import { CallDecoder, CallFlag } from "../../../src/ftrace/call-decoder.ts";
import { parseEventFormat } from "../../../src/ftrace/event-format.ts";
import { readPage } from "../../../src/ftrace/page.ts";
import { Kind, RecordQueue } from "../../../src/ftrace/record-queue.ts";
import type { ProcessEvent } from "../../../src/model/events.ts";
import { ownLife } from "../../../src/platform/process-identity.ts";
import { GENERATIONS, KernelEprobe, memoryOf, type Generation, type Memory } from "./eprobe-kernel.ts";
import { LAYOUT_64, PageEncoder } from "./page-encoder.ts";

const GROUP = "whoforks_4294967_184467440737";
const EXECVE = entryDefinition(GROUP, "entry_execve", "sys_enter_execve", true);
const EXECVEAT = entryDefinition(GROUP, "entry_execveat", "sys_enter_execveat", false);
/** In the middle of a page, so that a vector of a few arguments lies in one. */
const VECTOR = 0x7ffc_0000_0800;
const STRINGS = 0x5581_2000_0100;
const FILE = 0x5581_3000_0000;
const zeros = (): number => 0;

interface Asked {
  argv: readonly string[];
  file?: string;
  generation?: Generation;
  resident?: (page: number) => boolean;
  stale?: (at: number) => number;
  vector?: number;
  /** Where each argument lies; one after the other by default. */
  at?: readonly number[];
  command?: string;
}

/** A call of execve(2) and the addresses that the kernel's own event of it would have. */
function call({ argv, file = "/bin/x", resident, vector = VECTOR, at }: Asked): {
  memory: Memory;
  event: Record<string, number>;
} {
  // prettier-ignore
  let next = STRINGS;
  const texts = argv.map((text, n) => {
    const place = at?.[n] ?? next;
    next += new TextEncoder().encode(text).length + 1;
    return { at: place, text };
  });
  const pointers = [...texts.map((text) => text.at), 0];
  const memory = memoryOf({ at: vector, pointers }, [...texts, { at: FILE, text: file }], resident);
  return { memory, event: { filename: FILE, argv: vector } };
}

/** Reads what the kernel writes for it, on a page, and what is queued of it. */
function queued(asked: Asked): RecordQueue {
  const { generation = "6.5", stale = zeros, command = EXECVE } = asked;
  const probe = new KernelEprobe(command, generation);
  const decoder = new CallDecoder(new RecordQueue(), true);
  expect(decoder.addEntry(parseEventFormat(probe.format()) as never)).toBe(true);
  const { memory, event } = call(asked);
  const record = probe.record(7, event, memory, stale);
  if (record !== null) {
    const page = new PageEncoder(LAYOUT_64, 1000n).discarded(1, 40).large(10, record).end();
    expect(readPage(page, LAYOUT_64, { high: 0, low: 0 }, decoder).problem).toBeNull();
    expect(decoder).toMatchObject({ entries: 1, unknown: 0, calls: 0 });
  }
  return decoder.queue;
}

function told(asked: Asked, exe: string | null = "/bin/x"): ProcessEvent | undefined {
  const queue = queued(asked);
  if (exe === null) queue.push(2000, Kind.execFailed, 7, -2, 0, "");
  else queue.push(2000, Kind.exec, 7, 7, 0, exe);
  return assembled(queue)[0];
}

function assembled(queue: RecordQueue): ProcessEvent[] {
  const events: ProcessEvent[] = [];
  const assembler = new Assembler((event) => events.push(event));
  for (let at = queue.head; at < queue.tail; at++) assembler.take(queue, at);
  return events;
}

const pageOf = (at: number): number => Math.floor(at / 4096);

describe("definitions of event probes", () => {
  test("in the kernel's notation, within its bounds, with the mark by which they are removed", () => {
    expect(EXECVE).toMatch(
      /^e:whoforks_4294967_184467440737\/entry_execve syscalls\.sys_enter_execve argv=\$argv:u64 /,
    );
    expect(EXECVE).toContain(" file=+u0($filename):ustring p0=+u0($argv):u64 p1=+u8($argv):u64 ");
    expect(EXECVE).toContain(" p16=+u128($argv):u64 a0=+u0(+u0($argv)):ustring a1=+u0(+u8($argv)):ustring ");
    expect(EXECVE.endsWith(" a15=+u0(+u120($argv)):ustring\n")).toBe(true);
    // The name that execveat(2) gets counts from a directory.
    expect(EXECVEAT).not.toContain("filename");
    for (const command of [EXECVE, EXECVEAT]) expect(command.length).toBeLessThan(LONGEST_COMMAND);
    for (const generation of GENERATIONS) expect(() => new KernelEprobe(EXECVE, generation)).not.toThrow();
  });

  test("are asked for where the kernel may have them", () => {
    const with515 =
      "\t   Format: p[:[<group>/][<event>]] <place> [<args>]\n\t           e[:[<group>/][<event>]] <attached-group>.<attached-event> [<args>]\n";
    const before = "\t   Format: p[:[<group>/]<event>] <place> [<args>]\n";
    expect(hasEprobes(with515, () => true)).toBe(true);
    // The line stands there also where they are not built in.
    expect(hasEprobes(with515, (option) => (option === "EPROBE_EVENTS" ? false : null))).toBe(false);
    expect(hasEprobes(with515, () => null)).toBeNull();
    expect(hasEprobes(before, () => true)).toBe(false);
    expect(hasEprobes(null, () => true)).toBe(true);
  });
});

describe.each(GENERATIONS)("arguments at the entry of execve(2), as Linux %s writes them", (generation) => {
  test("all of them, also empty ones and those with blanks", () => {
    for (const argv of [["sh", "-c", "exit 0", ""], ["x"], ["x", "", "", "ü €"]]) {
      const event = told({ argv, generation, stale: () => 0x5a });
      expect(event).toMatchObject({ type: "exec", pid: 7, exe: "/bin/x", argv, error: 0 });
      expect(event).not.toHaveProperty("argvCut");
    }
  });

  test("sixteen are whole, of more the first sixteen and that they are cut", () => {
    const many = Array.from({ length: 17 }, (_, n) => `${n}`);
    expect(told({ argv: many.slice(0, 16), generation })).not.toHaveProperty("argvCut");
    expect(told({ argv: many, generation })).toMatchObject({ argv: many.slice(0, 16), argvCut: true });
  });

  test("up to the first that is not in memory", () => {
    const at = [STRINGS, STRINGS + 0x5000, STRINGS + 8];
    const resident = (page: number): boolean => page !== pageOf(STRINGS + 0x5000);
    const event = told({ argv: ["sh", "-c", "exit"], at, resident, generation });
    expect(event).toMatchObject({ argv: ["sh"], argvCut: true });
    // The last one, behind which the kernel has no room left.
    const last = told({ argv: ["sh", "-c"], at, resident, generation });
    expect(last).toMatchObject({ argv: ["sh"], argvCut: true });
  });

  test("none where the first is not in memory, or the vector is not", () => {
    for (const missing of [STRINGS, VECTOR])
      expect(told({ argv: ["sh", "-c"], resident: (page) => page !== pageOf(missing), generation })).toMatchObject({ argv: null }); // prettier-ignore
  });

  test("are cut where the rest of the vector, or its end, lies in a page that is not in memory", () => {
    // Two pointers, then the next page: there is the third, or the NULL.
    const vector = 0x7ffc_0000_1000 - 16;
    const resident = (page: number): boolean => page !== pageOf(0x7ffc_0000_1000);
    for (const argv of [["sh", "-c"], ["sh", "-c", "exit"]])
      for (const stale of [0, 0xff, 0x5a])
        expect(told({ argv, vector, resident, generation, stale: () => stale })).toMatchObject({ argv: ["sh", "-c"], argvCut: true }); // prettier-ignore
  });

  test("an argument that reads (fault) is taken for one that is missing", () => {
    expect(told({ argv: ["echo", "(fault)", "x"], generation })).toMatchObject({ argv: ["echo"], argvCut: true });
  });

  test("of a file that is not in memory are joined by task and order alone", () => {
    const resident = (page: number): boolean => page !== pageOf(FILE);
    expect(told({ argv: ["x", "1"], resident, generation }, "/bin/other")).toMatchObject({ exe: "/bin/other", argv: ["x", "1"] }); // prettier-ignore
    expect(told({ argv: ["x", "1"], generation }, "/bin/other")).toMatchObject({ argv: null });
  });

  test("belong to the exec that fails as well, with its file", () => {
    expect(told({ argv: ["x", "1"], file: "/nowhere/x", generation }, null)).toMatchObject({ exe: "/nowhere/x", argv: ["x", "1"], error: -2 }); // prettier-ignore
  });

  test("of execveat(2) name no file", () => {
    const queue = queued({ argv: ["x", "1"], command: EXECVEAT, generation });
    expect((queue.b[0] as number) & CallFlag.fileKnown).toBe(0);
  });

  test("are never made up, whatever is in memory and whatever lay in the buffer", () => {
    const word = fc.string({ unit: "grapheme-ascii", maxLength: 12 });
    const argvs = fc.array(word, { maxLength: 20 });
    const any = fc.record({
      argv: argvs,
      // From any slot of a page, so that the vector may cross into the next.
      vector: fc.integer({ min: 480, max: 511 }).map((slot) => 0x7ffc_0000_0000 + slot * 8),
      places: fc.array(fc.integer({ min: 0, max: 5 * 4096 }), { minLength: 20, maxLength: 20 }),
      out: fc.integer({ min: 0, max: 255 }),
      seed: fc.integer({ min: 1, max: 0xffff }),
    });
    fc.assert(
      fc.property(any, ({ argv, vector, places, out, seed }) => {
        // Places are kept apart: each text has 16 bytes of its own.
        const at = places.map((place, n) => STRINGS + (place - (place % 512)) + n * 16);
        const gone = new Set([0, 1, 2, 3, 4].filter((n) => (out >> n) & 1).map((n) => pageOf(STRINGS) + n));
        if ((out >> 5) & 1) gone.add(pageOf(vector));
        if ((out >> 6) & 1) gone.add(pageOf(0x7ffc_0000_1000));
        // Stale bytes: zeros for some, anything for others.
        const stale = (byte: number): number => ((seed & 3) === 0 ? 0 : (byte * seed) & 0xff);
        const event = told({ argv, vector, at, generation, stale, resident: (page) => !gone.has(page) });
        expect(event?.type).toBe("exec");
        if (event?.type !== "exec" || event.argv === null) return;
        expect(event.argv).toEqual(argv.slice(0, event.argv.length));
        if (event.argvCut !== true) expect(event.argv).toEqual(argv);
      }),
      { numRuns: 1500 },
    );
  });

  test("are not recorded where they do not fit a page", () => {
    expect(told({ argv: ["sh", "-c", "x".repeat(4000)], generation })).toMatchObject({ argv: null });
    expect(told({ argv: ["sh", "-c", "x".repeat(3000)], generation })).toMatchObject({ argv: ["sh", "-c", "x".repeat(3000)] }); // prettier-ignore
  });
});

describe("both ways to arguments", () => {
  const NONE = CallFlag.fileKnown;
  const ENTRY = CallFlag.fileKnown | CallFlag.atEntry;

  function after(...records: (readonly [flags: number, file: string, argv: readonly string[]])[]): ProcessEvent[] {
    const queue = new RecordQueue();
    for (const [n, [flags, file, argv]] of records.entries())
      queue.push(n, Kind.execCall, 7, argv.length, flags, [file, ...argv].join("\0"));
    queue.push(100, Kind.exec, 7, 7, 0, "/bin/x");
    return assembled(queue);
  }

  test("the C library's stays where the entry of its system call tells less", () => {
    expect(after([NONE, "/bin/x", ["x", "1", "2"]], [ENTRY | CallFlag.cut, "/bin/x", ["x"]])).toMatchObject([{ argv: ["x", "1", "2"] }]); // prettier-ignore
  });

  test("the entry's counts where no C library was seen, or another call's", () => {
    expect(after([ENTRY, "/bin/x", ["x", "1"]])).toMatchObject([{ argv: ["x", "1"] }]);
    expect(after([NONE, "/bin/x", ["x", "1"]], [ENTRY, "/bin/x", ["x", "other"]])).toMatchObject([{ argv: ["x", "other"] }]); // prettier-ignore
    expect(after([NONE, "/bin/x", ["x"]], [ENTRY, "/bin/x", ["x", "more"]])).toMatchObject([{ argv: ["x", "more"] }]);
  });

  test("a second entry without another call in a C library is a call of its own", () => {
    const first = [NONE, "/bin/x", ["x", "1"]] as const;
    const entry = [ENTRY | CallFlag.cut, "/bin/x", ["x"]] as const;
    // The outcome of the first was lost.
    expect(after(first, entry, entry)).toMatchObject([{ argv: ["x"], argvCut: true }]);
  });
});

describe("leftovers of a run that was killed", () => {
  test("are found among the kernel's probes of every kind and deleted by name; those of the living and of others stay", () => {
    const dir = mkdtempSync(join(tmpdir(), "whoforks-eprobes-"));
    try {
      const { pid, startTicks } = ownLife();
      // As trace_eprobe.c eprobe_dyn_event_show, trace_uprobe.c and trace_events_synth.c print them.
      const listed = [
        "e:whoforks_4194300_1/entry_execve syscalls.sys_enter_execve argv=$argv:u64 a0=+u0(+u0($argv)):ustring",
        "p:whoforks_4194300_1/execve_1 /proc/self/fd/20:0x00000000000d4ad0 argv=+0(%si):u64[17]",
        `e:whoforks_${pid}_${startTicks}/entry_execve syscalls.sys_enter_execve argv=$argv:u64`,
        "e:eprobes/somebody syscalls.sys_enter_execve argv=$argv:u64",
        "s:synthetic/whoforks_4194300_1 u64 x",
        "",
      ].join("\n");
      writeFileSync(join(dir, "dynamic_events"), listed);
      expect(removeLeftoverProbes(dir)).toEqual(["whoforks_4194300_1/entry_execve", "whoforks_4194300_1/execve_1"]);
      expect(readFileSync(join(dir, "dynamic_events"), "latin1")).toBe(
        `${listed}-:whoforks_4194300_1/entry_execve\n-:whoforks_4194300_1/execve_1\n`,
      );
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
