import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test, type TestContext } from "vitest";
import { startScenario } from "../../lab/lab.mjs";
import { readEvents } from "../../src/casefolder/event-file.ts";
import { decoderFor } from "../../src/formats/trace-dat/events.ts";
import { fileBytes } from "../../src/formats/random-bytes.ts";
import { readTraceDat } from "../../src/formats/trace-dat/read.ts";
import { emptyLedger } from "../../src/model/ledger.ts";
import type { ProcessEvent } from "../../src/model/events.ts";
import { Kind } from "../../src/ftrace/record-queue.ts";
import { BufferReader, earliest } from "../../src/ftrace/trace-dat/records.ts";
import { openTrace } from "../../src/ftrace/trace-dat/open.ts";
import { recordTrace, TRACE_CMD } from "../support/record-trace.ts";
import { diagnosed, whoforks } from "../support/whoforks.ts";
import { needsLab, needsProgram } from "./needs.ts";

const KERNEL_SHARK = "/usr/lib/x86_64-linux-gnu/libkshark.so.2";

const folder = mkdtempSync(join(tmpdir(), "whoforks-trace-dat-"));
afterAll(() => rmSync(folder, { recursive: true }));

function needs(context: TestContext): void {
  needsLab(context);
  needsProgram(context, TRACE_CMD);
}

const traceCmd = (name: string, args: readonly string[]): string => recordTrace(folder, name, [...args, "sleep", "1"]);

const FIVE = [
  "sched_process_fork",
  "sched_process_exec",
  "sched_process_exit",
  "signal_generate",
  "sys_enter_exit_group",
];
const events = (names: readonly string[]): string[] => names.flatMap((name) => ["-e", name]);

interface Reported {
  comm: string;
  task: number;
  cpu: number;
  /** Nanoseconds since 1970. */
  at: bigint;
  event: string;
  fields: Record<string, string>;
}

/** What trace-cmd itself says of a file: raw fields, nanoseconds. */
function report(file: string): Reported[] {
  const { status, stdout, stderr } = spawnSync(TRACE_CMD, ["report", "-t", "-N", "-i", file], {
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  expect(status, stderr).toBe(0);
  return stdout.split("\n").flatMap((line) => {
    const parts = /^\s*(.+)-(\d+)\s+\[(\d+)\]\s+(\d+)\.(\d{9}): (\w+):\s+(.*)$/.exec(line);
    if (parts === null) return [];
    const [, comm, task, cpu, seconds, ns, event, rest] = parts as unknown as string[];
    const fields = Object.fromEntries(
      [...(rest as string).matchAll(/(\w+)[=:] ?(.*?)(?=\s+\w+[=:]|$)/g)].map(([, key, value]) => [key, value]),
    ) as Record<string, string>;
    const at = BigInt(seconds as string) * 1_000_000_000n + BigInt(ns as string);
    return [{ comm: comm as string, task: Number(task), cpu: Number(cpu), at, event: event as string, fields }];
  });
}

describe("what real trace-cmd recorded", () => {
  let files: [name: string, file: string][] = [];
  beforeAll(async () => {
    if (process.getuid?.() !== 0) return;
    const scenario = await startScenario("case", { seconds: 20 });
    try {
      const packs = spawnSync(TRACE_CMD, ["list", "-c"], { encoding: "utf8" }).stdout;
      files = [
        ["six", traceCmd("six", ["--file-version", "6", ...events(FIVE)])],
        ["seven", traceCmd("seven", ["--file-version", "7", "--compression", "none", ...events(FIVE)])],
        ...["zstd", "zlib"]
          .filter((name) => packs.includes(name))
          .map((name): [string, string] => [
            name,
            traceCmd(name, ["--file-version", "7", "--compression", name, ...events(FIVE)]),
          ]),
        ["forks only", traceCmd("few", events(["sched_process_fork"]))],
      ];
    } finally {
      await scenario.stop();
    }
  }, 120_000);

  test("is read record for record as trace-cmd report reads it, in every version and packing", async (context) => {
    needs(context);
    expect(files.length).toBeGreaterThanOrEqual(4);
    for (const [name, file] of files) {
      const { storms, sources, couldNotLook } = (await diagnosed(["--from", file])).result;
      expect(sources[0], name).toMatchObject({ kind: "trace-dat", skipped: 0, lost: 0 });
      const told = report(file);
      const of = (event: string): number => told.filter((one) => one.event === event).length;
      const reaped = told.filter(
        ({ event, fields }) =>
          event === "signal_generate" && fields["sig"] === "17" && /^[123]$/.test(fields["code"] ?? ""),
      );
      expect(sources[0]?.events, name).toBe(
        of("sched_process_fork") + of("sched_process_exec") + of("sched_process_exit") + reaped.length,
      );
      expect(of("sched_process_fork")).toBeGreaterThan(100);
      expect(storms[0], name).toMatchObject({ kind: "self-replicating-chain", program: { comm: "atd" } });
      const gaps = couldNotLook.map((gap) => gap.code);
      expect(gaps).toEqual(expect.arrayContaining(["trace-dat.no-cpu", "trace-dat.no-argv"]));
      expect(gaps.includes("trace-dat.no-exits"), name).toBe(name === "forks only");
      expect(gaps.includes("trace-dat.no-reaper"), name).toBe(name === "forks only");
    }
  });

  test("is read from standard input and packed by gzip too", async (context) => {
    needs(context);
    const [, file] = files[0] ?? ["", ""];
    const plain = await diagnosed(["--from", file]);
    const piped = await diagnosed(["--from", "-"], { input: readFileSync(file) });
    spawnSync("gzip", ["-k", file]);
    const packed = await diagnosed(["--from", `${file}.gz`]);
    expect(piped.result.storms.map(({ processes }) => processes)).toEqual(
      plain.result.storms.map(({ processes }) => processes),
    );
    expect(packed.result.symptom).toEqual(plain.result.symptom);
  });
});

describe("the trace.dat of a case", () => {
  const path = join(folder, "kept");
  beforeAll(async () => {
    if (process.getuid?.() !== 0) return;
    const scenario = await startScenario("case", { seconds: 20 });
    try {
      const run = await whoforks(["record", "-o", path, "--duration", "2s"]);
      expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    } finally {
      await scenario.stop();
    }
  }, 120_000);

  test("trace-cmd report reads every record of it as the decoder does", (context) => {
    needs(context);
    const fd = openSync(join(path, "trace.dat"), "r");
    try {
      const source = fileBytes(fd, () => undefined);
      const { description, problem } = openTrace(source);
      expect(problem).toBeNull();
      const [buffer] = description.buffers;
      const { layout, dateNs } = description;
      if (buffer === undefined || layout === null || dateNs === null) throw new Error("no buffer, layout or date");
      const origin = earliest(source, buffer, layout, null);
      if (origin === null) throw new Error("no pages");
      const { decoder } = decoderFor(description);
      const reader = new BufferReader(
        source,
        buffer,
        { layout, unpack: null, origin, scale: 1 },
        decoder,
        emptyLedger("t", 0),
      );
      const mine: string[] = [];
      const start = (BigInt(origin.high) << 32n) + BigInt(origin.low) + dateNs;
      while (
        reader.step((queue, at) => {
          const [kind, task, a, b] = [queue.kind[at], queue.task[at], queue.a[at], queue.b[at]];
          mine.push(`${start + BigInt(queue.ts[at] ?? 0)} ${kind} ${task} ${a} ${b} ${queue.text[at]}`);
        })
      );
      const theirs = report(join(path, "trace.dat")).flatMap(asDecoded);
      expect(theirs.length).toBeGreaterThan(1000);
      // Records of equal time on two CPUs have no order.
      expect(mine.sort()).toEqual(theirs.sort());
    } finally {
      closeSync(fd);
    }
  });

  test("KernelShark's library loads the same records, at the same times", (context) => {
    needs(context);
    needsProgram(context, KERNEL_SHARK);
    const loader = fileURLToPath(new URL("kernelshark-entries.mjs", import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, [loader, join(path, "trace.dat")], {
      encoding: "utf8",
      maxBuffer: 1 << 30,
    });
    expect(status, stderr).toBe(0);
    const loaded = stdout.trimEnd().split("\n");
    const reported = report(join(path, "trace.dat")).map(({ at, cpu, task, event }) => `${at} ${cpu} ${task} ${event}`);
    expect(loaded.length).toBeGreaterThan(1000);
    // It names an event with its system before it.
    expect(loaded.map((line) => line.replace(/ \w+\/(\w+)$/, " $1")).sort()).toEqual(reported.sort());
  });

  test("its storm is event for event the one in events.bin", async (context) => {
    needs(context);
    const kept: ProcessEvent[] = [];
    const events = openSync(join(path, "events.bin"), "r");
    const trace = openSync(join(path, "trace.dat"), "r");
    try {
      await readEvents(events, (event) => void kept.push({ ...event }));
      const again: ProcessEvent[] = [];
      const sinkOf = () => (event: ProcessEvent) => void again.push({ ...event });
      const source = fileBytes(trace, () => undefined);
      const reading = await readTraceDat(source, "trace.dat", sinkOf, () => false);
      expect(reading.ledger).toMatchObject({ lost: 0, skipped: 0 });
      // The two count time from different moments; everything else is the same.
      const ofStorm = (all: ProcessEvent[]): ProcessEvent[] => {
        const own = all.filter(
          (event) => "comm" in event && event.comm === "atd" && /^(?:fork|exit)$/.test(event.type),
        );
        const first = own[0]?.ts ?? 0;
        return own.map((event) => ({ ...event, ts: Math.round(event.ts - first) }));
      };
      expect(ofStorm(kept).length).toBeGreaterThan(500);
      expect(ofStorm(again)).toEqual(ofStorm(kept));
    } finally {
      closeSync(events);
      closeSync(trace);
    }
  });
});

/** A record of trace-cmd report as the decoder would queue it; none for those that it leaves out. */
function asDecoded({ at, task, event, fields }: Reported): string[] {
  const number = (field: string): number => Number(fields[field] ?? Number.NaN);
  const queued = (kind: number, who: number, a: number, b: number, text: string): string[] => [
    `${at} ${kind} ${who} ${a} ${b} ${text}`,
  ];
  switch (event) {
    case "task_newtask":
      return queued(Kind.newTask, task, number("pid"), Number(`0x${fields["clone_flags"]}`) | 0, fields["comm"] ?? "");
    case "sched_process_exec":
      return queued(Kind.exec, number("pid"), number("old_pid"), 0, fields["filename"] ?? "");
    case "sched_process_exit":
      return queued(Kind.exit, number("pid"), fields["group_dead"] === "true" ? 1 : 0, 0, fields["comm"] ?? "");
    case "sys_enter_exit_group":
      return queued(Kind.exitGroup, task, number("error_code") | 0, 0, "");
    case "sys_enter_exit":
      return queued(Kind.exitTask, task, number("error_code") | 0, 0, "");
    case "signal_generate":
      return fields["sig"] === "17"
        ? queued(Kind.childSignal, task, number("pid"), number("code"), fields["comm"] ?? "")
        : queued(Kind.signalSent, number("pid"), number("sig"), 0, "");
    case "signal_deliver":
      return queued(Kind.signalTaken, task, number("sig"), 0, "");
    default:
      return [];
  }
}
