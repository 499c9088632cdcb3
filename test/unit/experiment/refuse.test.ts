import { describe, expect, it } from "vitest";
import { freezers } from "../../../src/experiment/freezer.ts";
import { isVital, refusal, type Asker, type Candidate } from "../../../src/experiment/refuse.ts";
import { withoutLine } from "../../../src/experiment/steps/disable-line.ts";

const asker: Asker = { line: new Set([1, 40, 41]), session: 40, named: null };
const one: Candidate = { pid: 900, comm: "x", kernelThread: false, session: 900, unit: "later.service" };

describe("who is never held", () => {
  it("refuses PID 1, kernel threads, its own line and session, and vital units that were not named", () => {
    const codeOf = (changes: Partial<Candidate>, who = asker): string | null =>
      refusal({ ...one, ...changes }, who)?.code.replace("experiment.refused.", "") ?? null;
    expect(codeOf({})).toBeNull();
    expect(codeOf({ pid: 1 })).toBe("pid-1");
    expect(codeOf({ kernelThread: true })).toBe("kernel-thread");
    expect(codeOf({ pid: 41 })).toBe("own-line");
    expect(codeOf({ session: 40 })).toBe("own-session");
    expect(codeOf({ unit: "systemd-journald.service" })).toBe("vital");
    expect(codeOf({ unit: "ssh.service" })).toBe("vital");
    expect(codeOf({ unit: "ssh.service" }, { ...asker, named: "ssh.service" })).toBeNull();
    expect(codeOf({ unit: "ssh.service", pid: 41 }, { ...asker, named: "ssh.service" })).toBe("own-line");
    // Without a session of its own nothing is shared.
    expect(codeOf({ session: 0 }, { ...asker, session: 0 })).toBeNull();
  });

  it("knows vital units by name and by template", () => {
    for (const unit of ["dbus.service", "systemd-udevd.service", "getty@tty1.service", "sshd@3.service", "init.scope"])
      expect(isVital(unit), unit).toBe(true);
    for (const unit of ["cron.service", "atd.service", "my-systemd-thing.service", "sshguard.service"])
      expect(isVital(unit), unit).toBe(false);
  });
});

describe("freezers", () => {
  const v1 = "33 27 0:29 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer";
  const v2 = "34 27 0:30 / /sys/fs/cgroup/uni\\040fied rw - cgroup2 cgroup2 rw";

  it("prefers version 2 where its kernel can freeze", () => {
    expect(freezers(`${v1}\n${v2}\n`, "6.1.0-9")).toEqual([
      { version: 2, dir: "/sys/fs/cgroup/uni fied", root: "/" },
      { version: 1, dir: "/sys/fs/cgroup/freezer", root: "/" },
    ]);
    expect(freezers(`${v1}\n${v2}\n`, "5.1.21").map(({ version }) => version)).toEqual([1]);
    expect(freezers("", "6.1")).toEqual([]);
  });
});

describe("a line of a table", () => {
  it("is made a comment, whatever bytes are around it", () => {
    const text = Buffer.from("a\nb\xff\n\n #c\nd", "latin1");
    expect(withoutLine(text, 2)?.toString("latin1")).toBe("a\n#whoforks: b\xff\n\n #c\nd");
    expect(withoutLine(text, 5)?.toString("latin1")).toBe("a\nb\xff\n\n #c\n#whoforks: d");
    for (const line of [3, 4, 6, 99]) expect(withoutLine(text, line)).toBeNull();
  });
});
