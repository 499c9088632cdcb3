import { expect, test } from "vitest";
import { atOnce } from "../../../src/model/steps.ts";
import { findJobs, readConfiguration, runningInit, withoutIdleInits } from "../../../src/supervisors/index.ts";
import { withTree, type Entry } from "./tree.ts";

/** As Debian ships cron: a unit and an init script side by side, and here an inittab that starts it by a script. */
const TREE: Record<string, Entry> = {
  "/sbin/init": { mode: 0o755, content: "..../etc/inittab...." },
  "/usr/lib/systemd/systemd": { mode: 0o755 },
  "/usr/bin/tini": { mode: 0o755 },
  "/bin/sh": "",
  "/usr/sbin/cron": "",
  "/usr/lib/systemd/system/cron.service": "[Service]\nExecStart=/usr/sbin/cron -f\nRestart=on-failure\n",
  "/usr/local/sbin/start-cron": { mode: 0o755, content: "#!/bin/sh\nmkdir -p /run/x\nexec /usr/sbin/cron -f\n" },
  "/etc/inittab": "cr:2:once:/usr/local/sbin/start-cron\nsh:2:once:/bin/sh /usr/local/sbin/start-cron\n",
};

test("which init runs: by what PID 1 executes, else by what the root would boot", () => {
  withTree(TREE, ({ root }) => {
    expect(
      [null, "/sbin/init", "/usr/lib/systemd/systemd", "/usr/bin/tini", "/bin/sh (deleted)", "/gone/init"].map((exe) =>
        runningInit(root, exe),
      ),
    ).toEqual(["sysvinit", "sysvinit", "systemd", "other", "other", null]);
  });
});

test("a unit that would start it, if systemd ran, is marked; jobs of supervisors below any init are not", () => {
  withTree({ ...TREE, "/etc/crontab": "* * * * * root /bin/true\n" }, ({ root }) => {
    const read = atOnce(readConfiguration(root));
    const idle = (init: string | null): string[] =>
      withoutIdleInits(read, init)
        .jobs.filter(({ job }) => job.inactive === "not-running")
        .map(({ job }) => job.supervisor);
    expect(idle("sysvinit")).toEqual(["systemd"]);
    expect(idle("systemd")).toEqual(["sysvinit", "sysvinit"]);
    expect(idle("other")).toEqual(["systemd", "sysvinit", "sysvinit"]);
    expect(idle(null)).toEqual([]);
  });
});

test("the script that a job starts is followed to what it becomes, where its supervisor was seen", () => {
  withTree(TREE, ({ root }) => {
    const ask = (exe: string): unknown[] =>
      findJobs(root, { programs: ["/usr/sbin/cron"], spawner: { pid: 1, comm: "init", exe } }).matches.map(
        ({ job: { supervisor, unit }, how, spawnerFits }) => [supervisor, unit, how, spawnerFits],
      );
    expect(ask("/sbin/init")).toEqual([
      ["systemd", "cron.service", "command", false],
      ["sysvinit", "cr", "script", true],
    ]);
    // systemd's own unit is named; nothing else has to be read.
    expect(ask("/usr/lib/systemd/systemd")).toEqual([["systemd", "cron.service", "command", true]]);
  });
});
