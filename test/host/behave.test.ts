import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { behaviour as schema } from "../../src/behave/schema.ts";
import type { Behaviour, ProgramBehaviour } from "../../src/behave/result.ts";
import { needsProgram } from "../lab/needs.ts";
import { whoforks } from "../support/whoforks.ts";
import { cannotRun, instances, Programs } from "./tracefs-lab.ts";

const why = cannotRun();
const CHILDREN = 60;
/** exit_group does not come back, and strace -c counts what does; the first read was under way when we came. */
const NOT_COMPARED = new Set(["exit_group", "exit", "read"]);

describe.skipIf(why !== null)(`calls of a real program${why === null ? "" : ` (skipped: ${why})`}`, () => {
  let programs: Programs;
  let series: string;
  const dir = mkdtempSync(join(tmpdir(), "whoforks-behave-"));
  const children = new Set<ChildProcess>();

  beforeAll(() => {
    programs = new Programs();
    series = programs.c("../behave/series", "series");
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

  /** `whoforks behave PID` around the program's work. */
  async function behaved(
    args: readonly string[] = [],
    program = series,
  ): Promise<{ exitCode: number | null; result: Behaviour }> {
    const before = instances();
    const child = waiting(program);
    const running = whoforks(["behave", String(child.pid), "--json", "--for", "4s", ...args]);
    await until(() => instances().length > before.length);
    // The instance is there; its events are on a moment later.
    await new Promise((go) => setTimeout(go, 1000));
    child.stdin?.end("\n");
    const { exitCode, stdout, stderr } = await running;
    expect(stderr).toBe("");
    expect(instances()).toEqual(before);
    const result = JSON.parse(stdout) as Behaviour;
    expect(schema.safeParse(result).error).toBeUndefined();
    return { exitCode, result };
  }

  test("counts and errors are those of strace -c -f, call by call", async (context) => {
    needsProgram(context, "/usr/bin/strace");
    const { result } = await behaved(["--with", "tracepoints"]);
    const ours = countsOf(result.programs);

    const out = join(dir, "strace");
    const child = waiting();
    const strace = spawn("/usr/bin/strace", ["-f", "-c", "-o", out, "-p", String(child.pid)], { stdio: "pipe" });
    let said = "";
    strace.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    await until(() => said.includes("attached"));
    child.stdin?.end("\n");
    await new Promise((closed) => strace.on("close", closed));
    expect(ours).toEqual(straceCounts(readFileSync(out, "utf8")));
    expect(result.sources[0]).toMatchObject({ kind: "tracefs", lost: 0, skipped: 0 });
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

function countsOf(programs: readonly ProgramBehaviour[]): Counts {
  const counts: Counts = {};
  for (const { calls } of programs)
    for (const { kind, name, count, errors } of calls) {
      if (kind !== "system" || NOT_COMPARED.has(name)) continue;
      const [calls1, errors1] = counts[name] ?? [0, 0];
      counts[name] = [calls1 + count, errors1 + errors.reduce((sum, one) => sum + one.count, 0)];
    }
  return counts;
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
