import { describe, expect, it } from "vitest";
import { ofType, readAudit, record, remark, SAMPLE, syscall } from "./audit-lines.ts";

describe("forks", () => {
  it.each([
    ["fork of a 32-bit program", { arch: "40000003", nr: 2 }],
    ["vfork", { nr: 58 }],
    ["clone as glibc's fork makes it", { nr: 56, a0: "1200011" }],
    ["fork of x32", { nr: 0x40000000 + 57 }],
    ["clone on aarch64", { arch: "c00000b7", nr: 220, a0: "1200011" }],
    ["clone on s390x, whose flags come second", { arch: "80000016", nr: 120, a0: "10000", a1: "1200011" }],
    ["fork on ppc64le", { arch: "c0000015", nr: 2 }],
    ["clone on riscv64", { arch: "c00000f3", nr: 220, a0: "11" }],
    ["fork on arm", { arch: "40000028", nr: 2 }],
  ])("%s", (_name, call) => {
    const { events } = readAudit(syscall({ ...call, success: "yes exit=777" }));
    expect(events.map((event) => event.type)).toEqual(["seen", "fork"]);
    expect(events[1]).toMatchObject({ pid: 20, comm: "sh", child: null, childClaim: 777, thread: false });
    expect(events[0]).toMatchObject({ pid: 20, ppid: 10, comm: "sh", exe: "/usr/bin/dash" });
  });

  it("arch=c000003e syscall=2 is open: no fork, and said so", () => {
    const { events, reading } = readAudit(syscall({ nr: 2, success: "yes exit=3" }));
    expect(ofType(events, "fork")).toEqual([]);
    expect(remark(reading, "audit.syscall-2-is-open")).toEqual({ count: 1, example: "audit.log line 1" });
    expect(remark(reading, "audit.fork-by-32-bit")).toBeNull();
    expect(reading.tells.lineage).toMatchObject({ code: "lineage.log-tells-none" });
  });

  it("arch=40000003 syscall=2 is fork by 32-bit code", () => {
    const { events, reading } = readAudit(`\n${syscall({ arch: "40000003", nr: 2, success: "yes exit=3" })}`);
    expect(remark(reading, "audit.fork-by-32-bit")).toEqual({ count: 1, example: "audit.log line 2" });
    expect(events[0]).toMatchObject({ type: "seen", abi: { machine: "i386", bits: 32 } });
  });

  it("CLONE_THREAD makes a thread", () => {
    const { events, reading } = readAudit(syscall({ nr: 56, a0: "3d0f00", success: "yes exit=21" }));
    expect(ofType(events, "fork")[0]).toMatchObject({ thread: true });
    expect(remark(reading, "audit.fork-by-32-bit")).toBeNull();
  });

  it("failed forks are no forks, and those for a limit are counted apart", () => {
    const { events, reading } = readAudit(
      syscall({ nr: 56, success: "no exit=-11" }) + syscall({ nr: 57, success: "no exit=-12" }),
    );
    expect(ofType(events, "fork")).toEqual([]);
    expect(remark(reading, "audit.failed-forks")).toEqual({ count: 2, example: "audit.log line 1", limit: 1 });
  });

  it("a machine never heard of makes no forks", () => {
    const { events } = readAudit(syscall({ arch: "c0ffee", nr: 2, success: "yes exit=5" }));
    expect(events).toMatchObject([{ type: "seen", abi: { machine: "arch-c0ffee" } }]);
  });
});

describe("clone3, whose flags are behind a pointer", () => {
  const exec = (pid: number, ppid: number, serial: number): string =>
    syscall({ nr: 59, success: "yes exit=0", items: 2, pid, ppid, serial, comm: '"ls"', exe: '"/bin/ls"' }) +
    record("EXECVE", serial, 'argc=1 a0="ls"');

  it("is a process when the child has come up as the caller's", () => {
    const { events } = readAudit(exec(31, 20, 5) + syscall({ nr: 435, success: "yes exit=31", serial: 6 }));
    expect(ofType(events, "fork")).toMatchObject([{ childClaim: 31, thread: false }]);
  });

  it("is a process when a child has come up under another number (PID namespace)", () => {
    const shell = syscall({ nr: 1, success: "yes exit=1", serial: 4 });
    const { events } = readAudit(shell + exec(31, 20, 5) + syscall({ nr: 435, success: "yes exit=2", serial: 6 }));
    expect(ofType(events, "fork")).toMatchObject([{ childClaim: 2, thread: false }]);
  });

  it("is a thread when nothing came of it although execs are recorded, and its exit(2) ends only the thread", () => {
    const text =
      exec(20, 10, 5) +
      syscall({ nr: 435, success: "yes exit=21", serial: 6 }) +
      syscall({ nr: 60, serial: 7 }) +
      syscall({ nr: 231, a0: "0", serial: 8 });
    const { events, reading } = readAudit(text);
    expect(ofType(events, "fork")).toMatchObject([{ thread: true }]);
    expect(ofType(events, "exit")).toMatchObject([{ thread: true }, { thread: false }]);
    expect(remark(reading, "audit.clone3-unclear")).toMatchObject({ count: 1 });
  });
});

describe("ends", () => {
  it("exit_group tells the low byte of its argument", () => {
    const { events, reading } = readAudit(
      syscall({ nr: 231, a0: "1ff" }) + syscall({ nr: 231, a0: "ffffffff", pid: 21 }),
    );
    expect(ofType(events, "exit")).toMatchObject([
      { pid: 20, code: 255, signal: null, thread: false },
      { pid: 21, code: 255 },
    ]);
    expect(reading.tells).toMatchObject({ lifetimes: true, exitStatus: true });
  });

  it("exit(2) of a process that the log knows ends it; of one it never heard of, only a thread for all it can tell", () => {
    const known =
      syscall({ arch: "40000003", nr: 2, success: "yes exit=21" }) + syscall({ arch: "40000003", nr: 1, a0: "3" });
    expect(ofType(readAudit(known).events, "exit")).toMatchObject([{ pid: 20, code: 3, thread: false }]);
    const child =
      syscall({ arch: "40000003", nr: 2, success: "yes exit=2" }) +
      syscall({ arch: "40000003", nr: 1, pid: 21, ppid: 20 });
    expect(ofType(readAudit(child).events, "exit")).toMatchObject([{ pid: 21, thread: false }]);
    expect(ofType(readAudit(syscall({ nr: 60 })).events, "exit")).toMatchObject([{ thread: true }]);
  });

  const abend = (serial: number, time?: string): string =>
    record("ANOM_ABEND", serial, 'auid=0 uid=0 gid=0 ses=1 pid=20 comm="sh" exe="/usr/bin/dash" sig=11 res=1', time);

  it("ANOM_ABEND ends by a signal, once", () => {
    const { events, reading } = readAudit(abend(1) + abend(2));
    expect(events).toMatchObject([
      { type: "seen", pid: 20, exe: "/usr/bin/dash" },
      { type: "exit", pid: 20, code: null, signal: 11 },
    ]);
    expect(reading.tells).toMatchObject({ exitStatus: true, lifetimes: { code: "lifetimes.log-tells-none" } });
  });

  it.each([
    ["an exit record after the abnormal end", [abend(1), syscall({ nr: 231, serial: 2 })], [11]],
    ["an abnormal end after the exit record", [syscall({ nr: 231, serial: 1 }), abend(2)], [null]],
    [
      "two lives of one PID, each with an exit record",
      [syscall({ nr: 231, serial: 1 }), syscall({ nr: 231, serial: 2 })],
      [null, null],
    ],
    [
      "an abnormal end long after another life's exit",
      [syscall({ nr: 231, serial: 1 }), abend(2, "1700000009.000")],
      [null, 11],
    ],
  ])("%s", (_name, lines, signals) => {
    expect(ofType(readAudit(lines.join("")).events, "exit").map((exit) => exit.signal)).toEqual(signals);
  });

  it("SECCOMP ends only when its action kills", () => {
    const body = (sig: number, code: string): string =>
      `auid=0 uid=0 gid=0 ses=1 pid=20 comm="x" exe="/x" sig=${sig} arch=c000003e syscall=59 compat=0 ip=0x7f code=${code}`;
    const exits = (sig: number, code: string): number =>
      ofType(readAudit(record("SECCOMP", 1, body(sig, code))).events, "exit").length;
    expect([
      exits(31, "0x80000000"),
      exits(31, "0x0"),
      exits(31, "0x30000"),
      exits(0, "0x7ffc0000"),
      exits(0, "0x50000"),
    ]).toEqual([1, 1, 0, 0, 0]);
  });
});

describe("what is said of a process", () => {
  it("is said once, and again with each fork or when parent, program or ABI change", () => {
    const open = (serial: number, more: object = {}): string =>
      syscall({ nr: 257, success: "yes exit=3", serial, ...more });
    const { events } = readAudit(
      open(1) +
        open(2) +
        open(3, { ppid: 1 }) +
        open(4, { ppid: 1, exe: '"/bin/bash"' }) +
        open(5, { ppid: 1, exe: '"/bin/bash"', arch: "40000003" }),
    );
    expect(ofType(events, "seen").map(({ ppid, exe, abi }) => [ppid, exe, abi?.machine])).toEqual([
      [10, "/usr/bin/dash", "x86_64"],
      [1, "/usr/bin/dash", "x86_64"],
      [1, "/bin/bash", "x86_64"],
      [1, "/bin/bash", "i386"],
    ]);
  });

  it("(null) is no program, ppid=0 no parent", () => {
    const { events } = readAudit(syscall({ nr: 257, success: "yes exit=3", ppid: 0, pid: 1, exe: "(null)" }));
    expect(events).toMatchObject([{ type: "seen", pid: 1, ppid: null, exe: null }]);
  });

  it("OBJ_PID and PAM's records name processes that nothing else names", () => {
    const kill =
      syscall({ nr: 62, success: "yes exit=0", a0: "32c", a1: "9", serial: 5 }) +
      record("OBJ_PID", 5, 'opid=812 oauid=-1 ouid=0 oses=-1 ocomm="sleep"');
    const cron = record(
      "USER_START",
      6,
      `pid=900 uid=0 auid=0 ses=2 msg='op=PAM:session_open acct="root" exe="/usr/sbin/cron" hostname=? addr=? terminal=cron res=success'`,
    );
    const { events, reading } = readAudit(kill + cron);
    expect(ofType(events, "seen").map(({ pid, comm, exe }) => [pid, comm, exe])).toEqual([
      [20, "sh", "/usr/bin/dash"],
      [812, "sleep", null],
      [900, "", "/usr/sbin/cron"],
    ]);
    expect(remark(reading, "audit.kills")).toMatchObject({ count: 1, comm: "sh", signal: 9 });
    expect(remark(reading, "audit.cron-sessions")).toMatchObject({ count: 1 });
  });
});

it("services: started, stopped, failed; old ones name the unit in comm=", () => {
  const text =
    record(
      "SERVICE_START",
      1,
      `pid=1 uid=0 auid=4294967295 ses=4294967295 subj=unconfined msg='unit=atd comm="systemd" exe="/lib/systemd/systemd" hostname=? addr=? terminal=? res=success'`,
    ) +
    record("SERVICE_STOP", 2, `pid=1 uid=0 msg='unit=getty@tty1 comm="systemd" res=failed'`) +
    record(
      "SERVICE_START",
      3,
      `pid=1 uid=0 msg=' comm="rngd" exe="/usr/lib/systemd/systemd" hostname=? addr=? terminal=? res=success'`,
    );
  expect(readAudit(text).events).toMatchObject([
    { type: "service", unit: "atd", action: "start", ok: true },
    { type: "service", unit: "getty@tty1", action: "stop", ok: false },
    { type: "service", unit: "rngd", action: "start", ok: true },
  ]);
});

describe("a real log", () => {
  const { events, reading } = readAudit(SAMPLE);

  it("shows the 32-bit chain: each generation forks once and exits with 3", () => {
    const chain = [5665, 5666, 5667, 5668, 5669];
    const forks = ofType(events, "fork").filter((fork) => chain.includes(fork.pid));
    expect(forks.map((fork) => [fork.pid, fork.childClaim, fork.comm])).toEqual(
      chain.map((pid) => [pid, pid + 1, "fork32"]),
    );
    expect(
      ofType(events, "exit")
        .filter((exit) => chain.includes(exit.pid))
        .map((exit) => exit.code),
    ).toEqual([3, 3, 3, 3, 3]);
    expect(remark(reading, "audit.fork-by-32-bit")).toMatchObject({ count: 5 });
  });

  it("puts vfork before what its child did", () => {
    const vfork = events.findIndex((event) => event.type === "fork" && event.childClaim === 5687);
    const exec = events.findIndex((event) => event.type === "exec" && event.pid === 5687);
    expect(vfork).toBeGreaterThan(-1);
    expect(exec).toBeGreaterThan(vfork);
  });

  it("decodes arguments, names the file sought in vain, tells a thread's end from a process's", () => {
    expect(ofType(events, "exec").find((exec) => exec.pid === 5687)).toMatchObject({
      exe: "/usr/bin/echo",
      ppid: 5671,
      argv: ["/bin/echo", "hé", "", 'q"x', "aaa"],
      error: 0,
    });
    expect(ofType(events, "exec").find((exec) => exec.error !== 0)).toMatchObject({
      pid: 5688,
      comm: "env",
      exe: "/bin/nonexist",
      argv: null,
      error: -2,
    });
    expect(
      ofType(events, "exit")
        .filter((exit) => exit.pid === 5689)
        .map((exit) => exit.thread),
    ).toEqual([true, false]);
    expect(ofType(events, "exit").find((exit) => exit.pid === 5732)).toMatchObject({ code: null, signal: 11 });
    expect(ofType(events, "exit").find((exit) => exit.pid === 5731)).toMatchObject({ code: 7 });
  });

  it("comes in time order from time 0, with an honest ledger", () => {
    const times = events.map((event) => event.ts);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(reading.originEpochMs).toBe(1795469056441);
    expect(reading.seconds).toBeCloseTo(2.256, 6);
    expect(reading.ledger).toMatchObject({
      kind: "audit",
      events: events.length,
      lost: null,
      skipped: 0,
      examples: [],
    });
    expect(reading.tells).toMatchObject({
      programs: true,
      argv: true,
      lineage: true,
      reaper: true,
      exitStatus: true,
      lifetimes: true,
      cpu: { code: "cpu.log-tells-none" },
    });
  });
});
