import { describe, expect, it } from "vitest";
import type { ProcessEvent } from "../../../src/model/events.ts";
import { auditFormat } from "../../../src/formats/audit/index.ts";
import { ofType, readAudit, record, remark, SAMPLE, syscall } from "./audit-lines.ts";

/** The records of one exec, in the kernel's order. */
function execRecords(serial: number, pid: number, time = "1700000000.000"): string[] {
  return [
    syscall({ nr: 59, success: "yes exit=0", items: 2, serial, pid, comm: '"ls"', exe: '"/bin/ls"', time }),
    record("EXECVE", serial, `argc=2 a0="ls" a1="${serial}"`, time),
    record("CWD", serial, 'cwd="/"', time),
    record("PATH", serial, 'item=0 name="/bin/ls" inode=1', time),
    record("PATH", serial, 'item=1 name="/lib64/ld.so" inode=2', time),
    record("PROCTITLE", serial, "proctitle=6C73", time),
  ];
}

const argvs = (events: ProcessEvent[]): (string[] | null)[] => ofType(events, "exec").map((exec) => exec.argv);

describe("records that do not stand together", () => {
  it("two events interleaved record by record", () => {
    const one = execRecords(1, 20);
    const two = execRecords(2, 21);
    const { events } = readAudit(one.flatMap((line, i) => [line, two[i] as string]).join(""));
    expect(ofType(events, "exec").map((exec) => [exec.pid, exec.argv])).toEqual([
      [20, ["ls", "1"]],
      [21, ["ls", "2"]],
    ]);
  });

  it("a hundred events interleaved", () => {
    const all = Array.from({ length: 100 }, (_, i) => execRecords(i + 1, 100 + i));
    const text = all[0]?.map((_, line) => all.map((lines) => lines[line]).join("")).join("") ?? "";
    expect(argvs(readAudit(text).events)).toEqual(all.map((_, i) => ["ls", String(i + 1)]));
  });

  it("reversed, as some tools print them", () => {
    const text = [...execRecords(1, 20).toReversed(), ...execRecords(2, 21).toReversed()].join("");
    expect(argvs(readAudit(text).events)).toEqual([
      ["ls", "1"],
      ["ls", "2"],
    ]);
    const failed = [
      record("PATH", 3, 'item=0 name="/no"'),
      syscall({ nr: 59, success: "no exit=-2", items: 1, serial: 3 }),
    ].join("");
    expect(ofType(readAudit(failed).events, "exec")).toMatchObject([{ exe: "/no", error: -2 }]);
  });

  it("EXECVE before the title but after other events; PROCTITLE before PATH", () => {
    const [call, execve, cwd, path0, path1, title] = execRecords(1, 20) as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const other = syscall({ nr: 257, success: "yes exit=3", serial: 2, pid: 40 });
    expect(
      argvs(readAudit([call, other, title, other.replace(":2)", ":3)"), path1, path0, cwd, execve].join("")).events),
    ).toEqual([["ls", "1"]]);
  });

  it("hosts with the same stamps and serials are kept apart", () => {
    const a = execRecords(1, 20).map((line) => `node=a ${line}`);
    const b = execRecords(1, 20).map((line) => `node=b ${line.replace(/a1="\d+"/, 'a1="b"')}`);
    const { events, reading } = readAudit(a.flatMap((line, i) => [line, b[i] as string]).join(""));
    expect(argvs(events)).toEqual([
      ["ls", "1"],
      ["ls", "b"],
    ]);
    expect(reading.hosts).toEqual(["a", "b"]);
    expect(remark(reading, "audit.several-hosts")).toEqual({ hosts: ["a", "b"] });
    expect(remark(reading, "audit.serial-gaps")).toBeNull();
  });

  it("one host named in every record is no case of several", () => {
    const { reading } = readAudit(
      execRecords(1, 20)
        .map((line) => `node=a ${line}`)
        .join(""),
    );
    expect(reading.hosts).toEqual(["a"]);
    expect(remark(reading, "audit.several-hosts")).toBeNull();
  });

  it("a reboot that uses the same serials again", () => {
    const run = (time: string): string =>
      Array.from({ length: 5000 }, (_, i) => execRecords(i + 1, 100 + i, time).join("")).join("");
    const { events, reading } = readAudit(run("1700000000.000") + run("1700009999.000"));
    expect(ofType(events, "exec").filter((exec) => exec.argv?.length === 2)).toHaveLength(10_000);
    expect(reading.remarks.map((one) => one.code)).toEqual(["audit.records"]);
  });

  it("a file that begins within an event, and one that ends within one", () => {
    const lines = [...execRecords(1, 20), ...execRecords(2, 21), ...execRecords(3, 22)];
    const { events, reading } = readAudit(lines.slice(1, -5).join(""));
    expect(ofType(events, "exec").map((exec) => [exec.pid, exec.argv])).toEqual([
      [21, ["ls", "2"]],
      [22, null],
    ]);
    expect(remark(reading, "audit.orphan-records")).toMatchObject({ count: 1 });
    expect(remark(reading, "audit.incomplete-execs")).toMatchObject({ count: 1 });
  });

  it("records that come after their event was told are counted as late", () => {
    const [call, execve] = execRecords(1, 20) as [string, string];
    const others = Array.from({ length: 400 }, (_, i) =>
      syscall({ nr: 257, success: "yes exit=3", serial: 10 + i, pid: 40 + i }),
    ).join("");
    const { events, reading } = readAudit(call + others + execve);
    expect(argvs(events)).toEqual([null]);
    expect(remark(reading, "audit.late-records")).toMatchObject({ records: 1 });
  });

  it("an exec whose EXECVE never comes does not hold up the rest", () => {
    const text = Array.from({ length: 2000 }, (_, i) => execRecords(i + 1, 20 + i)[0] as string).join("");
    const seen: number[] = [];
    const reader = auditFormat.open(() => (event) => {
      if (event.type === "exec") seen.push(event.pid);
    });
    reader.push(Buffer.from(text), "x");
    expect(seen.length).toBeGreaterThan(1000);
    reader.end();
    expect(seen).toEqual(Array.from({ length: 2000 }, (_, i) => 20 + i));
  });
});

describe("hosts", () => {
  /** A storm's worth of calls with PIDs that every host has; `gap` sets the clock, `seed` the order of things. */
  function recordsOfHost(firstMs: number, seed: number): string[] {
    const lines: string[] = [];
    for (let i = 0; i < 300; i++) {
      const ms = firstMs + i * (seed + 1);
      const time = `${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, "0")}`;
      const pid = 20 + (i % 40);
      lines.push(
        syscall({ nr: 57, success: `yes exit=${pid + 1}`, serial: i * 3, pid, ppid: pid - 1, time }),
        ...execRecords(i * 3 + 1, pid + 1, time).map((line) => line.replace(/a1="\d+"/, `a1="${seed}"`)),
        syscall({ nr: 231, a0: String(seed), serial: i * 3 + 2, pid, ppid: pid - 1, time }),
      );
    }
    return lines;
  }

  it("mixed in one log are told apart: each gets the events of its records alone, though PIDs and serials are the same", () => {
    const a = recordsOfHost(1_700_000_000_000, 1).map((line) => `node=a ${line}`);
    // Its clock is an hour slow, and it knows one host that names itself in no record.
    const b = recordsOfHost(1_699_996_400_000, 2).map((line) => `node=b ${line}`);
    const unnamed = recordsOfHost(1_700_000_000_500, 3);
    const mixed = a.map((line, i) => line + (b[i] as string) + (unnamed[i] as string)).join("");
    const { events, hosts, reading } = readAudit(mixed);
    expect(hosts.size).toBe(3);
    for (const [name, lines] of [
      ["a", a],
      ["b", b],
      [null, unnamed],
    ] as const) {
      const alone = readAudit(lines.join(""));
      expect(hosts.get(name)).toEqual(alone.events);
      expect(alone.events.length).toBeGreaterThan(900);
    }
    expect(reading.ledger.events).toBe(events.length);
    expect(reading.seconds).toBeCloseTo((299 * 4) / 1000, 6);
    expect(reading.originEpochMs).toBe(1_699_996_400_000);
    expect(remark(reading, "audit.late-records")).toBeNull();
  });
});

describe("time", () => {
  it("an earlier stamp that comes later is put in its place", () => {
    const text =
      syscall({ nr: 257, success: "yes exit=3", serial: 1, pid: 40, time: "1700000000.000" }) +
      syscall({ nr: 257, success: "yes exit=3", serial: 2, pid: 41, time: "1700000000.500" }) +
      syscall({ nr: 58, success: "yes exit=41", serial: 3, pid: 40, time: "1700000000.250" });
    const { events } = readAudit(text);
    expect(events.map((event) => [event.type, event.ts / 1e6])).toEqual([
      ["seen", 0],
      ["seen", 250],
      ["fork", 250],
      ["seen", 500],
    ]);
  });

  it("a fork stands before what its child did within the same tick", () => {
    const child = execRecords(1, 41).join("").replaceAll("ppid=10", "ppid=40");
    const text =
      syscall({ nr: 257, success: "yes exit=3", serial: 0, pid: 40 }) +
      child +
      syscall({ nr: 231, pid: 41, ppid: 40, serial: 2 }) +
      syscall({ nr: 58, success: "yes exit=41", serial: 3, pid: 40 });
    expect(readAudit(text).events.map((event) => event.type)).toEqual(["seen", "seen", "fork", "exec", "seen", "exit"]);
  });

  it("one broken stamp far ahead does not bend the times of the rest", () => {
    const at = (i: number, time: string): string => syscall({ nr: 231, serial: i, pid: 100 + i, time });
    const lines = Array.from({ length: 1000 }, (_, i) =>
      at(
        i + 1,
        i === 500
          ? "9700000000.000"
          : `17000000${String(i % 100).padStart(2, "0")}.000`.replace(
              /\d\d\.000$/,
              `${String(Math.floor(i / 20)).padStart(2, "0")}.000`,
            ),
      ),
    );
    const exits = ofType(readAudit(lines.join("")).events, "exit");
    expect(exits).toHaveLength(1000);
    expect(exits.slice(0, 999).every((exit) => exit.ts <= 50e9)).toBe(true);
  });

  it("a clock set back by an hour goes on where it was", () => {
    const at = (i: number, seconds: number): string =>
      syscall({ nr: 231, serial: i, pid: 100 + i, time: `${seconds}.000` });
    const before = Array.from({ length: 300 }, (_, i) => at(i + 1, 1700003600 + i));
    const after = Array.from({ length: 900 }, (_, i) => at(i + 301, 1700000300 + i));
    const { events, reading } = readAudit([...before, ...after].join(""));
    const times = events.map((event) => event.ts);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect((times.at(-1) as number) / 1e9).toBeGreaterThan(1000);
    expect((times.at(-1) as number) / 1e9).toBeLessThan(1300);
    expect(remark(reading, "audit.late-records")).toMatchObject({ records: 0 });
  });
});

describe("cuts", () => {
  it("a log cut at any byte: never throws, counts add up, complete lines all count", () => {
    const text = SAMPLE.subarray(0, 6000);
    for (let length = 0; length <= text.length; length++) {
      const part = text.subarray(0, length);
      const { reading, lines, events } = readAudit(part);
      const newlines = part.filter((byte) => byte === 10).length;
      expect(lines.read).toBe(lines.parsed + lines.skipped);
      expect(lines.parsed).toBeGreaterThanOrEqual(newlines);
      expect(lines.read + lines.blank).toBe(newlines + (length > 0 && part[length - 1] !== 10 ? 1 : 0));
      expect(reading.ledger.events).toBe(events.length);
    }
  });

  it("a log that begins at any byte", () => {
    const text = SAMPLE.subarray(0, 3000);
    for (let start = 0; start < text.length; start++) {
      const { lines } = readAudit(text.subarray(start));
      expect(lines.read).toBe(lines.parsed + lines.skipped);
      expect(lines.skipped).toBeLessThanOrEqual(1);
    }
  });

  it.each([1, 7, 64, 1000, 4096])("pieces of %i bytes give what one piece gives", (size) => {
    expect(readAudit(SAMPLE, size)).toEqual(readAudit(SAMPLE));
  });

  it("CRLF gives what LF gives", () => {
    const crlf = Buffer.from(SAMPLE.toString("latin1").replaceAll("\n", "\r\n"), "latin1");
    expect(readAudit(crlf)).toEqual(readAudit(SAMPLE));
    expect(readAudit(crlf, 7)).toEqual(readAudit(SAMPLE));
  });

  it("node= and an enriched tail change nothing but the host", () => {
    const dressed = SAMPLE.toString("latin1").replace(
      /^(.+)$/gm,
      'node=h $1\x1dARCH=x86_64 SYSCALL=execve AUID="unset" UID="root"',
    );
    expect(readAudit(Buffer.from(dressed, "latin1")).events).toEqual(readAudit(SAMPLE).events);
  });

  it("numeric types and a kernel prefix change nothing", () => {
    const numbers: Record<string, number> = {
      SYSCALL: 1300,
      EXECVE: 1309,
      PATH: 1302,
      CWD: 1307,
      PROCTITLE: 1327,
      BPRM_FCAPS: 1321,
      ANOM_ABEND: 1701,
      DAEMON_START: 1200,
      DAEMON_END: 1201,
    };
    const kernel = SAMPLE.toString("latin1").replace(
      /^type=(\w+) msg=/gm,
      (_, type: string) => `Nov 23 10:00:00 h kernel: [  1.5] audit: type=${numbers[type]} `,
    );
    expect(readAudit(Buffer.from(kernel, "latin1"))).toEqual(readAudit(SAMPLE));
  });

  it("a rotated file without newline at its end does not swallow the first line of the next", () => {
    const reader = auditFormat.open(() => () => undefined);
    reader.push(Buffer.from(syscall({ nr: 57, success: "yes exit=3", serial: 1 }).slice(0, -30)), "audit.log.1");
    reader.push(Buffer.from(syscall({ nr: 57, success: "yes exit=4", serial: 2 })), "audit.log");
    reader.push(Buffer.from("rubbish\n"), "audit.log");
    const { ledger } = reader.end();
    expect(ledger.examples).toMatchObject([{ locator: "audit.log line 2" }]);
    expect(ledger.skipped).toBe(1);
  });
});
