import { spawn } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toBytes } from "../../../src/model/text.ts";
import { parseCpuList } from "../../../src/capture/tracefs/cpu-buffers.ts";
import { parseStats } from "../../../src/ftrace/cpu-stats.ts";
import { defaultBufferKb } from "../../../src/capture/tracefs/start.ts";
import { bitsOfAuxv, lastNumber } from "../../../src/capture/newest.ts";
import { factsOf, insideRoot, pickCgroup } from "../../../src/capture/procfs/facts.ts";
import { prettyName } from "../../../src/capture/procfs/host.ts";
import { parseCounters } from "../../../src/capture/procfs/snapshot.ts";
import { parseRootMount } from "../../../src/capture/procfs/root-mount.ts";
import { parseStatLine } from "../../../src/capture/procfs/stat-line.ts";
import { parseMounts } from "../../../src/platform/mount.ts";

const REST = " S 1 812 812 0 -1 4194624 10 20 0 0 11 12 13 14 20 0 3 0 4711 8192 200 18446744073709551615\n";

describe("/proc/PID/stat", () => {
  test("names with parentheses, blanks, line ends and bytes that are no text", () => {
    for (const comm of ["atd", ") R 2 (x", "a)\nb", "\udcff(", "", ")"]) {
      const line = Buffer.concat([Buffer.from("812 ("), toBytes(comm), Buffer.from(`)${REST}`)]);
      expect(parseStatLine(line)).toEqual({
        pid: 812,
        comm,
        state: "S",
        ppid: 1,
        flags: 4_194_624,
        utime: 11,
        stime: 12,
        cutime: 13,
        cstime: 14,
        threads: 3,
        startTicks: 4711,
        ignored: 0,
      });
    }
  });

  test("anything else is null, never an exception", () => {
    for (const text of ["", "812", "812 (atd", "812 (atd)", "812 (atd) S 1", "(x) S 1"])
      expect(parseStatLine(Buffer.from(text))).toBeNull();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        parseStatLine(bytes);
      }),
    );
  });
});

test("/proc/stat: nice is user time, interrupts are system time, guests are not counted twice", () => {
  const text = "cpu  100 20 300 4000 50 6 7 8 90 10\ncpu0 1 2 3 4\nintr 5\nbtime 1700000000\nprocesses 123456\n";
  expect(parseCounters(text)).toEqual({
    cpu: { user: 1.2, system: 3.13, idle: 40, iowait: 0.5, steal: 0.08, interrupts: 0.13 },
    forks: 123_456,
  });
});

test("cgroup: the unified path, else that of systemd, else one of a controller", () => {
  expect(pickCgroup("8:pids:/docker/1\n4:memory:/x\n1:name=systemd:/\n0::/\n")).toBe("/docker/1");
  expect(pickCgroup("4:memory:/x\n3:cpuset:/y\n2:cpu,cpuacct:/z\n0::/\n")).toBe("/z");
  expect(pickCgroup("3:cpuset:/y\n0::/\n")).toBe("/y");
  expect(pickCgroup("0::/system.slice/atd.service\n")).toBe("/system.slice/atd.service");
  expect(pickCgroup("12:pids:/p\n1:name=systemd:/user.slice/a:b\n0::/\n")).toBe("/user.slice/a:b");
  expect(pickCgroup("0::/\n")).toBe("/");
  expect(pickCgroup("")).toBeNull();
});

test("a path is told as its process sees it", () => {
  expect(insideRoot("/srv/jail/usr/bin/atd", "/srv/jail")).toBe("/usr/bin/atd");
  expect(insideRoot("/srv/jailed/atd", "/srv/jail")).toBe("/srv/jailed/atd");
  expect(insideRoot("/usr/bin/atd", "/")).toBe("/usr/bin/atd");
  expect(insideRoot("/usr/bin/atd", null)).toBe("/usr/bin/atd");
});

test("os-release", () => {
  expect(prettyName(Buffer.from('NAME=x\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'))).toBe(
    "Debian GNU/Linux 12 (bookworm)",
  );
  expect(prettyName(Buffer.from('PRETTY_NAME="a \\"b\\" \\$c"'))).toBe('a "b" $c');
  expect(prettyName(Buffer.from("PRETTY_NAME='Void'"))).toBe("Void");
  expect(prettyName(Buffer.from("PRETTY_NAME=Alpine"))).toBe("Alpine");
  expect(prettyName(Buffer.from("NAME=x"))).toBeNull();
  expect(prettyName(null)).toBeNull();
});

test("mounts: octal escapes are bytes", () => {
  const text = Buffer.from(
    "tracefs /sys/kernel/tracing tracefs rw 0 0\nx /mnt/a\\040b\\134\\377 ext4 rw 0 0\nshort line",
    "latin1",
  );
  expect(parseMounts(text)).toEqual([
    { source: "tracefs", dir: "/sys/kernel/tracing", type: "tracefs", options: "rw" },
    { source: "x", dir: "/mnt/a b\\\udcff", type: "ext4", options: "rw" },
  ]);
});

test("word size from the auxiliary vector", () => {
  const entry64 = new Uint8Array(16);
  new DataView(entry64.buffer).setBigUint64(0, 33n, true);
  new DataView(entry64.buffer).setBigUint64(8, 0x7fff_1234_5000n, true);
  const entry32 = new Uint8Array(16);
  new DataView(entry32.buffer).setUint32(0, 32, true);
  new DataView(entry32.buffer).setUint32(4, 0xf7f1_2345, true);
  expect(bitsOfAuxv(entry64)).toBe(64);
  expect(bitsOfAuxv(entry32)).toBe(32);
  expect(bitsOfAuxv(new Uint8Array(16))).toBeNull();
  expect(bitsOfAuxv(entry64.subarray(0, 8))).toBeNull();
});

test("the newest PID at the end of /proc/loadavg", () => {
  const number = (text: string): number => lastNumber(Buffer.from(text), text.length);
  expect(number("0.70 0.28 0.10 2/89 5094\n")).toBe(5094);
  expect(number("0.70 0.28 0.10 2/89 1\n")).toBe(1);
  expect(number("\n")).toBe(0);
  expect(number("")).toBe(0);
});

test("ring buffers: 8 MiB a CPU, 256 MiB in all, never under the kernel's own default", () => {
  expect([1, 2, 32, 64, 186, 4096].map(defaultBufferKb)).toEqual([8192, 8192, 8192, 4096, 1409, 1408]);
});

test("CPU lists and buffer statistics", () => {
  expect(parseCpuList("0-2,5\n")).toEqual([0, 1, 2, 5]);
  expect(parseCpuList("x,,1-")).toEqual([]);
  const stats =
    "entries: 5\noverrun: 12\ncommit overrun: 3\nbytes: 9\noldest event ts:     1.0\ndropped events: 4\nread events: 8\n";
  expect(parseStats(stats)).toEqual({ overrun: 12, commitOverrun: 3, dropped: 4 });
});

test("what is mounted at a root", () => {
  const line = (rest: string): string => `25 1 ${rest} rw,relatime shared:1 - ext4 /dev/sda1 rw\n`;
  expect(parseRootMount(line("8:1 / /") + line("0:21 / /proc"))).toBe("8:1 /");
  // What is mounted over an initial root file system hides it.
  expect(parseRootMount(line("0:2 / /") + line("8:1 /@root /"))).toBe("8:1 /@root");
  expect(parseRootMount(line("8:1 /srv/a\\040b /") + line("0:30 / /mnt/x"))).toBe("8:1 /srv/a\\040b");
  expect(parseRootMount(line("0:21 / /proc"))).toBeNull();
  expect(parseRootMount("/ / / /\n\n x")).toBeNull();
});

test("the working directory is told of who runs a script by a relative path, and of nobody else", () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "whoforks-cwd-")));
  writeFileSync(join(folder, "wait.sh"), "read line\n");
  const relative = spawn("/bin/sh", ["./wait.sh"], { cwd: folder });
  const absolute = spawn("/bin/sh", [join(folder, "wait.sh")], { cwd: folder });
  try {
    expect(factsOf(relative.pid as number, null)).toMatchObject({ argv: ["/bin/sh", "./wait.sh"], cwd: folder });
    expect(factsOf(absolute.pid as number, null)).not.toHaveProperty("cwd");
  } finally {
    for (const child of [relative, absolute]) child.stdin.end();
    rmSync(folder, { recursive: true });
  }
});
