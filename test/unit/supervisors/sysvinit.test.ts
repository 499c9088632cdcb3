import { describe, expect, it } from "vitest";
import { SYSVINIT_PATH, sysvinit } from "../../../src/supervisors/sysvinit.ts";
import type { Job } from "../../../src/supervisors/types.ts";
import { withTree, type Entry } from "./tree.ts";
import { atOnce } from "../../../src/model/steps.ts";

function read(inittab: Entry, more: Record<string, Entry> = {}): { jobs: Job[]; problems: string[] } {
  return withTree({ "/etc/inittab": inittab, ...more }, ({ root }) => {
    const { jobs, problems } = atOnce(sysvinit.jobs(root));
    return { jobs, problems: problems.map(({ file, line, why }) => `${file}:${line} ${why}`) };
  });
}

const DEBIAN = `# what init starts

id:2:initdefault:
si::sysinit:/etc/init.d/rcS
~~:S:wait:/sbin/sulogin --force
l2:2:wait:/etc/init.d/rc 2
ca:12345:ctrlaltdel:/sbin/shutdown -t1 -a -r now
pf::powerwait:/etc/init.d/powerfail start
1:2345:respawn:/sbin/getty --noclear 38400 tty1
  # indented comment
T0:23:off:/sbin/getty -L ttyS0 9600 vt100
x:a:ONDEMAND:xdm
`;

describe("sysvinit's inittab", () => {
  it("reads a table with every kind of entry that Debian's has", () => {
    const { jobs, problems } = read(DEBIAN);
    expect(problems).toEqual([]);
    expect(jobs.map(({ unit, line, directive, restarts }) => [unit, line, directive, restarts])).toEqual([
      ["si", 4, "sysinit", "never"],
      ["~~", 5, "wait", "never"],
      ["l2", 6, "wait", "never"],
      ["ca", 7, "ctrlaltdel", "never"],
      ["pf", 8, "powerwait", "never"],
      ["1", 9, "respawn", "always"],
      ["T0", 11, "off", "never"],
      ["x", 12, "ondemand", "always"],
    ]);
    expect(jobs.find(({ unit }) => unit === "1")).toEqual({
      supervisor: "sysvinit",
      unit: "1",
      file: "/etc/inittab",
      line: 9,
      directive: "respawn",
      restarts: "always",
      limit: { starts: 10, seconds: 120 },
      atLimit: { action: "pause", seconds: 300 },
      delaySeconds: 0,
      command: "/sbin/getty --noclear 38400 tty1",
      program: "/sbin/getty",
      searchPath: SYSVINIT_PATH,
      expects: null,
    });
    expect(jobs.find(({ unit }) => unit === "T0")).toMatchObject({ inactive: "off", limit: null, atLimit: null });
  });

  it("keeps colons of the command, and takes words as init splits them", () => {
    const { jobs } = read(
      "a:2:respawn:/bin/d x:y :z\nb:2:respawn:+/sbin/g\nc:2:respawn:  d\t-x\ne:2:respawn:/bin/d#c\n",
    );
    expect(jobs.map(({ command, program }) => [command, program])).toEqual([
      ["/bin/d x:y :z", "/bin/d"],
      ["+/sbin/g", "/sbin/g"],
      ["  d\t-x", "d"],
      ["/bin/d#c", "/bin/d"],
    ]);
  });

  it("goes through a shell for shell characters, except after @", () => {
    const { jobs } = read("a:2:respawn:d >/dev/null 2>&1\nb:2:respawn:$D\nc:2:respawn:@/bin/d *\n");
    expect(jobs.map(({ program, shell }) => [program, shell])).toEqual([
      ["d", true],
      [null, true],
      ["/bin/d", undefined],
    ]);
  });

  it("reads /etc/inittab.d/*.tab after the table, and drops ids that were there before", () => {
    const { jobs, problems } = read("1:2:respawn:a\n", {
      "/etc/inittab.d/20.tab": "1:2:respawn:b\n2:2:respawn:c",
      "/etc/inittab.d/.hid.tab": "3:2:respawn:d\n",
      "/etc/inittab.d/note.txt": "4:2:respawn:d\n",
    });
    expect(jobs.map(({ unit, program, file }) => [unit, program, file])).toEqual([
      ["1", "a", "/etc/inittab"],
      ["2", "c", "/etc/inittab.d/20.tab"],
    ]);
    expect(problems).toEqual(['/etc/inittab.d/20.tab:1 duplicate id "1": init ignores this line']);
  });

  it.each([
    ["no fields", "hello", "missing runlevel field"],
    ["an empty id", ":2:respawn:d", "missing id field"],
    ["no action", "a:2:", "missing action field"],
    ["no process", "a:2:respawn", "missing process field"],
    ["a long id", "abcde:2:respawn:d", "id field longer"],
    ["many runlevels", "a:0123456789ab:respawn:d", "runlevel field longer"],
    ["a long process", `a:2:respawn:${"d".repeat(128)}`, "process field longer"],
    ["an unknown action", "a:2:revive:d", "unknown action"],
  ])("reports %s as a line that init ignores", (_what, line, why) => {
    const { jobs, problems } = read(`b:2:respawn:ok\n${line}\n`);
    expect(jobs.map(({ unit }) => unit)).toEqual(["b"]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`/etc/inittab:2 ${why}`);
  });

  it("accepts fields of exactly the longest size, in bytes", () => {
    expect(read(`abcd:0123456789a:respawn:${"d".repeat(127)}`).jobs).toHaveLength(1);
    expect(read("éé:2:respawn:d").jobs).toHaveLength(1);
    expect(read("ééé:2:respawn:d").jobs).toHaveLength(0);
  });

  it("finds the entry that hides behind byte 255 of a comment", () => {
    const { jobs, problems } = read(`${"#".padEnd(255, "x")}ev:2345:respawn:/tmp/evil\n`);
    expect(jobs).toMatchObject([{ unit: "ev", line: 1, program: "/tmp/evil", restarts: "always" }]);
    expect(problems).toEqual(["/etc/inittab:1 longer than 255 bytes: init reads the rest as a line of its own"]);
    expect(read(`${"#".padEnd(254, "x")}ev:2345:respawn:/tmp/evil\n`).jobs.map(({ unit }) => unit)).not.toContain("ev");
  });

  it("says that a carriage return becomes part of the command, and that NUL cuts a line", () => {
    const { jobs, problems } = read("a:2:respawn:/bin/d\r\nb:2:respawn:/bin/e\0:f\n");
    expect(jobs.map(({ program }) => program)).toEqual(["/bin/d\r", "/bin/e"]);
    expect(problems).toHaveLength(2);
  });

  it("tells that every command goes through /etc/initscript where there is one", () => {
    expect(read("a:2:respawn:d", { "/etc/initscript": "eval exec $4" }).jobs[0]).toMatchObject({
      through: "/etc/initscript",
    });
  });

  it("leaves the table of BusyBox's init alone and says so", () => {
    const { jobs, problems } = read("::respawn:/sbin/getty 38400 tty1\n", {
      "/bin/busybox": "BusyBox v1.36 /etc/inittab",
      "/sbin/init": { link: "/bin/busybox" },
    });
    expect(jobs).toEqual([]);
    expect(problems).toEqual([expect.stringContaining("BusyBox")]);
  });

  it("is not present without a table", () => {
    withTree({ "/etc/passwd": "" }, ({ root }) => {
      expect(sysvinit.present(root)).toBe(false);
      expect(atOnce(sysvinit.jobs(root))).toEqual({ jobs: [], problems: [] });
    });
  });
});
