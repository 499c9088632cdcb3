import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test, type TestContext } from "vitest";
import { inMemory } from "../../src/ftrace/trace-dat/cursor.ts";
import { readTraceDat } from "../../src/formats/trace-dat/read.ts";
import { traceTextFormat } from "../../src/formats/trace-text/index.ts";
import type { ProcessEvent } from "../../src/model/events.ts";
import { recordTrace, TRACE_CMD } from "../support/record-trace.ts";
import { mountedTracefs } from "../support/tracefs.ts";
import { diagnosed } from "../support/whoforks.ts";
import { MEMBERS, RecordedStorms, ROUNDS, RUNS } from "./recorded-storms.ts";
import { cannotRun } from "./tracefs-lab.ts";

const PERF = "/usr/bin/perf";
const EVENTS = [
  "task/task_newtask",
  "sched/sched_process_fork",
  "sched/sched_process_exec",
  "sched/sched_process_exit",
  "signal/signal_generate",
  "signal/signal_deliver",
  "syscalls/sys_enter_exit_group",
  "syscalls/sys_enter_exit",
];
const obstacle = cannotRun();

function needs(context: TestContext, program: string): void {
  if (existsSync(program)) return;
  if (process.env["CI"]) throw new Error(`${program} is not installed`);
  context.skip(`${program} is not installed`);
}

/** Records the kernel's own text while something runs: of an instance of ours, which is gone afterwards. */
async function kernelText(run: () => Promise<void>, options: readonly string[] = []): Promise<string> {
  const instance = `/sys/kernel/tracing/instances/whoforks-test-${process.pid}`;
  mkdirSync(instance);
  try {
    writeFileSync(`${instance}/trace_clock`, "mono");
    writeFileSync(`${instance}/buffer_size_kb`, "8192");
    for (const option of options) writeFileSync(`${instance}/options/${option}`, "1");
    for (const event of EVENTS) writeFileSync(`${instance}/events/${event}/enable`, "1");
    await run();
    writeFileSync(`${instance}/tracing_on`, "0");
    return readFileSync(`${instance}/trace`, "latin1");
  } finally {
    rmdirSync(instance);
  }
}

/** Events without the time, which text cuts to microseconds. */
function withoutTime(events: readonly ProcessEvent[]): unknown[] {
  return events.map((event) => ({ ...event, ts: 0 }));
}

describe.skipIf(obstacle !== null)(`text of kernel traces${obstacle === null ? "" : ` (${obstacle})`}`, () => {
  let storms: RecordedStorms;
  let leaveTracefs: () => void;
  beforeAll(() => {
    leaveTracefs = mountedTracefs();
    storms = new RecordedStorms();
  }, 60_000);
  afterAll(() => {
    storms.remove();
    leaveTracefs();
  });

  const keep = (name: string, text: string): string => {
    const file = storms.empty(name);
    writeFileSync(file, text, "latin1");
    return file;
  };

  test("the kernel's own: a chain, every fork and end of it", async () => {
    const text = await kernelText(() => storms.run(storms.command("chain")), ["record-tgid"]);
    const { result } = await diagnosed(["--from", keep("chain.trace", text)]);
    expect(result.sources[0]).toMatchObject({ kind: "trace-text", lost: 0 });
    const storm = result.storms.find(({ program }) => program.exe?.endsWith("/wf-chain"));
    expect(storm).toMatchObject({
      kind: "self-replicating-chain",
      processes: MEMBERS + 1,
      generations: { depth: MEMBERS + 1, branching: 1 },
      exits: [{ code: 0, signal: null, count: MEMBERS + 1 }],
      reaper: { comm: "wf-reaper" },
    });
    const gaps = result.couldNotLook.map(({ code }) => code);
    expect(gaps).toEqual(expect.arrayContaining(["kernel-events.no-argv", "kernel-events.no-cpu"]));
    expect(gaps).not.toContain("kernel-events.no-exit-status");
  });

  test("the kernel's own: a supervisor of what crashes, and a loop of a shell", async () => {
    const crash = await kernelText(() => storms.run(storms.command("crash")));
    const crashed = (await diagnosed(["--from", keep("crash.trace", crash)])).result;
    expect(crashed.storms.find(({ program }) => program.exe?.endsWith("/wf-worker"))).toMatchObject({
      kind: "crash-loop",
      processes: RUNS,
      spawner: { exe: expect.stringMatching(/wf-superd$/) as string },
      exits: [{ code: null, signal: "SIGSEGV", count: RUNS }],
    });
    const loop = await kernelText(() => storms.run(storms.command("shell-loop")));
    const looped = (await diagnosed(["--from", keep("loop.trace", loop)])).result;
    expect(looped.storms.find(({ kind }) => kind === "shell-loop")).toMatchObject({
      processes: 2 * ROUNDS,
      spawner: { exe: expect.stringMatching(/dash$/) as string },
    });
  });

  test("trace-cmd report gives event for event what its file gives", async (context) => {
    needs(context, TRACE_CMD);
    const options = EVENTS.flatMap((event) => ["-e", event.replace("/", ":")]);
    const file = recordTrace(storms.dir, "chain.dat", ["-C", "mono", ...options, ...storms.command("chain")]);
    const theirs: ProcessEvent[] = [];
    const reading = await readTraceDat(
      inMemory(readFileSync(file)),
      file,
      () => (event) => void theirs.push({ ...event }),
      () => false,
    );
    expect(reading.ledger.lost).toBe(0);
    expect(theirs.filter(({ type }) => type === "fork").length).toBeGreaterThan(MEMBERS);
    for (const columns of [["-t"], [], ["-l"]]) {
      const { stdout } = spawnSync(TRACE_CMD, ["report", ...columns, "-i", file], { maxBuffer: 1 << 28 });
      const mine: ProcessEvent[] = [];
      const reader = traceTextFormat.open(() => (event) => void mine.push({ ...event }));
      reader.push(stdout, "report");
      expect(reader.end().ledger.skipped).toBe(0);
      expect(withoutTime(mine)).toEqual(withoutTime(theirs));
      // Both begin with their own first event.
      const gaps = (events: ProcessEvent[]): number[] => events.map(({ ts }) => Math.round(ts - (events[0]?.ts ?? 0)));
      if (columns.includes("-t")) expect(gaps(mine)).toEqual(gaps(theirs));
    }
  });

  test("perf script: as many forks as perf itself counts, and the same chain", async (context) => {
    needs(context, PERF);
    const data = storms.empty("perf.data");
    const events = EVENTS.flatMap((event) => (event.startsWith("task/") ? [] : ["-e", event.replace("/", ":")]));
    // Only what the command starts is recorded, in the PID namespace that it makes.
    const fence = ["unshare", "-p", "-f", "--kill-child", "timeout", "30", ...storms.command("chain")];
    const run = spawnSync(PERF, ["record", "-q", "-m", "4M", "-o", data, ...events, ...fence], { encoding: "utf8" });
    expect(run.status, run.stderr).toBe(0);
    const script = (...more: string[]): string =>
      spawnSync(PERF, ["script", "-i", data, ...more], { encoding: "latin1", maxBuffer: 1 << 28 }).stdout;
    const text = script("--show-lost-events");
    const lost = /PERF_RECORD_LOST/.test(text);
    const counted = text.match(/sched:sched_process_fork: /g)?.length ?? 0;
    for (const output of [text, script("--ns"), script("-F", "comm,pid,tid,cpu,time,event,trace")]) {
      const { result } = await diagnosed(["--from", keep("perf.txt", output)]);
      expect(result.sources[0]).toMatchObject({ kind: "perf-script", skipped: 0 });
      const storm = result.storms.find(({ program }) => program.exe?.endsWith("/wf-chain"));
      expect(storm?.kind).toBe("self-replicating-chain");
      if (lost) continue;
      expect(storm?.processes).toBe(MEMBERS + 1);
      expect(Math.round((result.symptom.forksPerSecond ?? 0) * result.window.seconds)).toBe(counted);
      expect(storm?.exits).toEqual([{ code: 0, signal: null, count: MEMBERS + 1 }]);
    }
  });
});
