import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { atOnce } from "../../../src/model/steps.ts";
import { inetd } from "../../../src/supervisors/inetd.ts";
import { limitAllowsRate } from "../../../src/supervisors/index.ts";
import { monit } from "../../../src/supervisors/monit.ts";
import { readMonitWords } from "../../../src/supervisors/monit-words.ts";
import type { Job, Supervisor } from "../../../src/supervisors/types.ts";
import { xinetd } from "../../../src/supervisors/xinetd.ts";
import { withTree, type Entry } from "./tree.ts";

function read(supervisor: Supervisor, entries: Record<string, Entry>): { jobs: Job[]; problems: string[] } {
  return withTree(entries, ({ root }) => {
    expect(supervisor.present(root)).toBe(true);
    const { jobs, problems } = atOnce(supervisor.jobs(root));
    return { jobs, problems: problems.map(({ file, line, why }) => `${file}:${line} ${why}`) };
  });
}

describe("monit's control file", () => {
  it("gives the line of the start program, its cycle and its limit", () => {
    const { jobs, problems } = read(monit, {
      "/etc/monit/monitrc": `set daemon  20  # seconds
set httpd port 2812 and
  allow admin:"start = x"
check process at with pidfile "/run/at.pid"
   group system
   start program = "/usr/bin/d --x 'a b'" as uid www with timeout 5 seconds
   stop program  = "/bin/kill x"
   if 3 restarts within 5 cycles then unmonitor
   if failed port 80 then restart
CHECK PROCESS second MATCHING "d -f"
   every 2 cycles
   start "/bin/sh -c 'exec nice e'"
   mode passive
check program probe with path "/opt/probe --once" every 3 cycles
   if status != 0 then alert
check process nothing with pidfile /run/n.pid
check file f with path "/usr/sbin/d"
   if failed checksum then exec "/bin/no"
include /etc/monit/conf.d/*
`,
      "/etc/monit/conf.d/one": "check process one matching one\n  restart = '/opt/one again'\n  start = /opt/one\n",
      "/etc/monit/conf.d/loop": "include /etc/monit/conf.d/*\n",
    });
    expect(problems).toEqual([]);
    expect(jobs.map(({ unit, line, program, restarts, delaySeconds, limit, inactive }) => [unit, line, program, restarts, delaySeconds, limit, inactive])).toEqual([
      ["at", 6, "/usr/bin/d", "always", 20, { starts: 3, seconds: 100 }, undefined],
      ["second", 12, "e", "always", 40, null, "manual"],
      ["probe", 14, "/opt/probe", "on-schedule", 0, null, undefined],
      ["one", 2, "/opt/one", "always", 20, null, undefined],
    ]); // prettier-ignore
    expect(jobs[0]).toMatchObject({ pidFile: "/run/at.pid", file: "/etc/monit/monitrc", directive: "start program" });
    expect(jobs[2]?.everySeconds).toBe(60);
    expect(jobs[3]?.file).toBe("/etc/monit/conf.d/one");
    expect(limitAllowsRate(jobs[0]!, 40, 5)).toMatchObject({
      allowed: false,
      why: { code: "limit.delay-bounds-rate" },
    });
  });

  it("ends for any words", () => {
    const word = fc.constantFrom("check", "process", "x", "start", "=", '"', "'", "#", "\n", "if", "5", "restarts", "within", "cycles", "then", "unmonitor", "include", "/etc/*", "set", "daemon", "\0"); // prettier-ignore
    fc.assert(
      fc.property(fc.array(word, { maxLength: 80 }), (words) => {
        const text = words.join(" ");
        for (const { line } of readMonitWords(text, "/x")) expect(line).toBeLessThanOrEqual(text.split("\n").length);
        for (const job of read(monit, { "/etc/monitrc": text }).jobs) expect(job.line).toBeGreaterThan(0);
      }),
      { numRuns: 150 },
    );
  });
});

describe("inetd's table", () => {
  it("gives a line a service, its limit, and what tcpd starts", () => {
    const { jobs, problems } = read(inetd, {
      "/etc/inetd.conf": `# comment
#<off># off stream tcp nowait root /bin/off off
echo stream tcp nowait root internal
ftp	stream	tcp6	nowait.400	root	/usr/sbin/tcpd	/usr/sbin/in.ftpd -l
talk dgram udp wait nobody.tty /usr/sbin/in.talkd in.talkd
nonsense
`,
    });
    expect(jobs.map(({ unit, line, program, command, restarts, limit, directive }) => [unit, line, program, command, restarts, limit, directive])).toEqual([
      ["ftp/tcp6", 4, "/usr/sbin/in.ftpd", "/usr/sbin/tcpd -l", "on-demand", { starts: 400, seconds: 60 }, "nowait.400"],
      ["talk/udp", 5, "/usr/sbin/in.talkd", "/usr/sbin/in.talkd", "on-demand", { starts: 256, seconds: 60 }, "wait"],
    ]); // prettier-ignore
    expect(problems).toEqual(["/etc/inetd.conf:6 not a service of inetd: it skips the line"]);
    expect(limitAllowsRate(jobs[1]!, 100, 5)).toMatchObject({
      allowed: false,
      why: { code: "limit.pauses", args: { supervisor: "inetd", starts: 256, pauseSeconds: 600 } },
    });
  });
});

describe("xinetd's services", () => {
  it("gives the line of the server, from included folders too, and the limit of cps", () => {
    const { jobs, problems } = read(xinetd, {
      "/etc/xinetd.conf": "defaults\n{\n cps = 25 30\n disabled = gone\n}\nincludedir /etc/xinetd.d\nstray line\n",
      "/etc/xinetd.d/web": `service web
{
        disable         = no
        user            = www
        server          = /usr/sbin/webd
        server_args     = -f --x
}
service own
{
 cps = 1000 2
 server=/opt/own
}
`,
      "/etc/xinetd.d/off":
        "service off {\n disable = yes\n server = /bin/off\n}\nservice gone\n{\n server = /bin/gone\n}\n",
      "/etc/xinetd.d/saved~": "service no\n{\n server = /bin/no\n}\n",
      "/etc/xinetd.d/dotted.conf": "service no\n{\n server = /bin/no\n}\n",
    });
    expect(jobs.map(({ unit, file, line, program, limit, inactive }) => [unit, file, line, program, limit, inactive])).toEqual([
      ["off", "/etc/xinetd.d/off", 3, "/bin/off", { starts: 25, seconds: 1 }, "off"],
      ["gone", "/etc/xinetd.d/off", 7, "/bin/gone", { starts: 25, seconds: 1 }, "off"],
      ["web", "/etc/xinetd.d/web", 5, "/usr/sbin/webd", { starts: 25, seconds: 1 }, undefined],
      ["own", "/etc/xinetd.d/web", 11, "/opt/own", { starts: 1000, seconds: 1 }, undefined],
    ]); // prettier-ignore
    expect(jobs[2]).toMatchObject({
      command: "/usr/sbin/webd -f --x",
      restarts: "on-demand",
      atLimit: { action: "pause", seconds: 30 },
      settings: { User: "www" },
    });
    expect(problems).toEqual(["/etc/xinetd.conf:7 neither a service nor an attribute: xinetd skips it"]);
  });

  it("includes nothing twice, and waits for nothing", () => {
    withTree({ "/etc/xinetd.conf": "include /etc/xinetd.conf\nincludedir /etc/xinetd.d\n", "/etc/xinetd.d/loop": { link: "loop" } }, ({ root, dir }) => {
      execFileSync("mkfifo", [`${dir}/etc/xinetd.d/pipe`]);
      const { jobs, problems } = atOnce(xinetd.jobs(root));
      expect(jobs).toEqual([]);
      expect(problems.map(({ file }) => file)).toEqual(["/etc/xinetd.d/loop", "/etc/xinetd.d/pipe"]);
    }); // prettier-ignore
  });
});
