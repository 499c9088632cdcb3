import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { recognise } from "../../../src/formats/index.ts";
import type { ProcessEvent } from "../../../src/model/events.ts";
import { eventsOf, readEvents } from "./audit-event-lines.ts";
import { ofType, readAudit, record, remark, SAMPLE, syscall } from "./audit-lines.ts";

/** What `ausearch -i` of audit 3.0.9 prints for SAMPLE. */
const INTERPRETED = readFileSync(
  new URL("../../fixtures/audit/storm-by-32-bit-and-more.interpreted.txt", import.meta.url),
);

/** A record as journald keeps it: its number and time stand in fields of their own. */
function journal(line: string): string {
  const found = /^type=(\S+) msg=audit\((\d+)\.(\d+):(\d+)\): (.*)$/.exec(line);
  if (found === null) throw new Error(line);
  const [, type, seconds, ms, id, body] = found as unknown as [string, string, string, string, string, string];
  const numbers: Record<string, string> = {
    SYSCALL: "1300",
    EXECVE: "1309",
    CWD: "1307",
    PATH: "1302",
    PROCTITLE: "1327",
  };
  return `${JSON.stringify({
    _TRANSPORT: "audit",
    _AUDIT_TYPE: numbers[type] ?? "1321",
    _AUDIT_TYPE_NAME: type,
    _AUDIT_ID: id,
    _SOURCE_REALTIME_TIMESTAMP: `${seconds}${ms}000`,
    _HOSTNAME: "web1",
    MESSAGE: `${type} ${body}`,
  })}\n`;
}

const lines = SAMPLE.toString("latin1").split("\n").slice(0, -1);
const kernelLines = lines.filter((line) => /^type=(?:SYSCALL|EXECVE|CWD|PATH|PROCTITLE|BPRM_FCAPS) /.test(line));
const plain = Buffer.from(`${kernelLines.join("\n")}\n`, "latin1");

/** Without what tells only of the order of telling: the same program is met anew more often where it is not remembered by its bytes. */
function facts(events: readonly ProcessEvent[]): unknown[] {
  return events.filter(({ type }) => type !== "seen");
}

const NUMBERS: Readonly<Record<string, number>> = {
  SYSCALL: 1300,
  EXECVE: 1309,
  CWD: 1307,
  PATH: 1302,
  PROCTITLE: 1327,
  BPRM_FCAPS: 1321,
};
const TRANSPORTS: Readonly<Record<string, (line: string) => string>> = {
  "syslog by audisp": (line) => `Nov 23 21:24:17 web1 audisp-syslog[77]: ${line}`,
  "syslog, RFC 5424": (line) => `<13>1 2026-11-23T21:24:17.467Z web1 audispd 77 - - ${line}`,
  "the kernel log": (line) =>
    line.replace(/^type=(\S+) msg=/, (_, type: string) => `[   12.345678] audit: type=${NUMBERS[type]} `),
  "the kernel log of old kernels": (line) =>
    line.replace(/^type=(\S+) msg=/, (_, type: string) => `type=${NUMBERS[type]} `),
  "journalctl -k": (line) =>
    line.replace(/^type=(\S+) msg=/, (_, type: string) => `Nov 23 21:24:17 web1 kernel: audit: type=${NUMBERS[type]} `),
  "an older tool's unknown types": (line) =>
    line.replace(/^type=(\S+)/, (_, type: string) => `type=UNKNOWN[${NUMBERS[type]}]`),
};

describe("transports", () => {
  it.each(Object.keys(TRANSPORTS))("%s: the same events", (name) => {
    const way = TRANSPORTS[name] as (line: string) => string;
    const bytes = Buffer.from(kernelLines.map((line) => `${way(line)}\n`).join(""), "latin1");
    expect(recognise(bytes)?.id).toBe("audit");
    expect(facts(readAudit(bytes).events)).toEqual(facts(readAudit(plain).events));
    const whole = eventsOf(bytes);
    expect(whole).toEqual(eventsOf(plain));
    expect(whole.length).toBeGreaterThan(20);
  });

  it("journalctl -o json: the same events, of the host that it names", () => {
    const bytes = Buffer.from(kernelLines.map(journal).join(""));
    expect(recognise(bytes)?.id).toBe("audit");
    const { events, hosts } = readAudit(bytes);
    expect([...hosts.keys()]).toEqual(["web1"]);
    expect(facts(events)).toEqual(facts(readAudit(plain).events));
    expect(eventsOf(bytes)).toEqual(eventsOf(plain).map((event) => ({ ...event, host: "web1" })));
  });

  it("a journal's other lines, and its short form without numbers, are told from records", () => {
    const { counts, reading } = readEvents(
      [
        JSON.stringify({ MESSAGE: "audit: audit_lost=5 audit_rate_limit=0 audit_backlog_limit=64", _HOSTNAME: "web1" }),
        JSON.stringify({ MESSAGE: "Started cron." }),
        "{ broken",
        "Nov 25 02:15:34 web1 audit[1234]: SYSCALL arch=c000003e syscall=59 success=yes exit=0",
        JSON.stringify({ MESSAGE: [83, 255], _AUDIT_ID: "1", _AUDIT_TYPE: "1300", _SOURCE_REALTIME_TIMESTAMP: "x" }),
        "",
      ].join("\n"),
    );
    expect(counts).toMatchObject({ read: 5, skipped: 4, events: 0 });
    expect(reading.ledger.examples[2]?.why).toContain("journalctl -o json");
  });

  it("a folder of several hosts in one file is several hosts", () => {
    const both = kernelLines.flatMap((line) => [`node=a ${line}`, `node=b ${line}`]).join("\n");
    const { hosts } = readAudit(both);
    expect([...hosts.keys()]).toEqual(["a", "b"]);
    expect(hosts.get("a")).toEqual(hosts.get("b"));
    expect(hosts.get("a")).toEqual(readAudit(plain).events);
  });
});

describe("what ausearch -i printed", () => {
  it("is recognised and gives the same forks, execs and ends as the log it came from", () => {
    expect(recognise(INTERPRETED)?.id).toBe("audit");
    const raw = readAudit(SAMPLE);
    const text = readAudit(INTERPRETED);
    expect(text.lines).toMatchObject({ parsed: raw.lines.parsed, skipped: 0 });
    expect(facts(text.events)).toEqual(
      facts(raw.events).map((event) => {
        const one = event as ProcessEvent;
        // ausearch writes UNKNOWN for every exit status but 0.
        return one.type === "exit" && one.signal === null && one.code !== 0 ? { ...one, code: null } : one;
      }),
    );
    expect(text.reading.tells.exitStatus).toMatchObject({ code: "exits.interpreted-away" });
    expect(raw.reading.tells.exitStatus).toBe(true);
    expect(remark(text.reading, "audit.fork-by-32-bit")).toMatchObject({ count: 5 });
    expect(remark(text.reading, "audit.failed-execs")).toMatchObject({ count: 1 });
  });

  it("gives whole events too, with its local times marked as such", () => {
    const raw = eventsOf(SAMPLE);
    const text = eventsOf(INTERPRETED);
    const gist = (events: typeof raw): unknown[] =>
      events.map(({ serial, ms, syscall: call, pid, comm, exe, exit, success, argv, cwd, keys }) => [
        serial,
        ms,
        call,
        pid,
        comm,
        exe,
        exit,
        success,
        argv,
        cwd,
        keys,
      ]);
    expect(gist(text)).toEqual(gist(raw));
    expect(text.every(({ local }) => local)).toBe(true);
    expect(raw.some(({ local }) => local)).toBe(false);
  });

  it.each(["11/25/26", "11/25/2026", "25/11/2026", "25.11.2026", "2026-11-25"])("dates as %s", (date) => {
    const [event] = eventsOf(`node=h type=CWD msg=audit(${date} 02:18:27.494:72579) : cwd=/a b\n`);
    expect(event).toMatchObject({ host: "h", ms: Date.UTC(2026, 10, 25, 2, 18, 27, 494), cwd: "/a b", serial: 72579 });
  });

  it("names and arguments with blanks, errors, signals, seccomp", () => {
    const head = "msg=audit(11/25/26 02:18:27.494:7) :";
    const { events } = readAudit(
      `type=SYSCALL ${head} arch=x86_64 syscall=execve success=yes exit=0 a0=0x1 a1=0x2 items=2 ppid=4 pid=5 auid=unset uid=root tty=(none) ses=unset comm=mix with space exe=/opt/a b/mix key=(null)\n` +
        `type=EXECVE ${head} argc=4 a0=sh a1=-c a2=echo "a" b a3= \n` +
        `type=ANOM_ABEND ${head.replace(":7)", ":8)")} auid=unset uid=root gid=root ses=unset pid=5 comm=mix with space exe=/opt/a b/mix sig=SIGSEGV res=yes \n`,
    );
    expect(ofType(events, "exec")).toMatchObject([
      { comm: "mix with space", exe: "/opt/a b/mix", argv: ["sh", "-c", 'echo "a" b', ""], ppid: 4 },
    ]);
    expect(ofType(events, "exit")).toMatchObject([{ pid: 5, signal: 11 }]);
  });
});

it("io_uring, ends by signal and filters among processes' records", () => {
  const { events, lines: counted } = readAudit(
    record("URINGOP", 3, "uring_op=18 success=yes exit=0 items=0 ppid=1 pid=30 uid=0 key=(null)") +
      syscall({ nr: 56, success: "yes exit=40", a0: "1200011", pid: 30 }) +
      record(
        "SECCOMP",
        9,
        'auid=0 uid=0 gid=0 ses=1 pid=40 comm="x" exe="/x" sig=31 arch=c000003e syscall=63 compat=0 ip=0x1 code=0x80000000',
      ) +
      record(
        "SECCOMP",
        10,
        'auid=0 uid=0 gid=0 ses=1 pid=30 comm="sh" exe="/usr/bin/dash" sig=0 arch=c000003e syscall=63 compat=0 ip=0x1 code=0x7ffc0000',
      ) +
      record("ANOM_ABEND", 11, 'auid=0 uid=0 gid=0 ses=1 pid=40 comm="x" exe="/x" sig=31 res=1'),
  );
  expect(counted).toMatchObject({ parsed: 5, skipped: 0 });
  expect(ofType(events, "exit")).toMatchObject([{ pid: 40, signal: 31 }]);
});
