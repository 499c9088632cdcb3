import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parseMountinfo, pickCpuCgroup } from "../../../src/capture/cgroup/hierarchies.ts";
import { cgroupUsage, parseCpuacctUsage, parseCpuStat } from "../../../src/capture/cgroup/usage.ts";
import { parseStatLine } from "../../../src/capture/procfs/stat-line.ts";

test("mountinfo: version 1 by its controller, version 2 by its type, escaped names, a container's own root", () => {
  const text = [
    "24 29 0:22 / /sys rw,nosuid shared:7 - sysfs sysfs rw",
    "33 27 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct",
    "34 27 0:30 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids",
    String.raw`35 27 0:31 /docker/ab\040c /mnt/a\040b rw - cgroup2 cgroup2 rw,nsdelegate`,
    "36 27 0:31 / /later rw - cgroup2 cgroup2 rw",
    "torn",
  ].join("\n");
  expect(parseMountinfo(text)).toEqual([
    { kind: "cpuacct", dir: "/sys/fs/cgroup/cpu,cpuacct", root: "/" },
    { kind: "unified", dir: "/mnt/a b", root: "/docker/ab c" },
  ]);
});

test("the cgroup that counts: the one that is no root", () => {
  expect(pickCpuCgroup("12:pids:/x\n4:cpu,cpuacct:/atd.service\n0::/\n")).toBe("cpuacct:/atd.service");
  expect(pickCpuCgroup("4:cpu,cpuacct:/\n0::/system.slice/a:b.service\n")).toBe("unified:/system.slice/a:b.service");
  expect(pickCpuCgroup("4:cpuset:/x\n0::/\n")).toBeNull();
  expect(pickCpuCgroup("")).toBeNull();
});

test("usage files", () => {
  expect(parseCpuacctUsage("1500000000\n")).toBe(1.5);
  expect(parseCpuacctUsage("-1\n")).toBeNull();
  expect(parseCpuacctUsage("")).toBeNull();
  expect(parseCpuStat("usage_usec 2500000\nuser_usec 1\nsystem_usec 2\n")).toBe(2.5);
  expect(parseCpuStat("nr_periods 0\n")).toBeNull();
});

test("all cgroups below the root are read, hostile names and unreadable ones do no harm", () => {
  const dir = mkdtempSync(join(tmpdir(), "whoforks-cgroup-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const odd = Buffer.concat([Buffer.from(`${dir}/`), Buffer.from([0x61, 0xff, 0x0a])]);
  for (const path of [`${dir}/a/b`, `${dir}/empty`]) mkdirSync(path, { recursive: true });
  mkdirSync(odd);
  writeFileSync(`${dir}/a/cpu.stat`, "usage_usec 3000000\n");
  writeFileSync(`${dir}/a/b/cpu.stat`, "usage_usec 1000000\n");
  writeFileSync(Buffer.concat([odd, Buffer.from("/cpu.stat")]), "usage_usec 5\n");
  writeFileSync(`${dir}/cpu.stat`, "usage_usec 9\n");
  const whole = cgroupUsage([{ kind: "unified", dir, root: "/" }]);
  expect([...whole].map(([name, { seconds }]) => [name, seconds])).toEqual(
    expect.arrayContaining([
      ["unified:/a", 3],
      ["unified:/a/b", 1],
      ["unified:/a\udcff\n", 0.000005],
    ]),
  );
  expect(whole.size).toBe(3);
  expect([...cgroupUsage([{ kind: "unified", dir, root: "/docker/x" }]).keys()]).toContain("unified:/docker/x/a");
});

test("ignored signals: field 33 of /proc/PID/stat", () => {
  const fields = Array.from({ length: 50 }, (_, index) => String(index + 3));
  fields[0] = "S";
  fields[33 - 3] = "65536";
  const line = Buffer.from(`7 (a) b) ${fields.join(" ")}\n`);
  expect(parseStatLine(line)?.ignored).toBe(65_536);
});
