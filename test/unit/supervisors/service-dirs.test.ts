import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { atOnce } from "../../../src/model/steps.ts";
import { findJobs, limitAllowsRate } from "../../../src/supervisors/index.ts";
import { RUNIT_PATH, runit } from "../../../src/supervisors/runit.ts";
import { s6 } from "../../../src/supervisors/s6.ts";
import type { Job, Supervisor } from "../../../src/supervisors/types.ts";
import { withTree, type Entry } from "./tree.ts";

const run = (text: string): Entry => ({ mode: 0o755, content: text });

function read(supervisor: Supervisor, entries: Record<string, Entry>): { jobs: Job[]; problems: string[] } {
  return withTree(entries, ({ root }) => {
    expect(supervisor.present(root)).toBe(true);
    const { jobs, problems } = atOnce(supervisor.jobs(root));
    return { jobs, problems: problems.map(({ file, line, why }) => `${file}:${line} ${why}`) };
  });
}

const programs = ({ jobs }: { jobs: Job[] }) => jobs.map(({ unit, program, inactive }) => [unit, program, inactive]);

describe("runit's service directories", () => {
  it("points at the line of the exec, and says what the wrappers lead to", () => {
    const { jobs, problems } = read(runit, {
      "/etc/service": { link: "runit/runsvdir/current" },
      "/etc/runit/runsvdir/current": { link: "/etc/runit/runsvdir/default" },
      "/etc/runit/runsvdir/default/at": { link: "/etc/sv/at" },
      "/etc/sv/at/run": run(
        "#!/bin/sh -e\nexec 2>&1\n# exec nothing\nPATH=/opt/bin:/bin\nexec chpst -u d:d \\\n  atd -f\n",
      ),
    });
    expect(problems).toEqual([]);
    expect(jobs).toEqual([
      {
        supervisor: "runit",
        unit: "at",
        file: "/etc/sv/at/run",
        line: 5,
        directive: "run",
        restarts: "always",
        limit: null,
        atLimit: null,
        delaySeconds: 1,
        minimumLifeSeconds: 1,
        command: "chpst -u d:d atd -f",
        program: "atd",
        searchPath: ["/opt/bin", "/bin"],
        expects: null,
        shell: true,
        script: { file: "/etc/sv/at/run", line: 1 },
      },
    ]);
    expect(limitAllowsRate(jobs[0]!, 1, 60)).toMatchObject({ allowed: true, why: { code: "limit.has-none" } });
    expect(limitAllowsRate(jobs[0]!, 50, 5)).toMatchObject({
      allowed: false,
      why: { code: "limit.delay-bounds-rate", args: { maxPerSecond: 1 } },
    });
  });

  it("tells what is started from what only could be", () => {
    const found = read(runit, {
      "/etc/service/on": { link: "/etc/sv/on" },
      "/etc/sv/on/run": run("#!/bin/sh\nexec /bin/on\n"),
      "/etc/sv/off/run": run("#!/bin/sh\nexec /bin/off\n"),
      "/etc/service/down/run": run("#!/bin/sh\nexec /bin/down\n"),
      "/etc/service/down/down": "",
      "/etc/service/plain/run": { mode: 0o644, content: "#!/bin/sh\nexec /bin/plain\n" },
      "/etc/service/.hidden/run": run("#!/bin/sh\nexec /bin/hidden\n"),
      "/etc/service/file": "no directory",
    });
    expect(programs(found)).toEqual([
      ["down", "/bin/down", "manual"],
      ["on", "/bin/on", undefined],
      ["plain", "/bin/plain", "rejected"],
      ["off", "/bin/off", "off"],
    ]);
    expect(found.problems).toEqual(["/etc/service/plain/run:null not executable: it cannot be started"]);
    expect(found.jobs[0]?.searchPath).toEqual(RUNIT_PATH);
  });

  it("takes the set that is started at boot where nothing runs", () => {
    const found = read(runit, {
      "/etc/runit/runsvdir/default/a/run": run("#!/bin/sh\nexec /bin/a\n"),
      "/etc/runit/runsvdir/single/b/run": run("#!/bin/sh\nexec /bin/b\n"),
      "/var/service": { link: "/run/runit/runsvdir/current" },
    });
    expect(programs(found)).toEqual([
      ["a", "/bin/a", undefined],
      ["b", "/bin/b", "off"],
    ]);
  });

  it.each<[string, Entry, string | null]>([
    ["a program", { mode: 0o755, content: "\x7fELF" }, "/service/x/run"],
    ["a link to one", { link: "/opt/d" }, "/service/x/run"],
    ["another language", run("#!/usr/bin/python3 -u\nprint(1)\n"), "/service/x/run"],
    ["a shell found by env", run("#!/usr/bin/env -S bash -e\nexec nice -n 5 /bin/d\n"), "/bin/d"],
    ["a condition", run("#!/bin/sh\n[ -e /x ] || exit 1\nif true; then exec env A=1 /bin/d; fi\n"), "/bin/d"],
    ["a user's shell", run("#!/bin/sh\nexec su -s /bin/sh www -c 'exec /bin/d -f'\n"), "/bin/d"],
    ["start-stop-daemon", run("#!/bin/sh\nexec start-stop-daemon -S -c www -x /bin/d -- -f\n"), "/bin/d"],
    ["two programs", run("#!/bin/sh\n[ -e /x ] && exec /bin/a\nexec /bin/b\n"), null],
    ["no exec", run("#!/bin/sh\n/bin/d\n"), null],
    ["a variable", run("#!/bin/sh\nexec chpst -u www $DAEMON\n"), null],
  ])("knows of %s what it becomes", (_what, entry, program) => {
    const { jobs, problems } = read(runit, { "/service/x/run": entry, "/opt/d": { mode: 0o755, content: "\x7fELF" } });
    expect(problems).toEqual([]);
    expect(jobs).toMatchObject([{ unit: "x", file: "/service/x/run", program }]);
  });

  it("reads the log's own service, and keeps the whole script where no line decides", () => {
    const { jobs } = read(runit, {
      "/service/x/run": run("#!/bin/sh\n/bin/d\n"),
      "/service/x/log/run": run("#!/bin/sh\nexec svlogd -tt /var/log/x\n"),
    });
    expect(jobs.map(({ unit, line, command }) => [unit, line, command])).toEqual([
      ["x", 1, "#!/bin/sh\n/bin/d\n"],
      ["x/log", 2, "svlogd -tt /var/log/x"],
    ]);
  });

  it("says why nothing is started, and never waits or leaves the root", () => {
    withTree(
      {
        "/service/none/other": "",
        "/service/text/run": run("/bin/d\n"),
        "/service/loop/run": { link: "run" },
        "/service/self": { link: "self" },
        "/service/out/run": { link: "/../../../../bin/sh" },
        "/service/nul/run": run("#!/bin/sh\nexec /bin/d\0x\n"),
        "/service/folder/run": null,
        "/service/pipe": null,
      },
      ({ root, dir }) => {
        execFileSync("mkfifo", [`${dir}/service/pipe/run`]);
        const { jobs, problems } = atOnce(runit.jobs(root));
        expect(jobs.map(({ unit }) => unit)).toEqual(["nul"]);
        expect(problems.map(({ file, why }) => `${file} ${why}`).sort()).toEqual([
          "/service/folder/run not a regular file, or a link to nowhere",
          "/service/loop/run not there: nothing is started",
          "/service/none/run not there: nothing is started",
          "/service/out/run not there: nothing is started",
          "/service/pipe/run not a regular file, or a link to nowhere",
          "/service/self a link to nowhere",
          "/service/text/run neither a program nor a script with #! in its first line: it cannot be started",
        ]);
      },
    );
  });

  it("looks through thousands of entries that are no services", () => {
    const entries = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`/service/${i}`, ""]));
    const { jobs, problems } = read(runit, { ...entries, "/service/x/run": run("#!/bin/sh\nexec /bin/d\n") });
    expect(jobs).toHaveLength(1);
    expect(problems).toEqual([]);
  });
});

describe("s6's service directories", () => {
  it("follows execline through commands, blocks and quotes", () => {
    const script = `#!/command/execlineb -P
# a comment { with a brace
fdmove -c 2 1
foreground { if { test -e "/a b" } echo } }
backtick -D x VERSION { cat /version }
importas -D none -u NAME NAME
redirfd -r 0 /dev/null
emptyenv -p
s6-setuidgid www
  /usr/bin/d -f "\${NAME}"
`;
    const { jobs, problems } = read(s6, { "/run/service/x/run": run(script), "/run/service/.s6-svscan": null });
    expect(problems).toEqual([]);
    expect(jobs).toMatchObject([
      {
        supervisor: "s6",
        unit: "x",
        line: 9,
        program: "/usr/bin/d",
        command: "s6-setuidgid www /usr/bin/d -f ${NAME}",
      },
    ]);
  });

  it.each([
    ["importas d D $d", null],
    ["foreground { unfinished", null],
    ["if /bin/a /bin/b", null],
    ["", null],
    ["{ a }", null],
  ])("does not guess at %j", (script, program) => {
    const { jobs } = read(s6, { "/run/service/x/run": run(`#!/bin/execlineb\n${script}\n`) });
    expect(jobs).toMatchObject([{ program }]);
  });

  it("reads sources of s6-rc by their type: a oneshot once, a bundle not at all", () => {
    const { jobs, problems } = read(s6, {
      "/etc/s6-overlay/s6-rc.d/once/type": "oneshot\n",
      "/etc/s6-overlay/s6-rc.d/once/up": "# a remark\nforeground { echo a }\n/usr/bin/prepare --all\n",
      "/etc/s6-overlay/s6-rc.d/long/type": "longrun\n",
      "/etc/s6-overlay/s6-rc.d/long/run": run("#!/bin/execlineb -P\n/usr/bin/d\n"),
      "/etc/s6-overlay/s6-rc.d/user/type": "bundle\n",
      "/etc/s6-overlay/s6-rc.d/user/contents.d/long": "",
    });
    expect(problems).toEqual([]);
    expect(
      jobs.map(({ unit, line, directive, restarts, program }) => [unit, line, directive, restarts, program]),
    ).toEqual([
      ["long", 2, "run", "always", "/usr/bin/d"],
      ["once", 3, "up", "never", "/usr/bin/prepare"],
    ]);
  });

  it("takes no notice of the down that s6-rc puts into each live copy", () => {
    const live = "/run/s6-rc:s6-rc-init:AbCdEf/servicedirs";
    const { jobs } = read(s6, {
      "/run/s6-rc": { link: "s6-rc:s6-rc-init:AbCdEf" },
      [`${live}/d/run`]: run("#!/bin/execlineb -P\n/usr/bin/d\n"),
      [`${live}/d/down`]: "",
      "/run/service/d": { link: `${live}/d` },
      "/run/service/own/run": run("#!/bin/execlineb -P\n/usr/bin/own\n"),
      "/run/service/own/down": "",
    });
    expect(jobs.map(({ unit, inactive }) => [unit, inactive])).toEqual([
      ["d", undefined],
      ["own", "manual"],
    ]);
  });

  it("takes what s6-overlay starts at boot, where it does not run", () => {
    const source = { "/etc/services.d/a/run": run("#!/usr/bin/with-contenv sh\nexec /bin/a\n") };
    expect(programs(read(s6, source))).toEqual([["a", "/bin/a", undefined]]);
    const copied = { ...source, "/run/service/a/run": run("#!/usr/bin/with-contenv sh\nexec /bin/b\n") };
    expect(programs(read(s6, copied))).toEqual([
      ["a", "/bin/b", undefined],
      ["a", "/bin/a", "off"],
    ]);
  });

  it("leaves runit's directories to runit", () => {
    const entry = run("#!/bin/sh\nexec /bin/d\n");
    withTree({ "/service/x/run": entry }, ({ root }) => {
      expect([s6.present(root), runit.present(root)]).toEqual([false, true]);
    });
    withTree({ "/service/x/run": entry, "/service/.s6-svscan": null }, ({ root }) => {
      expect([s6.present(root), runit.present(root)]).toEqual([true, false]);
    });
  });
});

describe("a supervisor that is not PID 1", () => {
  const tree = {
    "/etc/inittab": "sv:2:respawn:runsvdir /service\nd:2:respawn:/bin/d\n",
    "/service/one/run": run("#!/bin/sh\nexec /bin/d\n"),
    "/service/two/run": run("#!/bin/sh\nexec /bin/d\n"),
    "/bin/d": "",
    "/sbin/init": "\0/etc/inittab\0",
    "/usr/bin/runsv": "",
  };
  const ask = (pid: number, exe: string, argv: string[] | null) =>
    withTree(tree, ({ root }) =>
      findJobs(root, { programs: ["/bin/d"], spawner: { pid, comm: "x", exe, argv } }).matches.map(
        ({ job, spawnerFits }) => [job.unit, spawnerFits],
      ),
    );

  it("is known by its program, and its job by what it was told", () => {
    expect(ask(7, "/usr/bin/runsv", ["runsv", "two"])).toEqual([
      ["two", true],
      ["d", null],
      ["one", false],
    ]);
    expect(ask(7, "/usr/bin/runsv (deleted)", ["runsv", "/service/one/"])).toEqual([
      ["one", true],
      ["d", null],
      ["two", false],
    ]);
  });

  it("is not known where it does not show, or by a name of its own choice", () => {
    for (const [exe, argv] of [
      ["/usr/bin/runsv", null],
      ["/tmp/x", ["runsv", "two"]],
      ["/bin/sh", ["sh", "two"]],
    ] as const)
      expect(ask(7, exe, argv === null ? null : [...argv]).map(([, fits]) => fits)).toEqual([null, null, null]);
  });

  it("is not contradicted by PID 1, which is handed everybody's orphans", () => {
    expect(ask(1, "/sbin/init", ["init"])).toEqual([
      ["d", true],
      ["one", null],
      ["two", null],
    ]);
    expect(ask(1, "/unknown", ["init"]).map(([, fits]) => fits)).toEqual([null, null, null]);
  });
});
