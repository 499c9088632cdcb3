import { describe, expect, it } from "vitest";
import { recognise } from "../../../src/formats/index.ts";
import { readLog, words } from "./tracer-logs.ts";

const ltrace = (text: string) => readLog("ltrace", text);
/** Every line was understood. */
function all(text: string): string[] {
  const read = ltrace(text);
  expect(read.reading.ledger.examples).toEqual([]);
  return words(read);
}

describe("ltrace", () => {
  it.each([
    [
      "-f -o",
      "5 fork()                                = 6\n6 <... fork resumed> )                   = 0\n6 +++ exited (status 3) +++\n",
    ],
    [
      "-f",
      "[pid 5] fork( <no return ...>\n[pid 6] <... fork resumed> ) = 0\n[pid 5] <... fork resumed> ) = 6\n[pid 6] +++ exited (status 3) +++\n",
    ],
    [
      "-tt",
      "5 12:00:00.000001 fork() = 6\n6 12:00:00.000002 <... fork resumed> ) = 0\n6 12:00:00.1 +++ exited (status 3) +++\n",
    ],
    ["-r -i", "5   0.000000 [0x4011b3] fork() = 6\n6   0.000001 [0xffffffffffffffff] +++ exited (status 3) +++\n"],
    ["with the library's name", "5 libc.so.6->fork() = 6 <0.000325>\n6 +++ exited (status 3) +++\n"],
    ["with the library behind", "5 fork@libc.so.6() = 6\n6 +++ exited (status 3) +++\n"],
    [
      "-S: the system call inside tells the child too",
      "5 fork( <unfinished ...>\n5 SYS_clone(0x1200011, 0, 0, 0x7f) = 0x6\n6 +++ exited (status 3) +++\n5 <... fork resumed> ) = 6\n",
    ],
    [
      "the child's first line before the parent's result",
      "5 fork( <unfinished ...>\n6 getpid() = 6\n6 +++ exited (status 3) +++\n5 <... fork resumed> ) = 6\n",
    ],
  ])("a fork: %s", (_, log) => {
    expect(all(log)).toEqual(["5 fork 6", "6 exit 3"]);
    expect(recognise(Buffer.from(log))?.id).toBe("ltrace");
  });

  it("an exec is told by what comes after it; its file by the call", () => {
    const log =
      '5 execlp("true", "true", nil <no return ...>\n5 --- Called exec() ---\n6 SYS_execve("/bin/a b", 0x1, 0x2 <no return ...>\n' +
      '6 --- Called exec() ---\n7 --- Called exec() ---\n8 execv("/none", 0x1) = -1\n';
    expect(all(log)).toEqual(["5 exec true", "6 exec /bin/a b", "7 exec ?"]);
  });

  it("library calls that fork inside give the child to the caller", () => {
    const log =
      '5 system("true" <unfinished ...>\n6 --- Called exec() ---\n6 +++ exited (status 0) +++\n5 --- SIGCHLD (Child exited) ---\n5 <... system resumed> ) = 0\n';
    expect(all(log)).toEqual(["5 fork 6", "6 exec ?", "6 exit 0", "5 < 0 0"]);
  });

  it("strings are not escaped: quotes and what looks like a result are not taken for one", () => {
    const log =
      '5 puts("x"y) = 9") = 4\n5 printf("fork() = %d\\n", 7) = 12\n5 free(0x1) = <void>\n5 getenv("X") = nil\n';
    expect(all(log)).toEqual([]);
  });

  it("ends, signals, threads, waits", () => {
    const log =
      "5 SYS_clone(0x3d0f00, 0x1, 0x2) = 0x6\n6 +++ exited (status 0) +++\n5 fork() = 7\n7 --- SIGABRT (Aborted) ---\n" +
      "7 +++ killed by SIGABRT +++\n5 fork() = 8\n5 wait(0x7ffc) = 8\n5 wait(0x7ffc) = -1\n5 wait(0x7ffc) = 0xffffffff\n5 fork() = -1\n";
    expect(all(log)).toEqual([
      "5 thread 6",
      "6 exit 0 thread",
      "5 fork 7",
      "7 killed 6",
      "5 fork 8",
      "8 exit null",
      "5 < 8 0",
    ]);
  });

  it("what happens between exit() and the end still belongs to the process", () => {
    expect(all("5 exit(0 <unfinished ...>\n5 fflush(0x1) = 0\n5 fork() = 6\n5 +++ exited (status 0) +++\n")).toEqual([
      "5 fork 6",
      "5 exit 0",
    ]);
  });

  it("C++ names, nesting, unknown prototypes, backtraces", () => {
    const log =
      "5   std::foo<int>::bar(int)(0x1, 0x2) = 3\n5     t->puts(0x1) = 3\n > /bin/x(main+0x1a) [0x1]\n\n5 foo(???) = 0\n5 unexpected breakpoint at 0x1\n";
    expect(ltrace(log).lines).toMatchObject({ read: 5, parsed: 5, blank: 1 });
  });

  it("tables of -c, C++ names among them", () => {
    const table = `% time     seconds  usecs/call     calls      function
------ ----------- ----------- --------- --------------------
 99.05    0.021472        2147        10 fork
  0.95    0.000205         205         1 std::foo(int, long)
------ ----------- ----------- --------- --------------------
100.00    0.021677                    11 total
`;
    const { reading } = ltrace(table);
    expect(reading.ledger.skipped).toBe(0);
    expect(reading.remarks).toContainEqual({
      code: "tracer.summary",
      args: { tool: "ltrace", calls: 11, errors: 0, forks: 10, execs: 0, top: ["fork 10", "std::foo(int, long) 1"] },
    });
    expect(recognise(Buffer.from(table))?.id).toBe("ltrace");
  });
});
