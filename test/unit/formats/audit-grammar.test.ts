import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { auditFormat } from "../../../src/formats/audit/index.ts";
import { execOf, ofType, readAudit, record, remark, SAMPLE, syscall } from "./audit-lines.ts";

const EXEC = { nr: 59, success: "yes exit=0", items: 2, serial: 7, comm: '"ls"', exe: '"/bin/ls"' };
const exec = (body: string): string => syscall(EXEC) + record("EXECVE", 7, body);
const FORK = { nr: 57, success: "yes exit=21", serial: 7 };
const forks = (text: string): number => ofType(readAudit(text).events, "fork").length;

describe("lines", () => {
  const plain = syscall(FORK).trimEnd();
  it.each([
    ["node= before the type", `node=web-1.example ${plain}`],
    ["an enriched tail after 0x1D", `${plain}\x1dARCH=x86_64 SYSCALL=fork AUID="unset" UID="root"`],
    ["an enriched tail after a space", `${plain} ARCH=x86_64 SYSCALL=fork AUID="unset"`],
    ["an enriched tail after nothing", `${plain.replace("(null)", '"k"')}ARCH=x86_64 SYSCALL=fork`],
    ["CRLF", `${plain}\r`],
    ["a numeric type, as in the kernel's log", plain.replace("type=SYSCALL msg=", "[   12.345678] audit: type=1300 ")],
    [
      "a numeric type behind journalctl's prefix",
      plain.replace("type=SYSCALL msg=", "Nov 23 10:00:00 web-1 kernel: audit: type=1300 "),
    ],
    ["an unknown type by number", plain.replace("SYSCALL", "UNKNOWN[1300]")],
    ["a syslog prefix", `Nov 23 10:00:00 web-1 audisp-syslog[812]: ${plain}`],
    ["a syslog prefix and node=", `Nov 23 10:00:00 web-1 audispd: node=web-2 ${plain}`],
    ["leading NULs, as after a crash", `\0\0\0\0${plain}`],
    ["a byte order mark", `\ufeff${plain}`],
    ["two spaces before the body", plain.replace("): ", "):  ")],
    ["per= after the number", syscall({ ...FORK, per: "400000" }).trimEnd()],
    [
      "fields in another order",
      'type=SYSCALL msg=audit(1.000:7): pid=20 comm="sh" ppid=10 exit=21 success=yes syscall=57 arch=c000003e exe="/x"',
    ],
    ["AppArmor's doubled =", syscall({ ...FORK, tail: "subj==unconfined key=(null)" }).trimEnd()],
    ["AppArmor's bare words", syscall({ ...FORK, tail: "subj==/usr/sbin/ntpd (enforce) key=(null)" }).trimEnd()],
    ["SELinux with categories", syscall({ ...FORK, tail: "subj=u:r:t:s0-s0:c0.c1023 key=28696E74" }).trimEnd()],
    ["the highest serial", plain.replace(":7)", ":4294967295)")],
    ["seconds of nine digits", plain.replace("1700000000", "999999999")],
  ])("%s", (_name, line) => {
    for (const text of [line, `${line}\n`, `\n# comment\n${line}\n\n`]) {
      const { events, reading, lines } = readAudit(text);
      expect(ofType(events, "fork")).toMatchObject([{ pid: 20, childClaim: 21, comm: "sh" }]);
      expect(reading.ledger.skipped).toBe(0);
      expect(lines).toMatchObject({ read: 1, parsed: 1 });
    }
  });

  it.each([
    ["an overwritten stamp (audit-userspace#262)", "type=PATH msg=audit(16523210---): item=0", /no time stamp/],
    ["a stamp of ?", "type=UNKNOWN[1329] msg=?", /no time stamp/],
    [
      "text of ausearch -i without its end",
      "type=SYSCALL msg=audit(10/03/2018 13:04:03.208:1391) : arch=x86_64 syscall=fork",
      /without pid/,
    ],
    ["no audit at all", "Nov 23 10:00:00 web-1 sshd[1]: hello", /no audit record/],
    ["letters where a number belongs", syscall({ ...FORK, arch: "x86-64" }).trimEnd(), /arch= and syscall=/],
    ["no pid", "type=SYSCALL msg=audit(1.000:7): arch=c000003e syscall=57 success=yes exit=3", /without pid/],
    ["a serial beyond 32 bits", 'type=CWD msg=audit(1.000:4294967296): cwd="/"', /no time stamp/],
    ["half a line", "type=SYSCALL msg=audit(1700000000.0", /no time stamp/],
    ["only NULs", "\0\0\0\0\0", /NUL/],
  ])("counts and shows %s", (_name, line, why) => {
    const { reading, lines } = readAudit(`${line}\n${syscall(FORK)}`);
    expect(reading.ledger.skipped).toBe(1);
    expect(lines).toMatchObject({ read: 2, parsed: 1, skipped: 1 });
    expect(reading.ledger.examples).toMatchObject([{ locator: "audit.log line 1", quote: line.slice(0, 120) }]);
    expect(reading.ledger.examples[0]?.why).toMatch(why);
  });

  it("keeps three examples of many", () => {
    const { reading } = readAudit("rubbish\n".repeat(10));
    expect(reading.ledger).toMatchObject({ skipped: 10, lost: null });
    expect(reading.ledger.examples).toHaveLength(3);
    expect(remark(reading, "audit.no-process-records")).toEqual({});
  });

  it("a header without colon is a record (RHEL 7)", () => {
    const { reading } = readAudit("type=DAEMON_CONFIG msg=audit(1490239800.477:34) config changed, auid=0\n");
    expect(reading.ledger.skipped).toBe(0);
    expect(reading.originEpochMs).toBe(1490239800477);
  });

  it("a line of more than 1 MiB is skipped, the rest used, however it is cut", () => {
    const text = `${syscall(FORK)}type=EXECVE msg=audit(1.000:1): a0="${"x".repeat(3 << 20)}"\n${syscall({ ...FORK, pid: 30 })}`;
    for (const size of [1 << 20, 4 << 20, 65_537]) {
      const { events, reading } = readAudit(text, size);
      expect(ofType(events, "fork").map((fork) => fork.pid)).toEqual([20, 30]);
      expect(reading.ledger.skipped).toBe(1);
      expect(reading.ledger.examples[0]).toMatchObject({
        locator: "audit.log line 2",
        why: "a line of more than 1 MiB",
      });
      expect(reading.ledger.examples[0]?.quote).toMatch(/^type=EXECVE .{100,}/);
    }
  });
});

describe("values", () => {
  it.each([
    ['"ls"', "ls"],
    ["6C73", "ls"],
    ['"6C73"', "6C73"],
    ["6c73", "6c73"],
    ["6C7", "6C7"],
    ["C3A9", "é"],
    ["FF41", "\udcffA"],
    ["(null)", ""],
    ["22", '"'],
    ['""', ""],
  ])("comm=%s is %j", (written, meant) => {
    const { events } = readAudit(syscall({ ...FORK, comm: written }));
    expect(events[0]).toMatchObject({ type: "seen", comm: meant });
  });

  it("exe of a deleted file", () => {
    const { events } = readAudit(syscall({ ...FORK, exe: "2F746D702F78202864656C6574656429" }));
    expect(events[0]).toMatchObject({ exe: "/tmp/x (deleted)" });
  });

  it("x32 calls are told by their bit", () => {
    const text = syscall({ ...EXEC, nr: 0x40000000 + 520 }) + record("EXECVE", 7, 'argc=1 a0="x"');
    expect(execOf(text)).toMatchObject({ argv: ["x"] });
    expect(execOf(syscall({ ...EXEC, nr: 520 }) + record("EXECVE", 7, 'argc=1 a0="x"'))).toBeUndefined();
    const { events } = readAudit(syscall({ nr: 0x40000000 + 257, success: "yes exit=3" }));
    expect(events[0]).toMatchObject({ abi: { machine: "x32", bits: 32 } });
  });

  it("numbers of one record do not leak into the next", () => {
    const { events } = readAudit(
      syscall({ nr: 0x40000000 + 57, success: "yes exit=3" }) +
        syscall({ nr: 57, success: "yes exit=4" }) +
        syscall({ arch: "40000003", nr: 57, success: "yes exit=5" }),
    );
    expect(ofType(events, "fork").map((fork) => fork.childClaim)).toEqual([3, 4]);
  });
});

describe("arguments", () => {
  it.each([
    ["quoted", 'argc=3 a0="ls" a1="-l" a2="a,b"', ["ls", "-l", "a,b"]],
    ["hexadecimal", "argc=2 a0=2F62696E2F6C73 a1=6120C3A9", ["/bin/ls", "a é"]],
    ["quoted digits are no hexadecimal (go-libaudit#13)", 'argc=2 a0="ls" a1="3005"', ["ls", "3005"]],
    ["lower case is no hexadecimal (go-libaudit#17)", "argc=2 a0=ls a1=6c73", ["ls", "6c73"]],
    ["empty ones that old kernels left out (audit-kernel#99)", 'argc=3 a0= a2="x"', ["", "", "x"]],
    ["empty ones left out at the end", 'argc=4 a0="x" a1="y"', ["x", "y", "", ""]],
    ["an empty one written", 'argc=3 a0="x" a1="" a2="z"', ["x", "", "z"]],
    ["(null) is nothing special in an argument", 'argc=2 a0="ls" a1=(null)', ["ls", "(null)"]],
    ["equals signs and apostrophes", `argc=2 a0="env" a1="A='b'=c"`, ["env", "A='b'=c"]],
    ["an enriched tail", 'argc=1 a0="ls"\x1dA="b"', ["ls"]],
    ["none", "argc=0", []],
    ["more digits than bytes can hold", 'argc=99999999999999999999 a0="x"', null],
  ])("%s", (_name, body, argv) => {
    expect(execOf(exec(body))?.argv ?? null).toEqual(argv);
  });

  it("an argument cut over records, quoted or hexadecimal, `_len` not believed", () => {
    const split = (a: string, b: string): string =>
      syscall(EXEC) +
      record("EXECVE", 7, `argc=3 a0="sh" a1_len=99 a1[0]=${a}`) +
      record("EXECVE", 7, ` a1[1]=${b} a2="end"`) +
      record("CWD", 7, 'cwd="/"') +
      record("PROCTITLE", 7, "proctitle=7368");
    expect(execOf(split("C3", "A9"))?.argv).toEqual(["sh", "é", "end"]);
    expect(execOf(split('"ab"', '"cd"'))?.argv).toEqual(["sh", "abcd", "end"]);
  });

  it("the last argument cut over records ends with the event", () => {
    const text =
      syscall(EXEC) +
      record("EXECVE", 7, "argc=2 a0=7368 a1_len=6 a1[0]=4142") +
      record("EXECVE", 7, "a1[1]=4344") +
      record("EXECVE", 7, "a1[2]=45") +
      record("PROCTITLE", 7, "proctitle=7368");
    expect(execOf(text)?.argv).toEqual(["sh", "ABCDE"]);
    expect(execOf(text.slice(0, text.indexOf("type=PROCTITLE")))?.argv).toEqual(["sh", "ABCDE"]);
  });

  it("256 whole arguments over two records (aushape#63)", () => {
    const list = Array.from({ length: 256 }, (_, i) => `v${i}`);
    const part = (from: number, to: number): string =>
      list
        .slice(from, to)
        .map((value, i) => `a${from + i}="${value}"`)
        .join(" ");
    const text =
      syscall(EXEC) + record("EXECVE", 7, `argc=256 ${part(0, 150)}`) + record("EXECVE", 7, ` ${part(150, 256)}`);
    expect(execOf(text)?.argv).toEqual(list);
  });

  it("a tail without its head is unknown, not wrong (beats#30382); the title helps when it is whole", () => {
    const tail = syscall(EXEC) + record("EXECVE", 7, 'a5[1]="x"');
    const { events, reading } = readAudit(tail);
    expect(ofType(events, "exec")).toMatchObject([{ exe: "/bin/ls", argv: null }]);
    expect(remark(reading, "audit.incomplete-execs")).toMatchObject({ count: 1 });
    expect(execOf(syscall(EXEC) + record("PROCTITLE", 7, "proctitle=6C73002D6C0000"))?.argv).toEqual(["ls", "-l", ""]);
    expect(execOf(syscall(EXEC) + record("PROCTITLE", 7, 'proctitle="ls"'))?.argv).toEqual(["ls"]);
    expect(execOf(syscall(EXEC) + record("PROCTITLE", 7, `proctitle=${"41".repeat(128)}`))?.argv).toBeNull();
  });

  it("a failed exec names the file from PATH, also relative or hexadecimal, and not its caller", () => {
    const failed = { ...EXEC, success: "no exit=-2", items: 1 };
    expect(execOf(syscall(failed) + record("PATH", 7, 'item=0 name="./x y" inode=1'))).toMatchObject({
      exe: "./x y",
      error: -2,
      argv: null,
    });
    expect(execOf(syscall(failed) + record("PATH", 7, "item=0 name=2F6120 nametype=UNKNOWN"))).toMatchObject({
      exe: "/a ",
    });
    expect(
      execOf(
        syscall(failed) + record("PATH", 7, 'item=1 name="/lib/ld.so"') + record("PATH", 7, 'inode=4 item=0 name="/x"'),
      ),
    ).toMatchObject({ exe: "/x" });
    expect(execOf(syscall({ ...failed, items: 0, success: "no exit=-14" }))).toMatchObject({ exe: "", error: -14 });
    expect(execOf(syscall(failed))).toMatchObject({ exe: "", error: -2 });
  });
});

describe("loss", () => {
  it("the kernel's own count is hard evidence", () => {
    const text = `${syscall(FORK)}[ 9.1] audit: backlog limit exceeded\n[ 9.2] audit: audit_lost=5 audit_rate_limit=0 audit_backlog_limit=64\nkernel: audit: audit_lost=494217 audit_rate_limit=0 audit_backlog_limit=4096\n`;
    const { reading } = readAudit(text);
    expect(reading.ledger.lost).toBe(494217);
    expect(reading.ledger.skipped).toBe(0);
    expect(remark(reading, "audit.lost")).toEqual({ lost: 494217, lines: 3, example: "audit.log line 2" });
  });

  it("without a number it stays unknown how many", () => {
    const { reading } = readAudit(`${syscall(FORK)}[ 9.1] kauditd_printk_skb: 1432 callbacks suppressed\n`);
    expect(reading.ledger.lost).toBeNull();
    expect(remark(reading, "audit.lost")).toEqual({ lost: null, lines: 1, example: "audit.log line 2" });
  });

  it("gaps of serials are only a hint, and auditd's own serials are none", () => {
    const at = (serial: number): string => record("CWD", serial, 'cwd="/"');
    const gaps = (text: string): unknown => remark(readAudit(text).reading, "audit.serial-gaps");
    expect(gaps(at(5) + at(6) + at(7))).toBeNull();
    expect(gaps(at(5) + at(9) + at(7))).toEqual({ gaps: 2 });
    expect(gaps(at(4294967294) + at(4294967295) + at(0) + at(1))).toBeNull();
    // A reboot begins a new count, also when its serials have been there before.
    const after = (serial: number): string => record("CWD", serial, 'cwd="/"', "1700000099.000");
    const run = Array.from({ length: 9000 }, (_, i) => at(i + 1)).join("");
    expect(gaps(run + after(1) + after(2) + after(4))).toEqual({ gaps: 1 });
    expect(gaps(record("DAEMON_START", 7000, "op=start") + at(5) + at(6))).toBeNull();
  });

  it("auditing that was switched off is told", () => {
    const { reading } = readAudit(record("CONFIG_CHANGE", 3, "op=set audit_enabled=0 old=1 auid=0 ses=1 res=1"));
    expect(remark(reading, "audit.switched-off")).toMatchObject({ count: 1 });
  });
});

describe("recognising", () => {
  it.each([
    ["a real log", SAMPLE, 0.95],
    ["records with node=", Buffer.from(`node=a ${syscall(FORK)}`), 0.95],
    ["numeric types", Buffer.from(syscall(FORK).replace("type=SYSCALL msg=", "audit: type=1300 ")), 0.95],
    [
      "a few records in a kernel log",
      Buffer.from(
        `${"[1.0] usb 1-1: new device\n".repeat(9)}[1.1] ${syscall(FORK).replace("type=SYSCALL msg=", "audit: type=1300 ")}`,
      ),
      0.3,
    ],
    ["strace's output", Buffer.from('123 execve("/bin/ls", ["ls"], 0x7ff /* 20 vars */) = 0\n'), 0],
    ["nothing", Buffer.alloc(0), 0],
    ["binary", Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 255, 10, 13]), 0],
  ])("%s", (_name, head, sure) => {
    expect(auditFormat.sniff(head)).toBe(sure);
  });
});

it("names record types by the numbers of the message dictionary", async (ctx) => {
  const path = new URL("../../../../shared/data/audit/message-dictionary.csv", import.meta.url);
  ctx.skip(!existsSync(path), "the dictionary of audit record types is not here");
  const { typeName } = await import("../../../src/formats/audit/record-types.ts");
  let known = 0;
  for (const line of readFileSync(path, "utf8").split("\n").slice(1)) {
    const [macro, number] = line.split(",");
    const name = typeName(number ?? "");
    if (name === number || number === undefined || number === "") continue;
    known++;
    expect(`AUDIT_${name}`).toBe(macro);
    expect(typeName(`UNKNOWN[${number}]`)).toBe(name);
  }
  expect(known).toBeGreaterThan(20);
});

it("forks of a full line and of the same line cut before its key agree", () => {
  const line = syscall(FORK);
  expect(forks(line)).toBe(1);
  expect(forks(line.slice(0, line.indexOf(" key=")))).toBe(1);
});
