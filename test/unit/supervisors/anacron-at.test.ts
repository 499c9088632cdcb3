import { describe, expect, it } from "vitest";
import { atOnce } from "../../../src/model/steps.ts";
import { anacron } from "../../../src/supervisors/cron/anacron.ts";
import { at } from "../../../src/supervisors/cron/at.ts";
import type { Job, Supervisor } from "../../../src/supervisors/types.ts";
import { withTree, type Entry } from "./tree.ts";

function read(supervisor: Supervisor, entries: Record<string, Entry>): { jobs: Job[]; problems: string[] } {
  return withTree(entries, ({ root }) => {
    expect(supervisor.present(root)).toBe(true);
    const { jobs, problems } = atOnce(supervisor.jobs(root));
    return { jobs, problems: problems.map(({ file, line, why }) => `${file}:${line} ${why}`) };
  });
}

describe("anacron's table", () => {
  it("gives line, period and command, and what run-parts would run", () => {
    const { jobs, problems } = read(anacron, {
      "/etc/anacrontab": `# daily and so on
SHELL=/bin/sh
PATH=/opt/bin:/bin

1	5	day	run-parts --report /etc/cron.daily
  @monthly 10 month nice \\
    d -x
7 10 bad/name e
@never 1 x f
`,
      "/etc/cron.daily/agent": { mode: 0o755, content: "#!/bin/sh\nexec /opt/agent\n" },
    });
    expect(jobs.map(({ unit, file, line, everySeconds, program, searchPath }) => ({ unit, file, line, everySeconds, program, searchPath }))).toEqual([
      { unit: "day", file: "/etc/anacrontab", line: 5, everySeconds: 86_400, program: "run-parts", searchPath: ["/opt/bin", "/bin"] },
      { unit: "agent", file: "/etc/cron.daily/agent", line: 2, everySeconds: 86_400, program: "/opt/agent", searchPath: ["/opt/bin", "/bin"] },
      { unit: "month", file: "/etc/anacrontab", line: 6, everySeconds: 28 * 86_400, program: "d", searchPath: ["/opt/bin", "/bin"] },
    ]); // prettier-ignore
    expect(problems).toEqual([
      "/etc/anacrontab:8 not a period, a delay, a name and a command: anacron skips it",
      "/etc/anacrontab:9 not a period, a delay, a name and a command: anacron skips it",
    ]);
  });

  it("ends for a table of continued lines and NULs", () => {
    const { jobs } = read(anacron, { "/etc/anacrontab": `1 5 x d${"\\\n".repeat(100_000)}\0\n`.repeat(3) });
    expect(jobs.length).toBeLessThanOrEqual(3);
  });
});

const JOB = `#!/bin/sh
# atrun uid=0 gid=0
# mail root 0
umask 22
PATH=/opt/bin:/bin; export PATH
cd /tmp || {
	 echo 'Execution directory inaccessible' >&2
	 exit 1
}

`;

describe("jobs of at", () => {
  it("points at what was typed, and says when it is not complete", () => {
    const { jobs, problems } = read(at, {
      "/var/spool/cron/atjobs/a0001001c8bd84": { mode: 0o700, content: `${JOB}nice d -x\n` },
      "/var/spool/cron/atjobs/=0001101c8bd84": { mode: 0o700, content: `${JOB}while :; do /opt/e; done\n` },
      "/var/spool/cron/atjobs/b0001201c8bd84": { mode: 0o600, content: `${JOB}/opt/f\n` },
      "/var/spool/cron/atjobs/c0001301c8bd84": { mode: 0o700, content: "nothing\0\n" },
      "/var/spool/cron/atjobs/.SEQ": "00012",
    });
    expect(jobs.map(({ unit, line, program, restarts, inactive, searchPath }) => [unit, line, program, restarts, inactive, searchPath])).toEqual([
      ["17", 11, null, "never", undefined, ["/opt/bin", "/bin"]],
      ["16", 11, "d", "never", undefined, ["/opt/bin", "/bin"]],
      ["18", 11, "/opt/f", "never", "off", ["/opt/bin", "/bin"]],
    ]); // prettier-ignore
    expect(problems).toEqual(["/var/spool/cron/atjobs/c0001301c8bd84:null not a job as at(1) writes it"]);
  });
});
