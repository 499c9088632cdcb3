import * as fs from "node:fs";
import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { atOnce } from "../../../src/model/steps.ts";
import { cron, CRON_PATH } from "../../../src/supervisors/cron/cron.ts";
import { parseSchedule, shortestGap } from "../../../src/supervisors/cron/schedule.ts";
import { readCrontab } from "../../../src/supervisors/cron/crontab.ts";
import { findJobs, limitAllowsRate } from "../../../src/supervisors/index.ts";
import { runPartsOf } from "../../../src/supervisors/cron/run-parts.ts";
import type { Job } from "../../../src/supervisors/types.ts";
import { withTree, type Entry } from "./tree.ts";

function read(entries: Record<string, Entry>): { jobs: Job[]; problems: string[] } {
  return withTree(entries, ({ root }) => {
    expect(cron.present(root)).toBe(true);
    const { jobs, problems } = atOnce(cron.jobs(root));
    return { jobs, problems: problems.map(({ file, line, why }) => `${file}:${line} ${why}`) };
  });
}

const accepts = (line: string): boolean => !readCrontab(`${line}\n`, "/t", false, []).broken;

describe("the syntax of a crontab", () => {
  // What `crontab -n` of Debian's cron 3.0pl1-162 says of each of these lines.
  it.each([
    "* * * * * true", "1-5/2 * * * * x", "* * * jan-mar MON-FRI x", "* * * * 7 x", "5-1 * * * * x", "* * * * sun-tue x",
    "@reboot x", "@hourly", "* * * * *", "* * * * * ", "A=b", "A = b c", '"A"=b', "*/5,10 * * * * x", "*,5 * * * * x",
    "*/61 * * * * x", "  * * * * * x", "@midnight x", "* * * * * %x", "@annually x", "*/5-10 * * * * x", "1~5 * * * * x",
    "0-0 * * * * x", "*-5 * * * * x", "* * * * 1.5 x", "* * * * 0-7 x", "* * 31 2 * x", "* * * * mon,7 x", "*x * * * * x",
  ])("takes %j", (line) => expect(accepts(line)).toBe(true)); // prettier-ignore
  it.each([
    "5/10 * * * * x", "5abc * * * * x", "*/0 * * * * x", "60 * * * * x", "* 24 * * * x", "* * 0 * * x", "* * * 13 * x",
    "* * * * 8 x", "@every_minute x", "A=", "1,,2 * * * * x", ",1 * * * * x", "1, * * * * x", "* * * foo * x",
    "* * * january * x", "@Reboot x", "-1 * * * * x", "99999999999 * * * * x", "1-5/ * * * * x", "1-5/x * * * * x",
    "* * * * sunx x", "0x5 * * * * x", "+5 * * * * x", "hello", "* * * *",
  ])("refuses %j", (line) => expect(accepts(line)).toBe(false)); // prettier-ignore

  it("cuts the command at a percent sign, and keeps what stands above a line in its environment", () => {
    const { entries } = readCrontab(
      "PATH=/a:/b\n  # note\n*/5\t*  * * *  d \\%x % input\n' Q ' = \" v \"\nPATH = /c \n@daily e\n",
      "/t",
      false,
      [],
    );
    expect(
      entries.map(({ line, when, command, environment }) => [line, when, command, environment.get("PATH")]),
    ).toEqual([
      [3, "*/5 * * * *", "d %x ", "/a:/b"],
      [6, "@daily", "e", "/c"],
    ]);
    expect(entries[1]?.environment.get(" Q ")).toBe(" v ");
  });

  it("ends for any bytes", () => {
    const piece = fc.constantFrom("*", "/", "-", ",", "5", "@reboot", "jan", " ", "\t", "\n", "%", "\\", "=", "\0", "\r", '"', "A", "#"); // prettier-ignore
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 200 }), fc.boolean(), (pieces, system) => {
        const { entries } = readCrontab(pieces.join(""), "/t", system, []);
        for (const { schedule, command } of entries) {
          expect(command).not.toContain("\0");
          const gap = schedule === null ? null : shortestGap(schedule);
          expect(gap === null || gap >= 60).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
    // No way through the expressions takes long.
    readCrontab(`${" ".repeat(200_000)}a${" ".repeat(200_000)}\n${'"'.repeat(200_000)}\n`, "/t", true, []);
  });
});

describe("the shortest time between two starts", () => {
  const gap = (fields: string): number | null => {
    const schedule = parseSchedule(fields.split(" "));
    return "wrong" in schedule ? Number.NaN : shortestGap(schedule);
  };
  const DAY = 86_400;
  it.each<[string, number | null]>([
    ["* * * * *", 60],
    ["*/5 * * * *", 300],
    ["*/7 * * * *", 240],
    ["0,59 * * * *", 60],
    ["17 * * * *", 3600],
    ["30 7-23 * * *", 3600],
    ["59,0 3,4 * * *", 60],
    ["0,30 3 * * *", 1800],
    ["25 6 * * *", DAY],
    ["50 23,0 * * *", 3600],
    ["47 6 * * 7", 7 * DAY],
    ["0 0 1,15 * *", 14 * DAY],
    ["0 0 1 * 1", DAY],
    ["0 0 */2 * mon", 7 * DAY],
    ["52 6 1 * *", 28 * DAY],
    ["0 0 1 1 *", 365 * DAY],
    ["0 0 29 2 *", 1461 * DAY],
    ["0 0 30 2 *", null],
    ["5-1 * * * *", null],
  ])("of %s is %s s", (fields, seconds) => expect(gap(fields)).toBe(seconds));

  it("agrees with looking at every minute of a year", () => {
    const minutes = fc.constantFrom("*", "*/7", "5", "0,59", "3-50/11");
    const hours = fc.constantFrom("*", "*/5", "0", "23,0", "8-17");
    const days = fc.constantFrom("*", "1", "*/2", "31,1");
    const week = fc.constantFrom("*", "mon", "*/3", "6,0");
    fc.assert(
      fc.property(minutes, hours, days, week, (m, h, d, w) => {
        const schedule = parseSchedule([m, h, d, "*", w]);
        if ("wrong" in schedule) throw new Error("refused");
        let last: number | null = null;
        let shortest = Infinity;
        for (let at = Date.UTC(2024, 0, 1); at < Date.UTC(2025, 0, 1); at += 60_000) {
          const date = new Date(at);
          const onDate = schedule.daysOfMonth.includes(date.getUTCDate());
          const onDay = schedule.daysOfWeek.includes(date.getUTCDay());
          if (schedule.bothDays ? !(onDate && onDay) : !(onDate || onDay)) {
            at += 86_400_000 - 60_000;
            continue;
          }
          if (!schedule.hours.includes(date.getUTCHours()) || !schedule.minutes.includes(date.getUTCMinutes()))
            continue;
          if (last !== null) shortest = Math.min(shortest, (at - last) / 1000);
          last = at;
        }
        // Another year may bring two of them closer.
        expect(shortestGap(schedule)).toBeLessThanOrEqual(shortest);
        if (shortest < 86_400) expect(shortestGap(schedule)).toBe(shortest);
      }),
      { numRuns: 25 },
    );
  });
});

const SYSTEM = `SHELL=/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/sbin:/bin

17 *	* * *	root	cd / && run-parts --report /etc/cron.hourly
25 6	* * *	root	test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }
* * * * * www nice -n 5 /opt/agent --once >/dev/null 2>&1
`;

describe("cron's tables", () => {
  it("gives file, line and schedule of each command", () => {
    const { jobs, problems } = read({ "/etc/crontab": SYSTEM });
    expect(problems).toEqual([]);
    expect(jobs).toHaveLength(3);
    expect(jobs[2]).toEqual({
      supervisor: "cron",
      unit: "crontab:6",
      file: "/etc/crontab",
      line: 6,
      directive: "* * * * *",
      restarts: "on-schedule",
      everySeconds: 60,
      limit: null,
      atLimit: null,
      delaySeconds: 0,
      command: "nice -n 5 /opt/agent --once >/dev/null 2>&1",
      program: "/opt/agent",
      searchPath: ["/usr/local/sbin", "/usr/local/bin", "/sbin", "/bin"],
      expects: null,
      shell: true,
      settings: { User: "www" },
    });
    expect(limitAllowsRate(jobs[2]!, 900, 5)).toMatchObject({ allowed: false, why: { code: "limit.schedule" } });
  });

  it("reads what run-parts would run, as run-parts picks it", () => {
    const { jobs } = read({
      "/etc/crontab": SYSTEM,
      "/etc/cron.hourly/0job": { mode: 0o755, content: "#!/bin/sh\nset -e\nexec /opt/d\n" },
      "/etc/cron.hourly/loop": { mode: 0o755, content: "#!/bin/sh\nwhile :; do /opt/e; done\n" },
      "/etc/cron.hourly/job.sh": { mode: 0o755, content: "#!/bin/sh\nexec /opt/dotted\n" },
      "/etc/cron.hourly/off": { mode: 0o644, content: "#!/bin/sh\nexec /opt/off\n" },
      "/etc/cron.daily/day": { mode: 0o755, content: "#!/bin/sh\nexec /opt/day\n" },
      "/usr/sbin/anacron": "",
    });
    const parts = jobs.filter(({ directive }) => directive === "run-parts");
    expect(parts.map(({ unit, file, line, program, everySeconds, definition }) => ({ unit, file, line, program, everySeconds, definition }))).toEqual([
      { unit: "0job", file: "/etc/cron.hourly/0job", line: 3, program: "/opt/d", everySeconds: 3600, definition: "/etc/crontab" },
      { unit: "loop", file: "/etc/cron.hourly/loop", line: 1, program: "/etc/cron.hourly/loop", everySeconds: 3600, definition: "/etc/crontab" },
    ]); // prettier-ignore
    expect(parts[1]?.command).toContain("/opt/e");
  });

  it("reads users' tables wherever they lie, each once", () => {
    const { jobs, problems } = read({
      "/etc/passwd": "root:x:0:0::/root:/bin/sh\nwww:x:33:33::/:/bin/sh\n",
      "/var/spool/cron/crontabs/root": { mode: 0o600, content: "@reboot /opt/a\n" },
      "/var/spool/cron/crontabs/ghost": { mode: 0o600, content: "@daily /opt/b\n" },
      "/var/spool/cron/www": { mode: 0o600, content: "@weekly c\n" },
      "/etc/crontabs": { link: "/var/spool/cron/crontabs" },
    });
    expect(jobs.map(({ file, restarts, inactive, searchPath }) => [file, restarts, inactive, searchPath])).toEqual([
      ["/var/spool/cron/crontabs/ghost", "on-schedule", "rejected", CRON_PATH],
      ["/var/spool/cron/crontabs/root", "never", undefined, CRON_PATH],
      ["/var/spool/cron/www", "on-schedule", undefined, CRON_PATH],
    ]);
    expect(problems).toEqual([
      "/var/spool/cron/crontabs/ghost:null no such user in /etc/passwd: cron ignores the file",
    ]);
  });

  it("drops the whole table for one wrong line, as Debian's cron does; cronie leaves out the line", () => {
    const table = { "/etc/cron.d/x": "* * * * * root /opt/a\n* * * * nonsense root /opt/b\n* * * * * root /opt/c\n" };
    const debian = read(table);
    expect(debian.jobs.map(({ program, inactive }) => [program, inactive])).toEqual([
      ["/opt/a", "rejected"],
      ["/opt/c", "rejected"],
    ]);
    expect(debian.problems).toEqual(["/etc/cron.d/x:2 bad day-of-week: cron ignores the file"]);
    expect(read({ ...table, "/usr/sbin/crond": "" }).jobs.map(({ inactive }) => inactive)).toEqual([
      undefined,
      undefined,
    ]);
  });

  it.each<[string, (path: string) => void, string]>([
    ["a mode that lets others write", (path) => fs.chmodSync(path, 0o666), "others than its owner may write to it"],
    ["another owner", (path) => fs.chownSync(path, 33, 33), "not owned by root"],
    ["a second link", (path) => fs.linkSync(path, `${path}.2`), "more than one link to it"],
  ])("ignores a system table of %s, and says so", (_what, change, why) => {
    withTree({ "/etc/cron.d/x": "* * * * * root /opt/a\n" }, ({ root, dir }) => {
      change(`${dir}/etc/cron.d/x`);
      const { jobs, problems } = atOnce(cron.jobs(root));
      expect(jobs).toMatchObject([{ inactive: "rejected" }]);
      expect(problems).toEqual([{ file: "/etc/cron.d/x", line: null, why: `${why}: cron ignores the file` }]);
    });
  });

  it("reads hostile tables: no newline, NULs, a FIFO, a loop, names that cron passes over", () => {
    withTree(
      {
        "/etc/cron.d/nonewline": "* * * * * root /opt/a",
        "/etc/cron.d/nul": "* * * * * root /opt/b\0 c\n",
        "/etc/cron.d/crlf": "* * * * * root /opt/c\r\n",
        "/etc/cron.d/dotted.name": "* * * * * root /opt/d\n",
        "/etc/cron.d/loop": { link: "loop" },
        "/etc/cron.d/folder/x": "",
      },
      ({ root, dir }) => {
        execFileSync("mkfifo", [`${dir}/etc/cron.d/pipe`]);
        const { jobs, problems } = atOnce(cron.jobs(root));
        expect(jobs.map(({ program, inactive }) => [program, inactive])).toEqual([
          ["/opt/c", undefined],
          ["/opt/a", "rejected"],
          ["/opt/b", undefined],
        ]);
        expect(problems.map(({ file, line, why }) => `${file}:${line} ${why}`)).toEqual([
          "/etc/cron.d/crlf:1 carriage return at the end becomes part of the command",
          "/etc/cron.d/folder:null not a regular file, or a link to nowhere",
          "/etc/cron.d/loop:null not a regular file, or a link to nowhere",
          "/etc/cron.d/nonewline:1 no newline at the end: cron ignores the file",
          "/etc/cron.d/nul:1 NUL byte: the rest of the line is not read",
          "/etc/cron.d/pipe:null not a regular file, or a link to nowhere",
        ]);
      },
    );
  });

  it("knows the shell that cron starts a command with, and only for that command", () => {
    withTree(
      { "/etc/crontab": "* * * * * root cd /opt && ./d\n* * * * * root cd /opt; /opt/d -x\n", "/opt/d": "" },
      ({ root }) => {
        const ask = (argv: string[], exe: string) =>
          findJobs(root, { programs: ["/opt/d"], spawner: { pid: 9, comm: "sh", exe, argv } }).matches.map(
            ({ job, spawnerFits }) => [job.line, spawnerFits],
          );
        expect(ask(["/bin/sh", "-c", "cd /opt; /opt/d -x"], "/bin/sh")).toEqual([[2, true]]);
        expect(ask(["/bin/sh", "-c", "/opt/d"], "/bin/sh")).toEqual([[2, null]]);
        expect(ask(["/usr/sbin/CRON", "-f"], "/usr/sbin/cron")).toEqual([[2, true]]);
      },
    );
  });

  it("finds the folders that run-parts is given", () => {
    expect(runPartsOf("cd / && run-parts --report --regex=x /etc/a; (run-parts /etc/b)")).toEqual(["/etc/a", "/etc/b"]);
    expect(runPartsOf("run-parts -v etc; run-partsx /etc")).toEqual([]);
  });
});
