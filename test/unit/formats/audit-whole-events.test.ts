import { describe, expect, it } from "vitest";
import type { AuditEvent } from "../../../src/formats/audit/events/event.ts";
import { readNames } from "../../../src/formats/audit/events/names.ts";
import { readAddress } from "../../../src/formats/audit/events/sockaddr.ts";
import { eventsOf, readEvents } from "./audit-event-lines.ts";
import { record, SAMPLE, syscall } from "./audit-lines.ts";

function only(text: string | Uint8Array): AuditEvent {
  const events = eventsOf(text);
  expect(events).toHaveLength(1);
  return events[0] as AuditEvent;
}

/** Fields of the only record of the only event. */
function fieldsOf(type: string, body: string): AuditEvent["records"][number]["fields"] {
  const { records } = only(record(type, 7, body));
  return (records[0] as AuditEvent["records"][number]).fields;
}

describe("events", () => {
  it("one of a real log, whole", () => {
    const event = eventsOf(SAMPLE).find(({ argv }) => argv?.[0] === "/bin/echo");
    expect(event).toMatchObject({
      syscall: "execve",
      arch: "x86_64",
      success: true,
      exit: 0,
      exe: "/usr/bin/echo",
      argv: ["/bin/echo", "hé", "", 'q"x', "aaa"],
      missing: [],
      late: false,
    });
    expect(event?.records.map(({ type }) => type)).toEqual([
      "SYSCALL",
      "BPRM_FCAPS",
      "EXECVE",
      "CWD",
      "PATH",
      "PATH",
      "PROCTITLE",
    ]);
    expect(event?.records[0]?.raw["comm"]).toBe('"echo"');
  });

  it("records of one event may be mixed with others', in any order, and over two hosts", () => {
    const one = (node: string): string[] => [
      `node=${node} ${syscall({ nr: 59, success: "yes exit=0", items: 1, serial: 5, pid: 9 })}`,
      `node=${node} ${record("EXECVE", 5, 'argc=2 a0="x" a1=2068')}`,
      `node=${node} ${record("CWD", 5, 'cwd="/tmp"')}`,
      `node=${node} ${record("PATH", 5, 'item=0 name="/x" inode=3 mode=0104755 ouid=0 nametype=NORMAL')}`,
      `node=${node} ${record("PROCTITLE", 5, "proctitle=7800206861")}`,
    ];
    const [a, b] = [one("a"), one("b")];
    const inTurn = a.flatMap((line, i) => [line, b[i] as string]);
    const read = (lines: string[]): unknown[] =>
      eventsOf(lines.join(""))
        .map((event) => ({ ...event, line: 0 }))
        .toSorted((x, y) => String(x.host).localeCompare(String(y.host)));
    const expected = read([...a, ...b]);
    expect(expected).toMatchObject([
      { host: "a", argv: ["x", " h"], cwd: "/tmp", pid: 9 },
      { host: "b", argv: ["x", " h"] },
    ]);
    expect(read(inTurn)).toEqual(expected);
    expect(read(inTurn.toReversed())).toEqual(expected);
  });

  it("what an event lacks is said: its call, arguments, paths", () => {
    expect(only(record("CWD", 5, 'cwd="/"')).missing).toEqual(["syscall"]);
    expect(
      only(
        syscall({ nr: 59, success: "yes exit=0", items: 2, serial: 5 }) +
          record("EXECVE", 5, 'argc=3 a0="x"') +
          record("PATH", 5, 'item=0 name="/x"'),
      ).missing,
    ).toEqual(["arguments", "paths"]);
    expect(only(record("USER", 5, "pid=1 uid=0 msg='op=x res=success'")).missing).toEqual([]);
  });

  it("a record that comes long after its event is a late event, and nothing is lost", () => {
    const others = Array.from({ length: 400 }, (_, i) => syscall({ nr: 39, success: "yes exit=0", serial: 100 + i }));
    const { events, counts } = readEvents(
      syscall({ nr: 59, success: "yes exit=0", serial: 5 }) + others.join("") + record("EXECVE", 5, 'argc=1 a0="x"'),
    );
    expect(events.filter(({ serial }) => serial === 5)).toMatchObject([
      { late: false, argv: null },
      { late: true, argv: ["x"] },
    ]);
    expect(counts).toMatchObject({ late: 1, events: 402, parsed: 402, skipped: 0 });
  });

  it("arguments over several records, and auditd's own serials", () => {
    const event = only(
      record("EXECVE", 5, 'a1[1]=6262 a2="c"') +
        record("EXECVE", 5, 'argc=3 a0="x" a1_len=8 a1[0]=6161') +
        syscall({ nr: 59, success: "yes exit=0", serial: 5 }),
    );
    expect(event.argv).toEqual(["x", "aabb", "c"]);
    expect(event.missing).toEqual([]);
    const both = record("DAEMON_START", 5, "op=start auid=0") + syscall({ nr: 39, serial: 5 });
    expect(eventsOf(both)).toHaveLength(2);
  });

  it("hard evidence of loss and hints are kept apart", () => {
    const lines =
      syscall({ nr: 39, serial: 5 }) +
      "[1.2] audit: audit_lost=17 audit_rate_limit=0 audit_backlog_limit=64\n" +
      "audit: backlog limit exceeded\n" +
      record("CONFIG_CHANGE", 6, "op=set audit_enabled=0 old=1 auid=0 ses=1 res=1") +
      syscall({ nr: 39, serial: 9 });
    expect(readEvents(lines).counts).toMatchObject({ lost: 17, lossLines: 2, serialGaps: 2, switchedOff: 1, read: 5 });
    expect(readEvents(syscall({ nr: 39, serial: 5 })).counts).toMatchObject({
      lost: null,
      lossLines: 0,
      serialGaps: 0,
    });
  });
});

describe("fields", () => {
  it("quoted values are never decoded, lower-case hexadecimal is text, several keys are a list", () => {
    expect(
      fieldsOf("PATH", 'item=0 name="3005" dir=6162 cwd=6a6b exe=2F78202864656C6574656429 key=6101620163'),
    ).toEqual({
      item: 0,
      name: "3005",
      dir: "ab",
      cwd: "6a6b",
      exe: "/x (deleted)",
      key: ["a", "b", "c"],
    });
    expect(fieldsOf("PATH", "name=(null) exe=? key=(null)")).toEqual({ name: null, exe: null, key: [] });
  });

  it("calls by name on every architecture, x32 as well", () => {
    const call = (arch: string, nr: number): unknown => {
      const event = only(syscall({ arch, nr, serial: 3 }));
      return [event.arch, event.syscall];
    };
    expect(call("40000003", 2)).toEqual(["i386", "fork"]);
    expect(call("c000003e", 2)).toEqual(["x86_64", "open"]);
    expect(call("c00000b7", 221)).toEqual(["aarch64", "execve"]);
    expect(call("40000028", 11)).toEqual(["arm", "execve"]);
    expect(call("c000003e", 1073742344)).toEqual(["x32", "execve"]);
    expect(call("c000003e", 9999)).toEqual(["x86_64", null]);
    expect(call("deadbeef", 1)).toEqual(["arch-deadbeef", null]);
  });

  it("arguments by what the call takes", () => {
    const call = (nr: number, a: string, more: Partial<Parameters<typeof syscall>[0]> = {}): unknown[] => {
      const [a0 = "0", a1 = "0", a2 = "0", a3 = "0"] = a.split(" ");
      const line = syscall({ nr, success: "yes exit=0", serial: 3, ...more }).replace(
        /a0=0 a1=0 a2=7f a3=0/,
        `a0=${a0} a1=${a1} a2=${a2} a3=${a3}`,
      );
      const { fields } = only(line).records[0] as AuditEvent["records"][number];
      return [fields["a0"], fields["a1"], fields["a2"], fields["a3"]];
    };
    expect(call(257, "ffffff9c 55 80241 1a4")).toEqual([
      "AT_FDCWD",
      "0x55",
      "O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC",
      "0644",
    ]);
    expect(call(257, "3 55 0 1a4")).toEqual(["0x3", "0x55", "O_RDONLY", "0x1a4"]);
    expect(call(56, "1200011 0 0 0")[0]).toBe("CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD");
    expect(call(62, "ffffffff 9 0 0")).toEqual([-1, "SIGKILL", "0x0", "0x0"]);
    expect(call(90, "55 9ed 0 0")[1]).toBe("suid,0755");
    expect(call(41, "a 80801 6 0")).toEqual(["inet6", "SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK", "tcp", "0x0"]);
    expect(call(157, "26 1 0 0")[0]).toBe("PR_SET_NO_NEW_PRIVS");
    expect(call(231, "103 0 0 0")[0]).toBe(3);
  });

  it("results: names of errors, negative numbers of calls that succeeded", () => {
    const exit = (success: string): unknown => only(syscall({ nr: 257, success, serial: 3 })).exit;
    expect(exit("no exit=-2")).toBe("ENOENT");
    expect(exit("no exit=-512")).toBe("ERESTARTSYS");
    expect(exit("no exit=-9999")).toBe(-9999);
    expect(exit("yes exit=-2")).toBe(-2);
    expect(exit("yes exit=140718383235072")).toBe(140718383235072);
  });

  it("the enriched tail, with its separator, with a blank, with none, as syslog escapes it", () => {
    const tails = ["\u001d", " ", "", "#035"];
    for (const separator of tails) {
      const { uid, cap_frootid: last } = fieldsOf(
        "PATH",
        `item=0 name="/x" uid=1000 cap_frootid=0${separator}UID="bob" OGID="root"`,
      );
      expect([separator, uid, last]).toEqual([separator, "bob", "0"]);
      const quoted = fieldsOf("PATH", `uid=1000 name="/x"${separator}UID="bob"`);
      expect([separator, quoted]).toEqual([separator, { uid: "bob", name: "/x" }]);
      const nested = fieldsOf("USER_CMD", `uid=1000 msg='cmd=6C73 res=success'${separator}UID="bob"`);
      expect([separator, nested]).toEqual([separator, { uid: "bob", msg: { cmd: "ls", res: "success" } }]);
    }
    expect(
      fieldsOf("SYSCALL", 'arch=c000003e syscall=59 uid=7 key=(null)\u001dARCH=x86_64 UID="unknown(7)"'),
    ).toMatchObject({
      uid: 7,
      key: [],
    });
  });

  it("names of users from the log, else from the passwd that is given, never from this machine's", () => {
    const names = {
      users: readNames(Buffer.from("root:x:0:0::/root:/bin/sh\nzoé:x:1000:1000::/:/bin/sh\nbroken\nx:y:z\n")),
      groups: readNames(Buffer.from("wheel:x:0:\n")),
    };
    const line = record("PATH", 7, "item=0 ouid=1000 ogid=0 auid=4294967295 uid=-1 gid=77");
    expect(only(line).records[0]?.fields).toMatchObject({ ouid: 1000, ogid: 0, auid: "unset", uid: "unset", gid: 77 });
    const [event] = readEvents(line, { names }).events;
    expect(event?.records[0]?.fields).toMatchObject({ ouid: "zoé", ogid: "wheel", auid: "unset", gid: 77 });
  });

  it("a program's own text overrides nothing that the kernel wrote", () => {
    expect(fieldsOf("USER", "pid=30 uid=0 msg='text=a pid=1 uid=77 exe=\"/x\" res=success res=failed'")).toEqual({
      pid: 30,
      uid: 0,
      msg: { text: "a", pid: 1, uid: 77, exe: "/x", res: "success", "res#2": "failed" },
    });
    const hostile = fieldsOf("USER", "pid=30 __proto__=1 constructor=2 msg='__proto__=3'");
    expect(Object.keys(hostile)).toEqual(["pid", "__proto__", "constructor", "msg"]);
  });

  it("SELinux, AppArmor, old kernels and old programs", () => {
    expect(
      fieldsOf(
        "AVC",
        'avc:  denied  { read write } for  pid=3 comm="x" scontext=u:r:t:s0-s0:c0.c1023 tcontext=u:object_r:v:s0 tclass=file permissive=0',
      ),
    ).toMatchObject({
      seresult: "denied",
      seperms: "read write",
      pid: 3,
      scontext: "u:r:t:s0-s0:c0.c1023",
      permissive: 0,
    });
    expect(
      fieldsOf(
        "AVC",
        'apparmor="STATUS" operation="profile_replace" info="same as current profile, skipping" profile="unconfined" name="/usr/sbin/ntpd" pid=3',
      ),
    ).toMatchObject({ apparmor: "STATUS", info: "same as current profile, skipping" });
    expect(fieldsOf("SYSCALL", "pid=3 subj==/usr/sbin/ntpd (enforce) key=(null)")).toMatchObject({
      subj: "=/usr/sbin/ntpd (enforce)",
      key: [],
    });
    expect(fieldsOf("SYSCALL", "pid=3 subj=/{,usr/}sbin/dhclient key=(null)")).toMatchObject({
      subj: "/{,usr/}sbin/dhclient",
    });
    expect(fieldsOf("LOGIN", "login pid=2 uid=0 old auid=4294967295 new auid=0 old ses=4294967295 new ses=1")).toEqual({
      pid: 2,
      uid: 0,
      "old-auid": "unset",
      "new-auid": 0,
      "old-ses": "unset",
      "new-ses": 1,
    });
    expect(
      fieldsOf(
        "USER_START",
        "pid=2 msg='op=PAM:session_open acct=\"bob\" (hostname=?, addr=?, terminal=cron res=success)'",
      ),
    ).toEqual({
      pid: 2,
      msg: { op: "PAM:session_open", acct: "bob", hostname: null, addr: null, terminal: "cron", res: "success" },
    });
    const config = only("type=DAEMON_CONFIG msg=audit(1490239800.477:34) config changed, auid=0 pid=5\n");
    expect(config.records).toMatchObject([{ text: "config changed,", fields: { auid: 0, pid: 5 } }]);
  });

  it("operations of several words, devices that listen to all, levels of options", () => {
    expect(
      fieldsOf("ADD_USER", `pid=2 msg='op=adding user to group acct="bob" exe="/usr/sbin/usermod" res=success'`),
    ).toEqual({ pid: 2, msg: { op: "adding user to group", acct: "bob", exe: "/usr/sbin/usermod", res: "success" } });
    expect(fieldsOf("USER", `pid=2 msg='op="a" b acct="bob" c'`)).toEqual({ pid: 2, msg: { op: "a", acct: "bob" } });
    expect(fieldsOf("ANOM_PROMISCUOUS", "dev=lo prom=256 old_prom=0 auid=5")).toEqual({
      dev: "lo",
      prom: "yes",
      old_prom: "no",
      auid: 5,
    });
    const option = (a1: string): unknown =>
      eventsOf(syscall({ nr: 54, a1, success: "yes exit=0" }))[0]?.records[0]?.fields["a1"];
    expect(["1", "6", "10e", "119"].map(option)).toEqual(["SOL_SOCKET", "tcp", "SOL_NETLINK", "SOL_KCM"]);
  });

  it("ends, filters, io_uring, capabilities, modules and others by their kinds", () => {
    expect(fieldsOf("ANOM_ABEND", 'auid=0 pid=3 comm="x" exe="/x" sig=11 res=1')).toMatchObject({
      sig: "SIGSEGV",
      res: "yes",
    });
    expect(
      fieldsOf("SECCOMP", 'pid=3 comm="x" exe="/x" sig=31 arch=c000003e syscall=63 compat=0 ip=0x7f code=0x80000000'),
    ).toMatchObject({ arch: "x86_64", syscall: "uname", code: "kill_process", sig: "SIGSYS" });
    expect(fieldsOf("SECCOMP", "syscall=63 code=0x50001")).toMatchObject({ code: "errno(EPERM)" });
    const uring = only(record("URINGOP", 7, "uring_op=18 success=yes exit=0 items=0 ppid=1 pid=3 uid=0 key=(null)"));
    expect(uring).toMatchObject({ syscall: "io_uring:openat", success: true, exit: 0, pid: 3, ppid: 1 });
    expect(fieldsOf("CAPSET", "pid=3 cap_pi=0 cap_pp=0000000000200001 cap_pe=1 cap_pa=0")).toEqual({
      pid: 3,
      cap_pi: "none",
      cap_pp: "chown,sys_admin",
      cap_pe: "chown",
      cap_pa: "none",
    });
    expect(fieldsOf("BPRM_FCAPS", "fver=0 fp=0 fi=0 fe=1 old_pp=1")).toMatchObject({
      fp: "none",
      fi: "none",
      fe: 1,
      old_pp: "chown",
    });
    expect(fieldsOf("MMAP", "fd=3 flags=0x812")).toEqual({ fd: 3, flags: "MAP_PRIVATE|MAP_FIXED|MAP_DENYWRITE" });
    expect(fieldsOf("OPENAT2", "oflag=0100302 mode=0600 resolve=0xa")).toMatchObject({
      oflag: "O_RDWR|O_CREAT|O_EXCL|0x8000",
    });
    expect(
      fieldsOf("NETFILTER_CFG", 'table=filter family=10 entries=4 op=register pid=3 comm="ip6tables"'),
    ).toMatchObject({
      family: "ipv6",
    });
    expect(fieldsOf("PATH", "mode=040755 dev=fe:00 inode=18446744073709551615")).toEqual({
      mode: "dir,755",
      dev: "fe:00",
      inode: "18446744073709551615",
    });
    expect(fieldsOf("PROCTITLE", "proctitle=7368002D630061")).toEqual({ proctitle: ["sh", "-c", "a"] });
    expect(fieldsOf("SYSCALL", "per=400000 pid=3")).toMatchObject({ per: "PER_LINUX|READ_IMPLIES_EXEC" });
  });
});

describe("addresses", () => {
  const address = (hex: string): unknown => readAddress(Buffer.from(hex, "hex"));

  it.each([
    ["020000097F0000010000000000000000", { family: "inet", address: "127.0.0.1", port: 9 }],
    ["0002D9037F0000010000000000000000", { family: "inet", address: "127.0.0.1", port: 55555 }],
    [
      "0A0001BB00000000FE80000000000000000000000001000207000000",
      { family: "inet6", address: "fe80::1:2", port: 443, scope: 7 },
    ],
    ["0A00005000000000000000000000000000000000000000000000000000", { family: "inet6", address: "::", port: 80 }],
    [
      "0A0000500000000000000000000000000000FFFF0102030400000000",
      { family: "inet6", address: "::ffff:1.2.3.4", port: 80 },
    ],
    ["01002F6120620000", { family: "local", path: "/a b" }],
    ["0100006162000000", { family: "local", abstract: "ab" }],
    ["0100", { family: "local", unnamed: 1 }],
    ["100000006712000003000000", { family: "netlink", pid: 4711, groups: 3 }],
    ["28000000000400000200000000000000", { family: "vsock", port: 1024, cid: 2 }],
    [
      "1100080601000000010000060102030405060000",
      { family: "packet", protocol: 0x806, interface: 1, hardware: 1, packetType: 0, address: "010203040506" },
    ],
    ["26006861736800000000000000000000000000000000000073686131", { family: "alg", type: "hash", name: "sha1" }],
    ["1D00000005000000", { family: "can", interface: 5 }],
    ["0000", { family: "unspec" }],
    ["630001020304", { family: "unknown(99)" }],
    ["0200", { family: "inet", cut: 1 }],
    ["02", { family: "inet", cut: 1 }],
    ["", { family: null, cut: 1 }],
  ])("%s", (hex, expected) => {
    expect(address(hex)).toEqual(expected);
  });
});
