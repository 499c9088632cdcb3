import { describe, expect, it } from "vitest";
import { recognise } from "../../../src/formats/index.ts";
import { readLog, words } from "./tracer-logs.ts";

const strace = (text: string) => readLog("strace", text);
/** Every line was understood. */
function all(text: string): string[] {
  const read = strace(text);
  expect(read.reading.ledger.examples).toEqual([]);
  return words(read);
}

describe("calls that others interrupt", () => {
  it("are put together, in the ways of both eras", () => {
    expect(all("5 fork( <unfinished ...>\n6 getpid() = 6\n5 <... fork resumed>) = 6\n")).toEqual(["5 fork 6"]);
    expect(all("5 fork( <unfinished ...>\n6 getpid() = 6\n5 <... fork resumed> )       = 6\n")).toEqual(["5 fork 6"]);
  });

  it("are put together when interrupted twice", () => {
    const log =
      '5 vfork( <unfinished ...>\n6 execve("/x", ["x"], 0x1 <unfinished ...>\n5 <... vfork resumed> <unfinished ...>\n' +
      "6 <... execve resumed>) = 0\n5 <... vfork resumed>) = 6\n";
    expect(all(log)).toEqual(["5 fork 6", "6 exec /x [x]"]);
  });

  it("a child that speaks, and dies, before its parent's call is back is told after its birth", () => {
    const log =
      "5 clone(child_stack=NULL, flags=SIGCHLD <unfinished ...>\n6 getpid() = 6\n6 fork() = 7\n6 exit_group(0) = ?\n6 +++ exited with 0 +++\n" +
      "5 <... clone resumed>, child_tidptr=0x1) = 6\n7 exit_group(1) = ?\n";
    expect(all(log)).toEqual(["5 fork 6", "6 fork 7", "6 exit 0", "7 exit 1"]);
  });

  it("a log that ends, or goes on for ever, without the result gives the child to the one who forks", () => {
    expect(all("5 vfork( <unfinished ...>\n6 exit_group(0) = ?\n")).toEqual(["5 fork 6", "6 exit 0"]);
    const many = Array.from({ length: 5000 }, (_, i) => `6 fork() = ${100 + i}\n`).join("");
    expect(all(`5 vfork( <unfinished ...>\n${many}`).slice(0, 2)).toEqual(["5 fork 6", "6 fork 100"]);
  });

  it("a process that was there before is nobody's child", () => {
    expect(all("5 getpid() = 5\n6 exit_group(0) = ?\n")).toEqual(["6 exit 0"]);
  });

  it("an exec by a thread takes its process over", () => {
    const log =
      "20 clone(child_stack=0x7, flags=CLONE_VM|CLONE_THREAD|CLONE_SYSVSEM, tls=0x1) = 21\n" +
      '21 execve("/bin/true", ["true"], 0x7ffe /* 38 vars */ <pid changed to 20 ...>\n' +
      "20 +++ superseded by execve in pid 21 +++\n20 <... execve resumed>) = 0\n20 exit_group(0) = ?\n20 +++ exited with 0 +++\n";
    expect(all(log)).toEqual(["20 thread 21", "21 exit 0 thread", "20 exec /bin/true [true]", "20 exit 0"]);
  });

  it("the message about it may stand in a line that strace does not end (-qq)", () => {
    const log =
      '20 clone(child_stack=0x7, flags=CLONE_THREAD) = 21\n21 execve("/x", ["x"], 0x7 <unfinished ...>\n' +
      "20 pause(20 +++ superseded by execve in pid 21 +++\n20 <... execve resumed>) = 0\n";
    expect(all(log)).toEqual(["20 thread 21", "21 exit 0 thread", "20 exec /x [x]"]);
  });

  it("a thread that executes before the call that made it is back is a thread", () => {
    const log =
      '20 clone3({flags=CLONE_THREAD} <unfinished ...>\n21 execve("/x", ["x"], 0x7 /* 1 var */ <pid changed to 20 ...>\n' +
      "20 <... execve resumed>) = 0\n20 exit_group(0) = ?\n";
    expect(all(log)).toEqual(["20 thread 21", "21 exit 0 thread", "20 exec /x [x]", "20 exit 0"]);
  });

  it("detached", () => {
    expect(
      all("5 wait4(-1,  <detached ...>\n6 restart_syscall(<... resuming interrupted read ...> <detached ...>\n"),
    ).toEqual([]);
  });
});

describe("messages of strace itself", () => {
  it("are cut out of the line in which they stand", () => {
    const log =
      'execve("/x", ["x"], 0x1 /* 1 var */) = 0\nvfork(strace: Process 31 attached\n <unfinished ...>\n' +
      "[pid    31] exit_group(0)               = ?\n[pid    31] +++ exited with 0 +++\n<... vfork resumed>) = 31\nset_tid_address(0x1) = 30\n" +
      "clone(child_stack=NULL, flags=SIGCHLDstrace: Process 32 attached\n, child_tidptr=0x7f) = 32\n[pid    32] exit_group(4) = ?\n";
    const read = strace(log);
    expect(read.reading.ledger.examples).toEqual([]);
    expect(words(read)).toEqual(["30 exec /x [x]", "30 fork 31", "31 exit 0", "30 fork 32", "32 exit 4"]);
    expect(read.lines).toMatchObject({ read: 10, parsed: 10 });
    expect(read.reading.remarks).toContainEqual({
      code: "tracer.spliced",
      args: { count: 2, example: "trace.log line 2" },
    });
  });

  it("of other eras, and 32-bit programs", () => {
    const log =
      "strace: Process 7 attached with 3 threads\nProcess 8 attached (waiting for parent)\nProcess 8 resumed (parent 7 ready)\nProcess 7 suspended\n" +
      "Process 8 detached\nstrace: [ Process PID=7 runs in 32 bit mode. ]\n[ Process PID=7 runs in 64 bit mode. ]\n";
    expect(all(log)).toEqual(["7 is 32-bit"]);
  });

  it("lines without number belong to the one who is alone", () => {
    const log =
      "strace: Process 40 attached\nfork() = 41\nstrace: Process 41 attached\n[pid 40] exit_group(0) = ?\n[pid 40] +++ exited with 0 +++\n" +
      "fork() = 42\nexit_group(1) = ?\n+++ exited with 1 +++\nstrace: Process 42 attached\nexit_group(2) = ?\n+++ exited with 2 +++\n";
    expect(all(log)).toEqual(["40 fork 41", "40 exit 0", "41 fork 42", "41 exit 1", "42 exit 2"]);
  });

  it("a process whose number is told late gets it for what it did before", () => {
    const log = 'execve("/x", ["x"], 0x1 /* 1 var */) = 0\nfork() = 31\n[pid 30] fork() = 32\n';
    expect(all(log)).toEqual(["30 exec /x [x]", "30 fork 31", "30 fork 32"]);
    expect(all('execve("/x", ["x"], 0x1 /* 1 var */) = 0\n')).toEqual(["0 exec /x [x]"]);
  });
});

describe("what a child's end is told by", () => {
  const signal = (rest: string) => `1 --- SIGCHLD {si_signo=SIGCHLD, ${rest}} ---\n`;

  it.each([
    ["si_code=CLD_EXITED, si_pid=9, si_uid=0, si_status=3, si_utime=0, si_stime=0", ["9 exit 3", "1 < 9 1"]],
    ["si_code=CLD_KILLED, si_pid=9, si_uid=0, si_status=SIGTERM, si_utime=0, si_stime=0", ["9 killed 15", "1 < 9 2"]],
    ["si_code=CLD_DUMPED, si_pid=9, si_uid=0, si_status=SIGSEGV, si_utime=0, si_stime=0", ["9 killed 11", "1 < 9 3"]],
    ["si_code=CLD_EXITED, si_pid=9<true>, si_uid=0, si_status=0, si_utime=0, si_stime=0", ["9 exit 0", "1 < 9 1"]],
    ["si_code=0x1, si_pid=9, si_uid=0, si_status=0x3", ["9 exit null", "1 < 9 1"]],
    ["si_code=CLD_STOPPED, si_pid=9, si_uid=0, si_status=SIGSTOP", []],
    ["si_code=SI_USER, si_pid=9, si_uid=0", []],
  ])("SIGCHLD: %s", (rest, expected) => {
    expect(all(signal(rest))).toEqual(expected);
  });

  it("SIGCHLD of strace 4.6 and older does not say which child", () => {
    expect(all("1 --- SIGCHLD (Child exited) @ 0 (0) ---\n1 --- SIGCHLD (Child exited) ---\n")).toEqual([
      "1 < 0 0",
      "1 < 0 0",
    ]);
  });

  it.each([
    ["wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 9", "9 exit 0"],
    ["waitpid(-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL}], 0) = 9", "9 killed 9"],
    ["wait4(9, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV && WCOREDUMP(s)}], 0, NULL) = 9 <0.000254>", "9 killed 11"],
    [
      "waitid(P_PID, 9, {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=9, si_uid=0, si_status=7}, WEXITED, NULL) = 0",
      "9 exit 7",
    ],
  ])("%s", (call, expected) => {
    expect(all(`1 ${call}\n`)[0]).toBe(expected);
  });

  it("is told once, however often the log tells it", () => {
    const log =
      "1 fork() = 9\n9 exit_group(3) = ?\n9 +++ exited with 3 +++\n" +
      signal("si_code=CLD_EXITED, si_pid=9, si_uid=0, si_status=3") +
      "1 wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], 0, NULL) = 9\n";
    expect(all(log)).toEqual(["1 fork 9", "9 exit 3", "1 < 9 1"]);
  });

  it("coalesced signals: what wait alone tells counts too", () => {
    const log =
      signal("si_code=CLD_EXITED, si_pid=9, si_uid=0, si_status=0") +
      "1 wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 9\n1 wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 10\n" +
      "1 wait4(-1, 0x7ffc, WNOHANG, NULL) = -1 ECHILD (No child processes)\n";
    expect(all(log)).toEqual(["9 exit 0", "1 < 9 1", "10 exit 0", "1 < 10 1"]);
  });

  it("killed", () => {
    expect(all("9 +++ killed by SIGSEGV (core dumped) +++\n8 +++ killed by SIGRT_3 +++\n")).toEqual([
      "9 killed 11",
      "8 killed 35",
    ]);
  });

  it("exit of a thread is not the end of its process", () => {
    const log =
      "5 clone(child_stack=0x1, flags=CLONE_VM|CLONE_THREAD) = 6\n6 exit(0) = ?\n6 +++ exited with 0 +++\n5 exit_group(2) = ?\n";
    expect(all(log)).toEqual(["5 thread 6", "6 exit 0 thread", "5 exit 2"]);
    expect(all("5 exit(1) = ?\n5 +++ exited with 1 +++\n")).toEqual(["5 exit 1"]);
  });

  it("a number that returns is another process", () => {
    expect(all("5 fork() = 6\n6 exit_group(0) = ?\n5 fork() = 6\n6 fork() = 7\n")).toEqual([
      "5 fork 6",
      "6 exit 0",
      "5 fork 6",
      "6 fork 7",
    ]);
  });
});

describe("results", () => {
  it.each([
    ["clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD, child_tidptr=0x7f) = 6", ["5 fork 6"]],
    ["clone(flags=SIGCHLD) = 6<sh> <0.000254>", ["5 fork 6"]],
    ["clone(0x1200011, 0, 0, 0x7f) = 0x6", ["5 fork 6"]],
    ["clone(0x3d0f00, 0x1, 0x2) = 6", ["5 thread 6"]],
    ["clone(child_stack=0x1, flags=0x3d0f00, tls=0x2) = 6", ["5 thread 6"]],
    [
      "clone3({flags=CLONE_VM|CLONE_VFORK, exit_signal=SIGCHLD, stack=0x1, stack_size=9} => {parent_tid=[6]}, 88) = 6",
      ["5 fork 6"],
    ],
    ["clone3({flags=CLONE_VM|CLONE_THREAD} => {parent_tid=[6]}, 88) = 6", ["5 thread 6"]],
    ["fork() = 3 /* 6 in strace's PID NS */", ["5 fork 6"]],
    ["fork() = -1 EAGAIN (Resource temporarily unavailable)", []],
    ["fork() = ? ERESTARTNOINTR (To be restarted)", []],
    ["fork() = 6 (INJECTED)", ["5 fork 6"]],
  ])("%s", (call, expected) => {
    expect(all(`5 ${call}\n`)).toEqual(expected);
  });

  it("says how many forks a limit refused", () => {
    const { reading } = strace(
      "5 fork() = -1 EAGAIN (Resource temporarily unavailable)\n5 fork() = -1 ENOMEM (Cannot allocate memory)\n",
    );
    expect(reading.remarks).toContainEqual({
      code: "tracer.failed-forks",
      args: { count: 2, example: "trace.log line 1", limit: 1 },
    });
  });

  it("numbers inside a PID namespace are joined with the tracer's", () => {
    const log =
      "900 clone(child_stack=NULL, flags=SIGCHLD <unfinished ...>\n901 fork( <unfinished ...>\n900 <... clone resumed>) = 3\n" +
      "902 exit_group(0) = ?\n901 <... fork resumed>) = 4\n901 exit_group(0) = ?\n";
    expect(all(log)).toEqual(["900 fork 901", "901 fork 902", "902 exit 0", "901 exit 0"]);
  });
});

describe("what is executed", () => {
  it.each([
    ['execve("/bin/ls", ["ls", "-l"], 0x7ffd /* 35 vars */) = 0', "5 exec /bin/ls [ls|-l]"],
    ['execve("/bin/ls", ["ls"], [/* 55 vars */]) = 0', "5 exec /bin/ls [ls]"],
    ['execve("/bin/ls", ["ls"], ["PATH=/bin", "A=) = 1"]) = 0', "5 exec /bin/ls [ls]"],
    [
      'execve("/bin/sh", ["sh", "-c", "f() = 1; wait) = -1 ENOENT (x)"], 0x1 /* 1 var */) = 0',
      "5 exec /bin/sh [sh|-c|f() = 1; wait) = -1 ENOENT (x)]",
    ],
    [
      'execve("/x", ["a\\"b\\n\\33\\x41", "long"...], 0x1 /* 1 var */) = 0 <0.000300>',
      '5 exec /x [a"b\n\u001bA|long...]',
    ],
    ['execve("/x", ["a", ...], 0x1 /* 1 var */) = 0', "5 exec /x [a|...]"],
    ['execve("/x", NULL, NULL) = 0', "5 exec /x"],
    ['execve("/x", [0x1234 /* unreadable */], 0x1) = 0', "5 exec /x [0x1234 /* unreadable */]"],
    ['execve("/none", ["x"], 0x1 /* 1 var */) = -1 ENOENT (No such file or directory)', "5 exec! /none -2"],
    ['execve(pathname="/bin/ls", argv=["ls"], envp=0x1 /* 1 var */) = 0', "5 exec /bin/ls [ls]"],
    ['execveat(3</usr/bin/true>, "", ["true"], 0x1 /* 1 var */, AT_EMPTY_PATH) = 0', "5 exec /usr/bin/true [true]"],
    ['execveat(AT_FDCWD, "./t", ["t"], 0x1 /* 1 var */, 0) = 0', "5 exec ./t [t]"],
    ['execve("\\303\\251\\377", ["x"], 0x1) = 0', "5 exec é\udcff [x]"],
  ])("%s", (call, expected) => {
    expect(all(`5 ${call}\n`)).toEqual([expected]);
  });

  it("a line that is cut is no call", () => {
    const read = strace('5 execve("/bin/sh", ["sh", "-c", "f() = 1\n');
    expect(read.events).toEqual([]);
  });
});

describe("other lines", () => {
  it("stacks, dumps and blank lines are understood", () => {
    const log =
      '5 read(3, "x", 1) = 1\n > /lib/libc.so.6(read+0x13) [0xd3]\n > file() [0x1] a.c:1\n\n | 00000  78  x |\n';
    expect(strace(log).lines).toMatchObject({ read: 4, parsed: 4, blank: 1, skipped: 0 });
  });

  it("what the traced program wrote itself is counted and shown", () => {
    const { reading, lines } = strace("5 fork() = 6\nhello (world)\nsegfault at 7\n");
    expect(lines).toMatchObject({ read: 3, parsed: 1, skipped: 2 });
    expect(reading.ledger.examples[0]).toEqual({
      locator: "trace.log line 2",
      why: "no line of strace",
      quote: "hello (world)",
    });
  });

  it.each([
    ["5.5 and older: no microseconds in the total", "100.00    0.001585                   494        60 total"],
    ["5.6 and newer", "100.00    0.001585           3       494        60 total"],
  ])("tables of -c, %s", (_, total) => {
    const table = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 60.00    0.001000           3       300           clone
 40.00    0.000585           3       194        60 execve
------ ----------- ----------- --------- --------- ----------------
${total}
`;
    const { reading, events } = strace(table);
    expect(events).toEqual([]);
    expect(reading.ledger.examples).toEqual([]);
    expect(reading.remarks).toContainEqual({
      code: "tracer.summary",
      args: { tool: "strace", calls: 494, errors: 60, forks: 300, execs: 134, top: ["clone 300", "execve 194"] },
    });
    expect(recognise(Buffer.from(table))?.id).toBe("strace");
  });

  it("tables with columns in another order", () => {
    const { reading } = strace(
      "syscall            calls    errors % time\n---------------- ------- ------- ------\nfork 7 2 100,00\n",
    );
    expect(reading.remarks.at(-1)?.args).toMatchObject({ calls: 7, errors: 2, forks: 5 });
  });
});

describe("a folder of strace -ff", () => {
  it("is put together by time, a fork before what its child does", () => {
    const read = readLog("strace", {
      "log.12": "1795560935.2 exit_group(5) = ?\n1795560935.2 +++ exited with 5 +++\n",
      "log.11":
        '1795560935.1 execve("/x", ["x"], 0x1) = 0\n1795560935.2 fork() = 12\n' +
        "1795560935.3 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=12, si_uid=0, si_status=5} ---\n",
    });
    expect(words(read)).toEqual(["11 exec /x [x]", "11 fork 12", "12 exit 5", "11 < 12 1"]);
    expect(read.events.map(({ ts }) => Math.round(ts / 1e6))).toEqual([0, 100, 100, 200]);
    expect(read.reading.originEpochMs).toBe(1_795_560_935_100);
  });

  it("threads belong to their process", () => {
    const read = readLog("strace", {
      "log.22": "12:00:01.2 fork() = 23\n12:00:01.3 exit(0) = ?\n12:00:01.3 +++ exited with 0 +++\n",
      "log.21": "12:00:01.1 clone(child_stack=0x1, flags=CLONE_THREAD) = 22\n12:00:01.4 exit_group(0) = ?\n",
    });
    expect(words(read)).toEqual(["21 thread 22", "21 fork 23", "22 exit 0 thread", "21 exit 0"]);
  });
});

describe("calls of a life", () => {
  it("stand in its exit, equal lives share one list", () => {
    const chain = Array.from(
      { length: 4 },
      (_, i) => `${10 + i} fork() = ${11 + i}\n${10 + i} exit_group(0) = ?\n`,
    ).join("");
    const ends = strace(chain).events.filter((event) => event.type === "exit");
    expect(ends.map((event) => event.type === "exit" && event.calls)).toEqual(
      Array.from({ length: 4 }, () => ["fork", "exit_group"]),
    );
  });
});
