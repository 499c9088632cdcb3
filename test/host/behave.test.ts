import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { behaviour as schema } from "../../src/behave/schema.ts";
import type { Behaviour, ProgramBehaviour } from "../../src/behave/result.ts";
import { ourProbes } from "../../src/capture/tracefs/probe-group.ts";
import { needsProgram } from "../lab/needs.ts";
import { whoforks } from "../support/whoforks.ts";
import type { CallKind } from "../../src/model/calls.ts";
import { cannotRun, instances, Programs } from "./tracefs-lab.ts";

const why = cannotRun();
const TRACING = "/sys/kernel/tracing";
const CHILDREN = 60;
/** exit_group does not come back, and strace -c counts what does; the first read was under way when we came. */
const NOT_COMPARED = new Set(["exit_group", "exit", "_exit", "read"]);

describe.skipIf(why !== null)(`calls of a real program${why === null ? "" : ` (skipped: ${why})`}`, () => {
  let programs: Programs;
  let series: string;
  let dynamic: string;
  const dir = mkdtempSync(join(tmpdir(), "whoforks-behave-"));
  const children = new Set<ChildProcess>();

  beforeAll(() => {
    programs = new Programs();
    series = programs.c("../behave/series", "series");
    dynamic = join(programs.dir, "dynamic");
    const source = new URL("../fixtures/behave/series.c", import.meta.url).pathname;
    const built = spawnSync("/usr/bin/gcc", ["-O1", "-o", dynamic, source], { encoding: "utf8" });
    if (built.status !== 0) throw new Error(built.stderr);
  });
  afterAll(() => {
    for (const child of children) child.kill("SIGKILL");
    programs.remove();
    rmSync(dir, { recursive: true });
  });

  /** The program waits until it is told to begin, so that whoever looks is there from the first child on. */
  function waiting(program = series): ChildProcess & { pid: number } {
    const child = spawn(program, [String(CHILDREN)], { stdio: ["pipe", "ignore", "ignore"] });
    children.add(child);
    child.on("close", () => children.delete(child));
    return child as ChildProcess & { pid: number };
  }

  const until = async (done: () => boolean): Promise<void> => {
    for (const end = Date.now() + 20_000; !done() && Date.now() < end;) await new Promise((go) => setTimeout(go, 10));
  };

  const tracerOf = (pid: number): number =>
    Number(/^TracerPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]);

  /** `whoforks behave PID` around the program's work. */
  async function behaved(
    args: readonly string[] = [],
    program = series,
  ): Promise<{ exitCode: number | null; result: Behaviour }> {
    const before = instances();
    const child = waiting(program);
    const running = whoforks(["behave", String(child.pid), "--json", "--for", "4s", ...args]);
    await until(() => instances().length > before.length || tracerOf(child.pid) !== 0);
    // The instance is there; its events are on a moment later.
    await new Promise((go) => setTimeout(go, 1000));
    child.stdin?.end("\n");
    const { exitCode, stdout, stderr } = await running;
    expect(stderr).toBe("");
    expect(instances()).toEqual(before);
    expect(probes()).toEqual([]);
    const result = JSON.parse(stdout) as Behaviour;
    expect(schema.safeParse(result).error).toBeUndefined();
    return { exitCode, result };
  }

  const probes = (): unknown[] => (existsSync(`${TRACING}/uprobe_events`) ? ourProbes(TRACING) : []);

  /** Runs a tool that attaches, and lets the program do its work meanwhile. */
  async function attached(command: readonly string[], program: string): Promise<void> {
    const child = waiting(program);
    const tool = spawn(command[0] as string, [...command.slice(1), "-p", String(child.pid)], { stdio: "ignore" });
    const closed = new Promise((resolve) => tool.on("close", resolve));
    await until(() => tracerOf(child.pid) !== 0);
    await new Promise((go) => setTimeout(go, 500));
    child.stdin?.end("\n");
    await closed;
  }

  test("counts and errors are those of strace -c -f, call by call", async (context) => {
    needsProgram(context, "/usr/bin/strace");
    const { result } = await behaved(["--with", "tracepoints"]);
    const ours = countsOf(result.programs);

    const out = join(dir, "strace");
    await attached(["/usr/bin/strace", "-f", "-c", "-o", out], series);
    expect(ours).toEqual(straceCounts(readFileSync(out, "utf8")));
    expect(result.sources[0]).toMatchObject({ kind: "tracefs", lost: 0, skipped: 0 });
  });

  test("library calls are those of ltrace -c -f, function by function", async (context) => {
    needsProgram(context, "/usr/bin/ltrace");
    const { result } = await behaved(["--with", "uprobes"], dynamic);
    expect(result.with).toEqual(["uprobes"]);
    const ours = countsOf(result.programs, "library");
    const out = join(dir, "ltrace");
    await attached(["/usr/bin/ltrace", "-f", "-c", "-o", out], dynamic);
    const theirs = ltraceCounts(readFileSync(out, "utf8"));
    expect(Object.keys(ours)).toEqual(expect.arrayContaining(["fork", "waitpid", "setsid", "syscall"]));
    for (const [name, [count]] of Object.entries(ours)) {
      // ltrace -c counts returns, and fork returns twice.
      const returns = name === "fork" ? 2 * count : count;
      if (name in theirs) expect(`${name} ${returns}`).toBe(`${name} ${theirs[name]}`);
    }
    expect(Object.keys(ours).filter((name) => !(name in theirs))).toEqual([]);
  });

  test.each([
    ["tracepoints", "exit_group"],
    ["uprobes", "_exit"],
    ["strace", "exit_group"],
    ["ltrace", "_exit"],
  ])("--with %s comes to the same judgement", async (way, last) => {
    if (way.endsWith("trace") && !existsSync(`/usr/bin/${way}`) && !process.env["CI"]) return;
    const { result } = await behaved(["--with", way], dynamic);
    expect(result.with).toEqual([way]);
    expect(result.judgement).toMatchObject({ outcome: "repeats", args: { whole: 60, repeating: 54 } });
    const [generations] = result.programs[0]?.generations ?? [];
    expect(generations?.sequence.at(-1)).toMatchObject({ call: last, exitCode: 0 });
    expect(result.sources[0]?.skipped).toBe(0);
  });

  test("a static program has no library calls to see, and it says so", async () => {
    const { result } = await behaved();
    expect(result.with).toEqual(["tracepoints"]);
    expect(result.couldNotLook).toMatchObject([{ code: "calls.static" }]);
    expect((await whoforks(["behave", String(waiting().pid), "--with", "uprobes"])).exitCode).toBe(3);
  });

  test("a function that is called all the time is left out, named, and the rest still compared", async () => {
    const busy = join(programs.dir, "busy");
    const source = new URL("../fixtures/behave/busy.c", import.meta.url).pathname;
    const built = spawnSync("/usr/bin/gcc", ["-O1", "-o", busy, source], { encoding: "utf8" });
    if (built.status !== 0) throw new Error(built.stderr);
    const { result } = await behaved(["--with", "uprobes"], busy);
    const [gap] = result.couldNotLook;
    expect(gap).toMatchObject({ code: "calls.too-often" });
    expect(gap?.what).toContain("getuid");
    expect(gap?.what).not.toMatch(/fork|setsid|getpgrp/);
    const ours = countsOf(result.programs, "library");
    expect(ours["fork"]).toEqual([CHILDREN, 0]);
    expect(ours).not.toHaveProperty("getuid");
    const [generations] = result.programs[0]?.generations ?? [];
    // The lives that were seen before it was left out are not compared with those after.
    expect(generations?.sequence.map(({ call }) => call)).toEqual(["setsid", "getpgrp", "_exit"]);
    expect(generations?.repeating).toBe(generations?.whole);
    expect(result.judgement).toMatchObject({ outcome: "repeats" });
  });

  test("ptrace never comes near PID 1, this program's own ancestors, or a process that is traced already", async (context) => {
    needsProgram(context, "/usr/bin/strace");
    for (const pid of [1, process.pid]) {
      const { exitCode, stdout } = await whoforks(["behave", String(pid), "--with", "strace", "--json"]);
      expect(exitCode).toBe(3);
      expect((JSON.parse(stdout) as Behaviour).couldNotLook).toMatchObject([{ code: "calls.not-to-be-traced" }]);
    }
    expect(tracerOf(1)).toBe(0);
  });

  test.each(["SIGINT", "SIGKILL"] as const)("strace lets go when this program gets %s", async (signal) => {
    if (!existsSync("/usr/bin/strace") && !process.env["CI"]) return;
    const child = waiting();
    await whoforks(["behave", String(child.pid), "--with", "strace", "--for", "40s"], {
      during: (tool) => void until(() => tracerOf(child.pid) !== 0).then(() => tool.kill(signal)),
    });
    await until(() => tracerOf(child.pid) === 0);
    expect(tracerOf(child.pid)).toBe(0);
    expect(child.exitCode).toBeNull();
  });

  test("probes of a killed run are removed by the next one", async () => {
    const child = waiting(dynamic);
    await whoforks(["behave", String(child.pid), "--for", "30s"], {
      during: (tool) => void until(() => probes().length > 3).then(() => tool.kill("SIGKILL")),
    });
    expect(probes().length).toBeGreaterThan(3);
    await whoforks(["behave", String(child.pid), "--for", "100ms", "--with", "tracepoints"]);
    expect(probes()).toEqual([]);
    // The program runs on as if nothing had been.
    child.stdin?.end("\n");
    await until(() => child.exitCode !== null);
    expect(child.exitCode).toBe(0);
  });

  test("each child is a generation: the sequence, how many repeat it, and what every tenth does instead", async () => {
    const { exitCode, result } = await behaved();
    const main = result.programs[0];
    expect(main?.program).toEqual({ exe: series, comm: "series" });
    const system = main?.generations.find(({ calls }) => calls === "system");
    expect(system).toMatchObject({ whole: CHILDREN, repeating: CHILDREN * 0.9 });
    const steps = system?.sequence.map(({ call, error, times }) => [call, error, times]);
    expect(steps?.slice(-5)).toEqual([
      ["getppid", null, 1],
      ["setsid", null, 1],
      ["openat", "ENOENT", 1],
      ["getuid", null, 3],
      ["exit_group", null, 1],
    ]);
    expect(system?.variants).toMatchObject([{ count: CHILDREN / 10, instead: { call: "sched_yield" } }]);
    expect(result.judgement).toMatchObject({ outcome: "repeats", args: { repeating: 54, whole: 60 } });
    expect(result.target).toMatchObject({ abi: { machine: "x86_64", bits: 64 }, storm: null });
    expect(exitCode).toBe(0);
  });

  test("Ctrl-C leaves nothing behind, and says what was seen", async () => {
    const before = instances();
    const child = waiting();
    const run = await whoforks(["behave", String(child.pid), "--json", "--for", "30s"], {
      during: (tool) => void until(() => instances().length > before.length).then(() => tool.kill("SIGINT")),
    });
    expect(run.exitCode).toBe(130);
    expect((JSON.parse(run.stdout) as Behaviour).window.seconds).toBeLessThan(20);
    expect(instances()).toEqual(before);
  });

  test("what a killed run has left is removed by the next one", async () => {
    const before = instances();
    const child = waiting();
    await whoforks(["behave", String(child.pid), "--for", "30s"], {
      during: (tool) => void until(() => instances().length > before.length).then(() => tool.kill("SIGKILL")),
    });
    expect(instances().length).toBe(before.length + 1);
    const { exitCode } = await whoforks(["behave", String(child.pid), "--for", "100ms"]);
    expect(exitCode).toBe(0);
    expect(instances()).toEqual(before);
  });

  test("a process that is not there, a kernel thread, and nonsense are refused with a reason", async () => {
    const kthread = "2";
    expect((await whoforks(["behave", "4194303"])).stderr).toMatch(/no process 4194303/);
    for (const target of ["4194303", kthread, "storm-0", "atd"])
      expect((await whoforks(["behave", target])).exitCode).toBe(2);
  });

  test("without root it says that it could not look, and how it could", async () => {
    const { exitCode, stdout } = await whoforks(["behave", String(process.pid), "--json"], { uid: 65534 });
    expect(exitCode).toBe(4);
    const { judgement, couldNotLook } = JSON.parse(stdout) as Behaviour;
    expect(judgement.outcome).toBe("could-not-look");
    expect(couldNotLook[0]).toMatchObject({ code: "tracefs.no-root" });
  });
});

type Counts = Record<string, [calls: number, errors: number]>;

function countsOf(programs: readonly ProgramBehaviour[], wanted: CallKind = "system"): Counts {
  const counts: Counts = {};
  for (const { calls } of programs)
    for (const { kind, name, count, errors } of calls) {
      if (kind !== wanted || NOT_COMPARED.has(name)) continue;
      const [calls1, errors1] = counts[name] ?? [0, 0];
      counts[name] = [calls1 + count, errors1 + errors.reduce((sum, one) => sum + one.count, 0)];
    }
  return counts;
}

/** `% time seconds usecs/call calls function`. */
function ltraceCounts(table: string): Record<string, number> {
  const rows = table.matchAll(/^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(\w+)$/gm);
  return Object.fromEntries([...rows].map(([, count, name]) => [name as string, Number(count)]));
}

/** `% time seconds usecs/call calls errors syscall`, errors blank where there are none. */
function straceCounts(table: string): Counts {
  const counts: Counts = {};
  for (const line of table.split("\n")) {
    const match = /^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:(\d+)\s+)?(\w+)$/.exec(line);
    if (match === null || match[3] === "total" || NOT_COMPARED.has(match[3] as string)) continue;
    counts[match[3] as string] = [Number(match[1]), Number(match[2] ?? 0)];
  }
  return counts;
}
