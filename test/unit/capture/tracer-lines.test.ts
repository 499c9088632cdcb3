import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CallRecorder } from "../../../src/behave/recorder.ts";
import type { ProgramBehaviour } from "../../../src/behave/result.ts";
import { TracerLines } from "../../../src/capture/calls/tracer-lines.ts";
import { emptyLedger } from "../../../src/model/ledger.ts";

function read(text: string, kind: "system" | "library" = "system"): { programs: ProgramBehaviour[]; skipped: number } {
  const recorder = new CallRecorder({ names: new Map() });
  recorder.known(7, "/sbin/superd", "superd");
  const ledger = emptyLedger("strace", null);
  const lines = new TracerLines(recorder, kind, ledger);
  lines.attached(7, [8]);
  for (const line of text.split("\n")) lines.line(line.trim());
  return { programs: recorder.finish(), skipped: ledger.skipped };
}

const steps = (program: ProgramBehaviour | undefined): string[] =>
  (program?.generations[0]?.sequence ?? []).map(
    ({ call, error, exitCode }) => `${call}${error ?? ""}${exitCode ?? ""}`,
  );

describe("what strace -f prints", () => {
  it("a child whose first line comes before its parent's fork returns, and what it executes", () => {
    const { programs, skipped } = read(`
      7     1700000000.000100 clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD <unfinished ...>
      9     1700000000.000200 openat(AT_FDCWD, "/x", O_RDONLY) = -1 ENOENT (No such file or directory) <0.000010>
      7     1700000000.000210 <... clone resumed>, child_tidptr=0x7f) = 9 <0.000110>
      9     1700000000.000300 execve("/bin/true", [""...], 0x7ffd /* 3 vars */) = 0 <0.000400>
      8     1700000000.000400 futex(0x1, FUTEX_WAIT <unfinished ...>
      9     1700000000.000800 exit_group(3)     = ?
      9     1700000000.000900 +++ exited with 3 +++
      7     1700000000.001000 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=9} ---`);
    expect(skipped).toBe(0);
    const child = programs.find(({ program }) => program.exe === "/bin/true");
    expect(steps(child)).toEqual(["openatENOENT", "execve", "exit_group3"]);
    expect(child?.calls.find(({ name }) => name === "openat")?.seconds).toBeCloseTo(1e-5, 9);
    expect(programs.find(({ program }) => program.exe === "/sbin/superd")?.processes).toBe(1);
  });

  it("a fork that fails has no child; one that is killed did not exit", () => {
    const { programs } = read(`
      7 1.000 fork() = -1 EAGAIN (Resource temporarily unavailable)
      7 1.001 fork() = 9
      9 1.002 pause() = ? ERESTARTNOHAND (To be restarted if no handler)
      9 1.003 +++ killed by SIGTERM +++`);
    expect(programs[0]?.killed).toEqual([{ signal: 15, count: 1 }]);
    expect(programs[0]?.calls.find(({ name }) => name === "fork")).toMatchObject({
      count: 2,
      errors: [{ error: "EAGAIN" }],
    });
  });

  it("what ltrace -f prints", () => {
    const { programs, skipped } = read(
      `7 1.000 fork( <unfinished ...>
       9 1.001 <... fork resumed> ) = 0
       7 1.002 <... fork resumed> ) = 9
       9 1.003 libc.so.6->puts("x"y") = 4
       9 1.004 _exit(2 <no return ...>
       9 1.005 +++ exited (status 2) +++`,
      "library",
    );
    expect(skipped).toBe(0);
    expect(programs[0]?.generations[0]?.sequence.map(({ call, exitCode }) => [call, exitCode])).toEqual([
      ["puts", null],
      ["_exit", 2],
    ]);
  });

  it("a line that it does not understand is counted, and nothing throws (property)", () => {
    expect(read("garbage").skipped).toBe(1);
    const word = fc.constantFrom(
      "7 ",
      "9 ",
      "1.5 ",
      "fork(",
      ") = 9",
      " = -1 EAGAIN (x)",
      "<unfinished ...>",
      "+++ ",
      "--- ",
      "<... fork resumed>",
      '"',
      "\\",
    );
    fc.assert(fc.property(fc.array(word, { maxLength: 30 }), (words) => void read(words.join(""))));
  });
});
