import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { readInputs, type InputReading } from "../../src/formats/input.ts";
import type { ProcessEvent } from "../../src/model/events.ts";
import { needs32Bit } from "../support/32-bit.ts";
import { CHAIN, REAPER } from "../support/chain-programs.ts";

/**
 * Real logs, recorded here by the strace and ltrace of this host with many of their options, of a program that does the same each
 * time and writes down what it did: numbers, exit statuses, what it executed.
 */
let dir = "";
let obstacle: string | null = null;

/** fork, vfork, a thread, an exec that fails, an exec from a thread, ends by status and by signal. Tells its children's numbers. */
const PROGRAM = `#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static FILE *truth;
static char *const words[] = {"true", "one two", "q\\"=) = 1", NULL};
static void *nothing(void *p) { return p; }
static void *execs(void *p) { execv("/bin/true", words); return p; }
static void told(const char *what, pid_t pid) { fprintf(truth, "%s %d\\n", what, pid); fflush(truth); }
int main(int n, char **v) {
  truth = fopen(v[1], "w");
  told("root", getpid());
  for (int code = 0; code < 5; code++) {
    pid_t pid = fork();
    if (pid == 0) _exit(code);
    told("exit", pid), fprintf(truth, "code %d\\n", code);
    waitpid(pid, NULL, 0);
  }
  pid_t pid = vfork();
  if (pid == 0) { execv("/nowhere/at all", words); execv("/bin/true", words); _exit(9); }
  told("exec", pid);
  waitpid(pid, NULL, 0);
  if ((pid = fork()) == 0) { raise(SIGKILL); }
  told("killed", pid);
  waitpid(pid, NULL, 0);
  if ((pid = fork()) == 0) {
    pthread_t one, two;
    pthread_create(&one, NULL, nothing, NULL);
    pthread_join(one, NULL);
    pthread_create(&two, NULL, execs, NULL);
    pause();
  }
  told("thread-exec", pid);
  waitpid(pid, NULL, 0);
  fprintf(truth, "end\\n");
  fclose(truth);
  return 7;
}
`;
/** Forks through int 0x80; the child exits with 3, the parent with 0. */
const PROGRAM_32 = `.globl _start
_start: mov $2,%eax
 int $0x80
 test %eax,%eax
 mov $0,%ebx
 jnz 1f
 mov $3,%ebx
1: mov $252,%eax
 int $0x80
`;
interface Truth {
  root: number;
  exits: { pid: number; code: number }[];
  exec: number;
  killed: number;
  threadExec: number;
}

function truthOf(path: string): Truth {
  const text = readFileSync(path, "utf8");
  const one = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1]);
  const exits = [...text.matchAll(/^exit (\d+)\ncode (\d+)$/gm)].map(([, pid, code]) => ({
    pid: Number(pid),
    code: Number(code),
  }));
  return { root: one("root"), exits, exec: one("exec"), killed: one("killed"), threadExec: one("thread-exec") };
}

function compile(name: string, source: string, ...flags: string[]): string {
  const path = join(dir, name);
  const language = source.startsWith(".") ? "assembler" : "c";
  execFileSync("gcc", ["-O1", ...flags, "-x", language, "-o", path, "-"], {
    input: source,
    stdio: ["pipe", "ignore", "inherit"],
  });
  return path;
}

async function read(...names: string[]): Promise<{ events: ProcessEvent[]; input: InputReading }> {
  const events: ProcessEvent[] = [];
  const input = await readInputs(names, { sink: (event) => void events.push({ ...event }) });
  return { events, input };
}

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "whoforks-tracer-"));
  for (const tool of ["strace", "ltrace", "gcc", "unshare"])
    if (spawnSync("which", [tool]).status !== 0) obstacle = `needs ${tool}`;
  if (obstacle !== null) return;
  compile("program", PROGRAM, "-pthread");
  compile("chain", CHAIN);
  compile("reaper", REAPER);
  if (spawnSync("strace", ["-o", join(dir, "try"), "true"]).status !== 0) obstacle = "strace may not trace here";
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function needs(context: TestContext): void {
  if (obstacle === null) return;
  if (process.env["CI"] === "true") throw new Error(obstacle);
  context.skip(obstacle);
}

/** Runs a tracer on a program, at most 60 s. */
function trace(tool: string, args: string[], to: "file" | "stderr", log: string): void {
  const all = to === "file" ? ["-o", log, ...args] : args;
  const { stderr, status } = spawnSync("timeout", ["60", tool, ...all], { encoding: "buffer", maxBuffer: 1 << 28 });
  if (to === "stderr") execFileSync("sh", ["-c", 'cat > "$1"', "sh", log], { input: stderr });
  expect(status).not.toBe(124);
}

const exitOf = (events: ProcessEvent[], pid: number) => {
  const ends = events.filter((event) => event.type === "exit" && event.pid === pid && !event.thread);
  expect(ends).toHaveLength(1);
  return ends[0] as Extract<ProcessEvent, { type: "exit" }>;
};
const parentsOf = (events: ProcessEvent[], child: number) =>
  events
    .filter((event) => event.type === "fork" && event.child === child && !event.thread)
    .map((event) => (event as { pid: number }).pid);

describe("strace of this host, options", () => {
  it.for([
    ["-f", "file"],
    ["-f", "stderr"],
    ["-f -q", "stderr"],
    ["-f -qq", "file"],
    ["-f -t", "file"],
    ["-f -tt -T", "stderr"],
    ["-f -ttt -y", "file"],
    ["-f -r", "file"],
    ["-f -tt -r", "file"],
    ["-f -yy -Y", "file"],
    ["-f -Y -tt", "stderr"],
    ["-f -n -i", "file"],
    ["-f -X raw -tt", "file"],
    ["-f -X verbose", "file"],
    ["-f -xx -v", "file"],
    ["-f -C -tt", "file"],
    ["-f -e trace=process -tt", "stderr"],
    ["-f --absolute-timestamps=format:unix,precision:ns", "file"],
    ["-f --absolute-timestamps=precision:ms --relative-timestamps=us", "file"],
    ["-f -a 0 -s 4096 --seccomp-bpf -e trace=process,wait4,read", "file"],
  ] as const)("%s to %s", async ([options, to], context) => {
    needs(context);
    const log = join(dir, "one.log");
    const truthFile = join(dir, "truth");
    trace("strace", [...options.split(" "), join(dir, "program"), truthFile], to, log);
    const truth = truthOf(truthFile);
    const { events, input } = await read(log);
    const reading = input.streams[0]?.reading;
    expect(input.streams[0]?.stream.format).toBe("strace");
    expect(reading?.ledger.examples).toEqual([]);
    const { root, exits, exec, killed, threadExec } = truth;
    expect(exits.map(({ pid }) => parentsOf(events, pid))).toEqual(exits.map(() => [root]));
    expect(exits.map(({ pid }) => exitOf(events, pid).code)).toEqual([0, 1, 2, 3, 4]);
    for (const pid of [exec, killed, threadExec]) expect(parentsOf(events, pid)).toEqual([root]);
    expect(exitOf(events, exec).code).toBe(0);
    expect(exitOf(events, killed)).toMatchObject({ code: null, signal: 9 });
    expect(exitOf(events, threadExec)).toMatchObject({ code: 0 });
    expect(exitOf(events, root).code).toBe(7);
    const execs = events.filter((event) => event.type === "exec");
    const cut = options.includes("-xx") ? null : ["true", "one two", 'q"=) = 1'];
    for (const pid of [exec, threadExec]) {
      const done = execs.filter((event) => event.pid === pid && event.error === 0);
      expect(done.map((event) => event.exe)).toEqual(["/bin/true"]);
      if (cut !== null) expect(done[0]?.argv).toEqual(cut);
    }
    const failed = execs.filter((event) => event.pid === exec && event.error !== 0);
    expect(failed.map(({ exe, error }) => [exe, error])).toEqual([["/nowhere/at all", -2]]);
    // The thread that executes takes its process over; its own end may be told or not.
    expect(events.filter((event) => event.type === "fork" && event.thread)).toHaveLength(2);
    const times = events.map((event) => event.ts);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it("-ff: one file a task", async (context) => {
    needs(context);
    const folder = join(dir, "ff");
    mkdirSync(folder);
    trace("strace", ["-ff", "-ttt", join(dir, "program"), join(dir, "truth")], "file", join(folder, "log"));
    const truth = truthOf(join(dir, "truth"));
    const { events, input } = await read(folder);
    expect(input.streams).toHaveLength(1);
    expect(input.streams[0]?.reading.ledger.examples).toEqual([]);
    for (const { pid, code } of truth.exits) {
      expect(parentsOf(events, pid)).toEqual([truth.root]);
      expect(exitOf(events, pid).code).toBe(code);
      const birth = events.findIndex((event) => event.type === "fork" && event.child === pid);
      expect(birth).toBeLessThan(events.findIndex((event) => event.type === "exit" && event.pid === pid));
    }
    expect(exitOf(events, truth.killed).signal).toBe(9);
  });

  it("-c counts what the full log counts", async (context) => {
    needs(context);
    const table = join(dir, "table");
    const log = join(dir, "log");
    trace("strace", ["-f", "-c", join(dir, "chain"), "40"], "file", table);
    trace("strace", ["-f", join(dir, "chain"), "40"], "file", log);
    const summary = (await read(table)).input.streams[0]?.reading.remarks.find(({ code }) => code === "tracer.summary");
    const { events } = await read(log);
    expect(summary?.args["forks"]).toBe(40);
    expect(events.filter(({ type }) => type === "fork")).toHaveLength(40);
    expect(summary?.args["execs"]).toBe(events.filter((event) => event.type === "exec" && event.error === 0).length);
  });

  it("only calls that succeed (-z): what they show is told, though strace 6.1 loses the beginnings of some lines", async (context) => {
    needs(context);
    const log = join(dir, "succeeded");
    trace("strace", ["-f", "-z", "-tt", join(dir, "chain"), "20"], "file", log);
    const { events } = await read(log);
    expect(new Set(events.flatMap((event) => (event.type === "exit" ? [event.pid] : []))).size).toBe(21);
  });

  it("stacks (-k)", async (context) => {
    needs(context);
    const log = join(dir, "stacks");
    trace("strace", ["-f", "-k", "-tt", join(dir, "chain"), "10"], "file", log);
    const { events, input } = await read(log);
    expect(input.streams[0]?.reading.ledger.examples).toEqual([]);
    expect(events.filter(({ type }) => type === "fork")).toHaveLength(10);
    expect(events.filter(({ type }) => type === "exit")).toHaveLength(11);
  });

  it("numbers of a PID namespace of the traced program's own", async (context) => {
    needs(context);
    if (process.getuid?.() !== 0) context.skip("needs root");
    const log = join(dir, "namespace.log");
    trace(
      "strace",
      ["-f", "-tt", "unshare", "--pid", "--fork", join(dir, "reaper"), join(dir, "chain"), "60"],
      "file",
      log,
    );
    const { events } = await read(log);
    expect(events.filter((event) => event.type === "fork")).toHaveLength(62);
    // Where several forks under way at once hide which number is whose, an end may be told under both (docs/logs.md).
    expect(events.filter((event) => event.type === "exit" && !event.thread).length).toBeGreaterThanOrEqual(63);
  });

  it("32-bit code", async (context) => {
    needs(context);
    needs32Bit(context);
    const program = compile("program-32", PROGRAM_32, "-nostdlib", "-static");
    const log = join(dir, "32.log");
    trace("strace", ["-f", program], "stderr", log);
    const { events } = await read(log);
    expect(events.filter(({ type }) => type === "fork")).toHaveLength(1);
    expect(
      events.flatMap((event) => (event.type === "exit" ? [event.code] : [])).toSorted((a, b) => Number(a) - Number(b)),
    ).toEqual([0, 3]);
  });
});

describe("ltrace of this host, options", () => {
  it.for([
    ["-f", "file"],
    ["-f", "stderr"],
    ["-f -tt", "file"],
    ["-f -ttt -i", "stderr"],
    ["-f -r", "file"],
    ["-f -S", "file"],
    ["-f -S -tt -T", "stderr"],
    ["-f -n 2", "file"],
  ] as const)("%s to %s", async ([options, to], context) => {
    needs(context);
    const log = join(dir, "one.ltrace");
    trace("ltrace", [...options.split(" "), join(dir, "chain"), "12"], to, log);
    const { events, input } = await read(log);
    expect(input.streams[0]?.stream.format).toBe("ltrace");
    expect(input.streams[0]?.reading.ledger.examples).toEqual([]);
    const forks = events.flatMap((event) => (event.type === "fork" ? [event] : []));
    expect(forks).toHaveLength(12);
    // Each member is the child of the one before.
    expect(forks.slice(1).map(({ pid }) => pid)).toEqual(forks.slice(0, -1).map(({ child }) => child));
    const ends = events.flatMap((event) => (event.type === "exit" ? [event.code] : []));
    expect(ends).toEqual(Array.from({ length: 13 }, () => 0));
  });
});
