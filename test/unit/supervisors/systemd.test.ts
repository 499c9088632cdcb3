import { describe, expect, it } from "vitest";
import { unitOfCgroup } from "../../../src/supervisors/index.ts";
import { parseShow } from "../../../src/supervisors/systemd/live.ts";
import { FOREVER_SECONDS, parseSpan } from "../../../src/supervisors/systemd/time.ts";
import { SYSTEMD_PATH, systemd } from "../../../src/supervisors/systemd/systemd.ts";
import type { Job } from "../../../src/supervisors/types.ts";
import { withTree, type Entry } from "./tree.ts";
import { atOnce } from "../../../src/model/steps.ts";

function read(entries: Record<string, Entry>): { jobs: Job[]; problems: string[] } {
  return withTree(entries, ({ root }) => {
    const { jobs, problems } = atOnce(systemd.jobs(root));
    return { jobs, problems: problems.map(({ file, line, why }) => `${file}:${line} ${why}`) };
  });
}
const one = (unit: Entry, more: Record<string, Entry> = {}) => {
  const { jobs, problems } = read({ "/usr/lib/systemd/system/x.service": unit, ...more });
  return { job: jobs.find(({ unit }) => unit === "x.service"), problems };
};

describe("systemd units", () => {
  it("reads a unit with the settings of Debian's atd.service", () => {
    const { job, problems } = one(
      "[Unit]\nDescription=runs jobs later\n\n# The daemon forks for each job.\n[Service]\nExecStartPre=-/bin/true\nExecStart=/usr/sbin/atd -f\nKillMode=process\nRestart=on-failure\n",
    );
    expect(problems).toEqual([]);
    expect(job).toEqual({
      supervisor: "systemd",
      unit: "x.service",
      file: "/usr/lib/systemd/system/x.service",
      line: 9,
      directive: "Restart=on-failure",
      restarts: "on-failure",
      limit: { starts: 5, seconds: 10 },
      atLimit: { action: "stop" },
      delaySeconds: 0.1,
      command: "/usr/sbin/atd -f",
      program: "/usr/sbin/atd",
      searchPath: SYSTEMD_PATH,
      wantedBy: [],
      expects: "simple",
      ends: { restart: "on-failure", isDaemon: true, ignoresFailure: false, isTimed: false },
      settings: { KillMode: "process" },
    });
  });

  it("points at ExecStart= where nothing restarts", () => {
    expect(one("[Service]\n\nExecStart=d").job).toMatchObject({
      restarts: "never",
      line: 3,
      directive: "ExecStart=",
      program: "d",
    });
    expect(one("[Service]\nRestart=no\nExecStart=d").job).toMatchObject({ restarts: "never", line: 3 });
  });

  it("names the drop-in that makes it come back, and the unit file beside it", () => {
    const { job } = one("[Service]\nExecStart=/bin/a\nRestart=no\n", {
      "/etc/systemd/system/x.service.d/override.conf":
        "[Service]\nExecStart=\nExecStart=/bin/b\nRestart=always\nRestartSec=0\n[Unit]\nStartLimitIntervalSec=0\n",
    });
    expect(job).toMatchObject({
      file: "/etc/systemd/system/x.service.d/override.conf",
      line: 4,
      directive: "Restart=always",
      definition: "/usr/lib/systemd/system/x.service",
      program: "/bin/b",
      limit: null,
      atLimit: null,
      delaySeconds: 0,
    });
  });

  it("applies drop-ins by name over all folders: unit, template, dashed prefix, type; the first of one name counts", () => {
    const lib = "/usr/lib/systemd/system";
    const set = (seconds: number) => `[Service]\nRestartSec=${seconds}\n`;
    const delay = (more: Record<string, Entry>, name = "a-b.service") =>
      read({
        [`${lib}/a-b.service`]: "[Service]\nExecStart=d\n",
        [`${lib}/t@.service`]: "[Service]\nExecStart=d\n",
        ...more,
      }).jobs.find(({ unit }) => unit === name)?.delaySeconds;
    expect(delay({ [`${lib}/service.d/10.conf`]: set(1) })).toBe(1);
    expect(delay({ [`${lib}/service.d/10.conf`]: set(1), [`${lib}/a-.service.d/20.conf`]: set(2) })).toBe(2);
    expect(delay({ [`${lib}/service.d/20.conf`]: set(1), [`${lib}/a-.service.d/10.conf`]: set(2) })).toBe(1);
    expect(delay({ [`${lib}/service.d/10.conf`]: set(1), [`${lib}/a-b.service.d/10.conf`]: set(3) })).toBe(3);
    expect(
      delay({ [`${lib}/a-b.service.d/10.conf`]: set(3), "/run/systemd/system/a-b.service.d/10.conf": set(4) }),
    ).toBe(4);
    expect(
      delay({
        [`${lib}/a-b.service.d/10.conf`]: set(3),
        "/etc/systemd/system/a-b.service.d/10.conf": { link: "/dev/null" },
      }),
    ).toBe(0.1);
    expect(
      delay(
        { [`${lib}/t@.service.d/1.conf`]: set(5), [`${lib}/m.target.wants/t@i.service`]: { link: "../t@.service" } },
        "t@i.service",
      ),
    ).toBe(5);
  });

  it("leaves out masked units, follows aliases, and reads linked unit files", () => {
    const { jobs } = read({
      "/usr/lib/systemd/system/m.service": "[Service]\nExecStart=m\n",
      "/etc/systemd/system/m.service": { link: "/dev/null" },
      "/usr/lib/systemd/system/e.service": "[Service]\nExecStart=e\n",
      "/run/systemd/system/e.service": "",
      "/etc/systemd/system/e.service.d/1.conf": "[Service]\nExecStart=e\n",
      "/usr/lib/systemd/system/r.service": "[Service]\nExecStart=r\n",
      "/etc/systemd/system/alias.service": { link: "/usr/lib/systemd/system/r.service" },
      "/etc/systemd/system/alias.service.d/1.conf": "[Service]\nRestart=always\n",
      "/etc/systemd/system/l.service": { link: "/opt/l/l.service" },
      "/opt/l/l.service": "[Service]\nExecStart=l\n",
      "/etc/systemd/system/gone.service": { link: "/opt/gone.service" },
    });
    expect(jobs.map(({ unit, restarts, definition, file }) => [unit, restarts, definition ?? file])).toEqual([
      ["r.service", "always", "/usr/lib/systemd/system/r.service"],
      ["l.service", "never", "/opt/l/l.service"],
    ]);
  });

  it("does not loop on links in a circle", () => {
    const { jobs } = read({
      "/etc/systemd/system/a.service": { link: "b.service" },
      "/etc/systemd/system/b.service": { link: "a.service" },
    });
    expect(jobs).toEqual([]);
  });

  it("reads a merged /usr once, under its real name", () => {
    const { jobs } = read({
      "/lib": { link: "usr/lib" },
      "/usr/lib/systemd/system/d.service": "[Service]\nExecStart=d\n",
    });
    expect(jobs.map(({ file }) => file)).toEqual(["/usr/lib/systemd/system/d.service"]);
  });

  it("makes instances from wants and requires links, with their specifiers", () => {
    const { jobs } = read({
      "/lib/systemd/system/getty@.service":
        "[Service]\nExecStart=-/sbin/agetty -o '-p' %I %i %p 100%% $TERM\nRestart=always\n",
      "/etc/systemd/system/getty.target.wants/getty@tty\\x2d1-a.service": {
        link: "/lib/systemd/system/getty@.service",
      },
      "/etc/systemd/system/x.requires/getty@r.service": { link: "/lib/systemd/system/getty@.service" },
    });
    expect(
      jobs
        .map(({ unit, inactive, program }) => [unit, inactive, program])
        .sort(([a], [b]) => ((a ?? "") < (b ?? "") ? -1 : 1)),
    ).toEqual([
      ["getty@.service", "template", "/sbin/agetty"],
      ["getty@r.service", undefined, "/sbin/agetty"],
      ["getty@tty\\x2d1-a.service", undefined, "/sbin/agetty"],
    ]);
    expect(one("[Service]\nExecStart=/opt/%p/%N.sh").job?.program).toBe("/opt/x/x.sh");
    expect(one("[Service]\nExecStart=/opt/%H/d").job?.program).toBeNull();
  });

  it("takes off the prefixes of a command, and splits several at a lone semicolon", () => {
    expect(one("[Service]\nExecStart=-@/bin/a b c").job).toMatchObject({ program: "/bin/a", command: "-@/bin/a b c" });
    expect(one("[Service]\nExecStart=:!!a").job?.program).toBe("a");
    expect(one('[Service]\nExecStart="/opt/my dir/d" x').job?.program).toBe("/opt/my dir/d");
    const { jobs } = read({
      "/etc/systemd/system/o.service": "[Service]\nType=oneshot\nExecStart=/bin/a ; /bin/b \\; c\nExecStart=d\n",
    });
    expect(jobs.map(({ program }) => program)).toEqual(["/bin/a", "/bin/b", "d"]);
  });

  it("reports what systemd refuses and keeps it as rejected", () => {
    expect(one("[Service]\nExecStart=/bin/a\nExecStart=/bin/b\n")).toMatchObject({
      job: { inactive: "rejected" },
      problems: [expect.stringContaining("more than one ExecStart=")],
    });
    expect(one("[Service]\nType=oneshot\nRestart=always\nExecStart=/bin/a\n").job).toMatchObject({
      inactive: "rejected",
    });
    expect(one("[Service]\nExecStart=./a\n").problems).toHaveLength(2);
  });

  it("ignores values that systemd ignores, and says so", () => {
    const { job, problems } = one(
      "[Service]\nExecStart=d\nRestart=always\nRestart=sometimes\nRestartSec=soon\n[Unit]\nStartLimitBurst=many\nStartLimitBurst=7\n",
    );
    expect(job).toMatchObject({ restarts: "always", delaySeconds: 0.1, limit: { starts: 7, seconds: 10 } });
    expect(problems.map((problem) => problem.split(" ")[0])).toEqual(
      [4, 5, 7].map((line) => `/usr/lib/systemd/system/x.service:${line}`),
    );
  });

  it("takes the defaults of system.conf and its drop-ins", () => {
    const { job } = one("[Service]\nExecStart=d\nRestart=always\n", {
      "/etc/systemd/system.conf": "[Manager]\n#DefaultRestartSec=9\nDefaultStartLimitBurst=50\nDefaultRestartSec=2\n",
      "/usr/lib/systemd/system.conf.d/x.conf":
        "[Manager]\nDefaultStartLimitIntervalSec=1min\n[Other]\nDefaultRestartSec=7\n",
    });
    expect(job).toMatchObject({ delaySeconds: 2, limit: { starts: 50, seconds: 60 } });
  });

  it("switches the limit off for a burst or an interval of 0, also under the old names", () => {
    for (const line of ["[Unit]\nStartLimitBurst=0", "[Unit]\nStartLimitInterval=0", "[Service]\nStartLimitInterval=0"])
      expect(one(`[Service]\nExecStart=d\n${line}\n`).job?.limit).toBeNull();
  });

  it("knows that a forced exit status restarts even without Restart=", () => {
    expect(one("[Service]\nExecStart=d\nRestartForceExitStatus=0 7\n").job).toMatchObject({
      restarts: "on-success",
      line: 3,
      directive: "RestartForceExitStatus=0 7",
    });
    expect(one("[Service]\nExecStart=d\nRestartForceExitStatus=7\n").job).toMatchObject({ restarts: "on-failure" });
  });

  it.each([
    ["on-abnormal", "on-signal"],
    ["on-abort", "on-signal"],
    ["on-watchdog", "on-signal"],
    ["on-success", "on-success"],
  ])("understands Restart=%s", (value, restarts) => {
    expect(one(`[Service]\nExecStart=d\nRestart=${value}`).job).toMatchObject({
      restarts,
      directive: `Restart=${value}`,
    });
  });

  it("continues lines over comments, and sees what hides behind a carriage return", () => {
    expect(one("[Service]\nExecStart=/bin/a \\\n# comment\n  ; another\n  b\nRestart=always\n").job).toMatchObject({
      command: "/bin/a  b",
      line: 6,
    });
    expect(one("[Service]\nExecStart=/bin/a b\\\\\nRestart=always\n").job).toMatchObject({
      restarts: "always",
      line: 3,
    });
    expect(one("[Service]\nExecStart=d\n# harmless\rRestart=always\n").job).toMatchObject({
      restarts: "always",
      line: 3,
    });
    expect(one("\ufeff[Service]\r\nExecStart=d\r\nRestart=always\r\n").job).toMatchObject({
      restarts: "always",
      program: "d",
      line: 3,
    });
  });

  it("stops where systemd stops: it refuses the unit, and keeps the beginning of a drop-in", () => {
    const bad = Buffer.from("[Service]\nExecStart=d\nRestart=always\nType=exec\xff\nRestart=on-failure\n", "latin1");
    const { job, problems } = one(bad);
    expect(job).toMatchObject({ restarts: "always", inactive: "rejected" });
    expect(problems[0]).toContain(":4 not valid UTF-8");
    expect(one("[Service]\nExecStart=d\n[Service\nRestart=always\n").job).toMatchObject({
      restarts: "never",
      inactive: "rejected",
    });
    const dropIn = one("[Service]\nExecStart=d\n", {
      "/etc/systemd/system/x.service.d/1.conf": Buffer.from("[Service]\nRestart=always\n\xff\nRestart=no\n", "latin1"),
    });
    expect(dropIn.problems).toHaveLength(1);
    expect(dropIn.job).toMatchObject({ restarts: "always" });
    expect(dropIn.job).not.toHaveProperty("inactive");
  });

  it("tells ExecSearchPath, Type, RootDirectory and how to stop it", () => {
    const { job } = one(
      "[Service]\nExecStart=d\nExecSearchPath=/opt/a:/opt/b\nType=forking\nRootDirectory=/srv/%p\nPIDFile=/run/d.pid\nUser=nobody\nEnvironment=A=1\nEnvironment=LD_PRELOAD=/x.so\n",
    );
    expect(job).toMatchObject({
      searchPath: ["/opt/a", "/opt/b"],
      expects: "forking",
      chroot: "/srv/x",
      settings: { PIDFile: "/run/d.pid", User: "nobody", Environment: "A=1 LD_PRELOAD=/x.so" },
    });
  });

  it("is present with any service, and empty without", () => {
    withTree({ "/etc/systemd/system/x.target": "" }, ({ root }) => {
      expect(systemd.present(root)).toBe(false);
      expect(atOnce(systemd.jobs(root))).toEqual({ jobs: [], problems: [] });
    });
  });
});

describe("time spans", () => {
  it.each([
    ["5", 5],
    ["100ms", 0.1],
    ["1min 20s", 80],
    ["1min20s", 80],
    ["1.5h", 5400],
    [".5", 0.5],
    ["1 2", 3],
    ["2M", 5_259_600],
    ["infinity", FOREVER_SECONDS],
    ["9999y", FOREVER_SECONDS],
    ["", null],
    ["soon", null],
    ["5 parsecs", null],
    ["-1", null],
  ])("%s", (text, seconds) => {
    if (seconds === null) expect(parseSpan(text)).toBeNull();
    else expect(parseSpan(text)).toBeCloseTo(seconds, 9);
  });
});

describe("what systemctl shows", () => {
  it("reads the properties", () => {
    expect(
      parseShow(
        "NRestarts=7\nMainPID=0\nResult=start-limit-hit\nFragmentPath=/lib/systemd/system/a.service\nDropInPaths=/etc/a.conf /etc/b.conf\n",
      ),
    ).toEqual({
      restarts: 7,
      mainPid: 0,
      result: "start-limit-hit",
      fragment: "/lib/systemd/system/a.service",
      dropIns: ["/etc/a.conf", "/etc/b.conf"],
    });
    expect(parseShow("MainPID=x\nFragmentPath=\n")).toEqual({
      restarts: null,
      mainPid: null,
      result: "",
      fragment: null,
      dropIns: [],
    });
  });

  it("undoes the quoting of paths with blanks", () => {
    const { dropIns } = parseShow('DropInPaths=/a.conf "/b/30 \\"c\\"\\t\\001.conf"\n');
    expect(dropIns).toEqual(["/a.conf", '/b/30 "c"\t\u0001.conf']);
  });

  it("finds the unit in a cgroup path", () => {
    expect(unitOfCgroup("/system.slice/atd.service")).toBe("atd.service");
    expect(unitOfCgroup("/system.slice/system-getty.slice/getty@tty1.service")).toBe("getty@tty1.service");
    expect(unitOfCgroup("/system.slice/atd.service/sub")).toBe("atd.service");
    expect(unitOfCgroup("/machine.slice/machine-a.scope/payload/system.slice/atd.service")).toBe("atd.service");
    expect(unitOfCgroup("/user.slice/user-0.slice/user@0.service/app.slice/x.service")).toBe("user@0.service");
    expect(unitOfCgroup("/")).toBeNull();
    expect(unitOfCgroup("/a/we*ird.service")).toBeNull();
    expect(unitOfCgroup(null)).toBeNull();
  });
});
