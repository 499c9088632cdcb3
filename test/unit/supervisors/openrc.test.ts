import { describe, expect, it } from "vitest";
import { atOnce } from "../../../src/model/steps.ts";
import { findJobs } from "../../../src/supervisors/index.ts";
import { openrc } from "../../../src/supervisors/openrc.ts";
import { rcLocal } from "../../../src/supervisors/rc-local.ts";
import type { Job, Supervisor } from "../../../src/supervisors/types.ts";
import { withTree, type Entry } from "./tree.ts";

function read(supervisor: Supervisor, entries: Record<string, Entry>): { jobs: Job[]; problems: string[] } {
  return withTree(entries, ({ root }) => {
    expect(supervisor.present(root)).toBe(true);
    const { jobs, problems } = atOnce(supervisor.jobs(root));
    return { jobs, problems: problems.map(({ file, line, why }) => `${file}:${line} ${why}`) };
  });
}
const run = (text: string): Entry => ({ mode: 0o755, content: text });

describe("OpenRC's services", () => {
  it("gives the line that has it supervised, and the limit of supervise-daemon", () => {
    const { jobs, problems } = read(openrc, {
      "/etc/runlevels/default/later": { link: "/etc/init.d/later" },
      "/etc/conf.d/later": 'LATER_OPTS="-f -x"\nrespawn_max=3\n',
      "/etc/init.d/later": run(`#!/sbin/openrc-run
description="jobs for later"
supervisor=supervise-daemon
command="/usr/bin/\${RC_SVCNAME}"
command_args="\${LATER_OPTS:-none} --name=\${NAME:-d}"
pidfile="/run/\${RC_SVCNAME}.pid"
command_user="www:www"

start_pre() {
	command=/bin/other
	checkpath -d /run/x
}
`),
    });
    expect(problems).toEqual([]);
    expect(jobs).toEqual([
      {
        supervisor: "openrc",
        unit: "later",
        file: "/etc/init.d/later",
        line: 3,
        directive: "supervisor=supervise-daemon",
        restarts: "always",
        limit: { starts: 3, seconds: 12 },
        atLimit: { action: "stop" },
        delaySeconds: 0,
        command: "/usr/bin/later -f -x --name=d",
        program: "/usr/bin/later",
        searchPath: ["/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"],
        expects: null,
        pidFile: "/run/later.pid",
        settings: { User: "www:www" },
      },
    ]);
  });

  it("points into conf.d where that has it supervised, and tells what is in no runlevel", () => {
    const { jobs } = read(openrc, {
      "/etc/runlevels/boot/a": { link: "/etc/init.d/a" },
      "/etc/conf.d/a": "# mine\nsupervisor=supervise-daemon\nrespawn_max=0\nrespawn_delay=2\n",
      "/etc/init.d/a": run("#!/sbin/openrc-run\ncommand=/bin/a\n"),
      "/etc/init.d/b": run("#!/sbin/openrc-run\ncommand=$SOMETHING\n"),
      "/etc/init.d/c": run('#!/sbin/openrc-run\nD=/opt/c\nstop() {\n start-stop-daemon --stop -x /bin/no\n}\nstart() {\n\tstart-stop-daemon --start --exec "$D" -- -f\n}\n'),
      "/etc/init.d/lsb": run("#!/bin/sh\ncommand=/bin/lsb\n"),
      "/etc/init.d/plain": "#!/sbin/openrc-run\ncommand=/bin/plain\n",
    }); // prettier-ignore
    expect(jobs.map(({ unit, file, line, program, restarts, limit, delaySeconds, inactive }) => [unit, file, line, program, restarts, limit, delaySeconds, inactive])).toEqual([
      ["a", "/etc/conf.d/a", 2, "/bin/a", "always", null, 2, undefined],
      ["b", "/etc/init.d/b", 2, null, "never", null, 0, "off"],
      ["c", "/etc/init.d/c", 6, "/opt/c", "never", null, 0, "off"],
      ["plain", "/etc/init.d/plain", 2, "/bin/plain", "never", null, 0, "off"],
    ]); // prettier-ignore
    expect(jobs[0]?.definition).toBe("/etc/init.d/a");
  });

  it("knows supervise-daemon by its program and the service it names", () => {
    const script = run("#!/sbin/openrc-run\nsupervisor=supervise-daemon\ncommand=/bin/d\n");
    withTree(
      { "/etc/runlevels/default": null, "/etc/init.d/a": script, "/etc/init.d/b": script, "/bin/d": "" },
      ({ root }) => {
        const spawner = {
          pid: 4,
          comm: "x",
          exe: "/sbin/supervise-daemon",
          argv: ["supervise-daemon", "b", "--start"],
        };
        expect(
          findJobs(root, { programs: ["/bin/d"], spawner }).matches.map(({ job, spawnerFits }) => [
            job.unit,
            spawnerFits,
          ]),
        ).toEqual([
          ["b", true],
          ["a", false],
        ]);
      },
    );
  });

  it("ends for hostile files: values that double, loops, NULs", () => {
    const doubling = Array.from({ length: 200 }, () => 'A="$A$A"').join("\n");
    const { jobs, problems } = read(openrc, {
      "/etc/runlevels/loop": { link: "loop" },
      "/etc/init.d/loop": { link: "loop" },
      "/etc/init.d/a": run(`#!/sbin/openrc-run\nA=xx\n${doubling}\ncommand=/bin/a$A\n`),
      "/etc/init.d/b": run("#!/sbin/openrc-run\ncommand=/bin/b\0\n"),
      "/etc/conf.d/b": { link: "/nowhere" },
    });
    expect(jobs.map(({ unit }) => unit)).toEqual(["a", "b"]);
    expect(jobs[0]?.command.length).toBeLessThan(10_000);
    expect(problems).toEqual(["/etc/conf.d/b:null not a regular file, or a link to nowhere"]);
  });
});

describe("rc.local", () => {
  it("gives the line of each command, and itself for what its loops start", () => {
    const { jobs, problems } = read(rcLocal, {
      "/etc/rc.local": run(`#!/bin/sh -e
# comment /bin/no
PATH=/opt/bin:/bin
if [ -x /opt/d ]; then
  nohup nice -n 5 /opt/d -f >/dev/null 2>&1 &
fi
( while :; do agent --once; sleep 1; done ) &
su www -c "/opt/e -x" &
$STARTER
exit 0
`),
    });
    expect(problems).toEqual([]);
    expect(jobs.map(({ line, program, restarts }) => [line, program, restarts])).toEqual([
      [1, "/etc/rc.local", "never"],
      [5, "/opt/d", "never"],
      [7, "agent", "never"],
      [8, "/opt/e", "never"],
    ]);
    expect(jobs[2]?.searchPath).toEqual(["/opt/bin", "/bin"]);
  });

  it("is not run without an execute bit", () => {
    const { jobs } = read(rcLocal, { "/etc/rc.local": "#!/bin/sh\n/opt/d\n", "/etc/rc.d": { link: "." } });
    expect(jobs.map(({ file, inactive }) => [file, inactive])).toEqual([
      ["/etc/rc.local", "off"],
      ["/etc/rc.local", "off"],
    ]);
  });
});
