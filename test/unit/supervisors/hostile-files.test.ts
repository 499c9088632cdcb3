import * as fs from "node:fs";
import { execFileSync } from "node:child_process";
import * as path from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { atOnce } from "../../../src/model/steps.ts";
import { findJobs, limitAllowsRate, resolveCommand, supervisors } from "../../../src/supervisors/index.ts";
import { withTree, type Entry } from "./tree.ts";

/** One file of each supervisor that is not PID 1, which its reader reads whatever else there is. */
const FILES = {
  runit: "/etc/sv/x/run",
  s6: "/run/service/x/run",
  cron: "/etc/cron.d/x",
  anacron: "/etc/anacrontab",
  at: "/var/spool/cron/atjobs/a0000101c8bd84",
  supervisord: "/etc/supervisord.conf",
  openrc: "/etc/init.d/x",
  "rc.local": "/etc/rc.local",
  monit: "/etc/monitrc",
  inetd: "/etc/inetd.conf",
  xinetd: "/etc/xinetd.conf",
  haproxy: "/etc/haproxy/haproxy.cfg",
  keepalived: "/etc/keepalived/keepalived.conf",
} as const;

const WORDS = [
  "#!/bin/sh\n", "#!/sbin/openrc-run\n", "#!/bin/execlineb -P\n", "exec", "su -c", "chpst -u", "start-stop-daemon", "--", "-c", "{", "}", "(", ")",
  "[program:x]", "[include]", "files=", "command=", "autorestart=", "=", "* * * * *", "@daily", "1 5 x", "cd /x || {\n}\n", "run-parts /etc/cron.d",
  "check process x", "start", "if 5 restarts within 5 cycles then unmonitor", "service x\n{\n", "server =", "include /etc/xinetd.conf", "includedir /etc", "supervisor=supervise-daemon",
  "defaults", "backend b", "option external-check", "external-check command /bin/d", "default-server", "server s 10.0.0.1 check inter 2s", "server-template s 1-3 x",
  "vrrp_script x {\n", "script", "interval 2", "real_server 10.0.0.1 80 {\n", "MISC_CHECK {\n", "misc_path /bin/d", "delay_loop 1", "}\n", "include /etc/keepalived/*.conf",
  "ftp stream tcp nowait root", "/bin/d", "${A:-$B}", "$(x)", "`", "'", '"', "\\", "\n", "\r\n", "\0", "#", ";", "%", " ", "\t", "é", "\ufeff", "PATH=", "A=$A$A",
]; // prettier-ignore
const content = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.array(fc.constantFrom(...WORDS), { maxLength: 60 }).map((words) => Buffer.from(words.join(" "))),
  fc.array(fc.constantFrom(...WORDS), { maxLength: 60 }).map((words) => Buffer.from(words.join("\n"))),
);

const below = supervisors.filter(({ id }) => id in FILES);

describe("hostile files of supervisors below PID 1", () => {
  it("are those of every reader that has no test of its own for them", () => {
    expect(below.map(({ id }) => id)).toEqual(Object.keys(FILES));
    const elsewhere = [
      "systemd",
      "upstart",
      "sysvinit",
      "docker",
      "dinit",
      "pm2",
      "kubelet",
      "systemd-user",
      "containerd",
      "podman",
    ];
    expect(supervisors.map(({ id }) => id).filter((id) => !(id in FILES))).toEqual(elsewhere);
  });

  it("are read without an exception, the same each time, and every job that comes out is whole", () => {
    fc.assert(
      fc.property(content, (bytes) => {
        const entries: Record<string, Entry> = { "/bin/d": "", "/etc/runlevels/default": null };
        for (const file of Object.values(FILES)) entries[file] = bytes;
        withTree(entries, ({ root, dir }) => {
          for (const file of Object.values(FILES)) fs.chmodSync(path.join(dir, file), 0o755);
          for (const supervisor of below) {
            expect(supervisor.present(root), supervisor.id).toBe(true);
            const reading = atOnce(supervisor.jobs(root));
            expect(atOnce(supervisor.jobs(root))).toEqual(reading);
            for (const job of reading.jobs) {
              expect(job.supervisor).toBe(supervisor.id);
              expect(job.line).toBeGreaterThan(0);
              expect(job.file).toMatch(/^\/(?:etc|run|var)\//);
              expect(job.limit === null).toBe(job.atLimit === null);
              expect(job.program).not.toBe("");
              expect(typeof resolveCommand(root, job).why).toMatch(/string|object/);
              expect(() => limitAllowsRate(job, 1, 1)).not.toThrow();
            }
          }
          const spawner = { pid: 7, comm: "x", exe: "/usr/bin/runsv", argv: [] };
          expect(findJobs(root, { programs: ["/bin/d"], spawner }).looked).toEqual(below.map(({ id }) => id));
        });
      }),
      { numRuns: 40 },
    );
  });

  it.each(below.map(({ id }) => id))("never wait for a FIFO, and say so: %s", (id) => {
    const file = FILES[id as keyof typeof FILES];
    withTree({ [path.dirname(file)]: null, "/etc/runlevels/default": null }, ({ root, dir }) => {
      execFileSync("mkfifo", ["-m", "755", `${dir}${file}`]);
      const reading = atOnce(supervisors.find((one) => one.id === id)!.jobs(root));
      expect(reading.jobs).toEqual([]);
      // A service script is looked for among files only, as the shell's own glob would hand it on.
      if (id !== "openrc") expect(reading.problems.map((problem) => problem.file)).toEqual([file]);
    });
  });

  it.each(below.map(({ id }) => id))(
    "that may not be read are a problem, not the answer that nothing is there: %s",
    (id) => {
      const file = FILES[id as keyof typeof FILES];
      withTree({ [file]: "x", "/etc/runlevels/default": null }, ({ root, dir }) => {
        fs.chmodSync(`${dir}${file}`, 0o000);
        const reading = asNobody(() => atOnce(supervisors.find((one) => one.id === id)!.jobs(root)));
        expect(reading.jobs).toEqual([]);
        expect(reading.problems.map(({ file: at, why }) => `${at} ${why}`)).toContain(`${file} cannot be read: EACCES`);
      });
    },
  );

  it("of a megabyte are read in bounded time and memory", () => {
    for (const text of ["exec ", "{ ", "a=b;", "$A", "start = ", "* ", '"', "a\\\n", "x y z\n"]) {
      const bytes = Buffer.from(`#!/bin/sh\n${text.repeat(Math.floor(1_000_000 / text.length))}\n`);
      const entries: Record<string, Entry> = { "/etc/runlevels/default": null };
      for (const file of Object.values(FILES)) entries[file] = bytes;
      withTree(entries, ({ root, dir }) => {
        for (const file of Object.values(FILES)) fs.chmodSync(path.join(dir, file), 0o755);
        for (const supervisor of below) {
          const { jobs, problems } = atOnce(supervisor.jobs(root));
          expect(jobs.length + problems.length).toBeLessThan(200_000);
        }
      });
    }
  });
});

/** Root may read everything; nobody may not. */
function asNobody<T>(look: () => T): T {
  if (process.geteuid?.() !== 0) return look();
  process.seteuid?.(65_534);
  try {
    return look();
  } finally {
    process.seteuid?.(0);
  }
}
