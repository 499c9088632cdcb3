import * as fs from "node:fs";
import { expect, test } from "vitest";
import { atOnce } from "../../../src/model/steps.ts";
import { findJobs, readConfiguration } from "../../../src/supervisors/index.ts";
import { s6 } from "../../../src/supervisors/s6.ts";
import { systemd } from "../../../src/supervisors/systemd/systemd.ts";
import { withTree, type Entry } from "./tree.ts";

// Ten thousand files cost a busy disk more than reading them: in memory where there is such a folder.
if (fs.existsSync("/dev/shm")) process.env["TMPDIR"] = "/dev/shm";

test("ten thousand units are all read, and the one that matters is found among them", () => {
  const units = Object.fromEntries(
    Array.from({ length: 10_000 }, (_, i) => [
      `/usr/lib/systemd/system/u${i}.service`,
      `[Unit]\nAfter=u${(i + 1) % 10_000}.service\n[Service]\nExecStart=/usr/bin/p${i}\nRestart=always\n`,
    ]),
  );
  withTree({ ...units, "/usr/bin/p7654": "" }, ({ root }) => {
    const read = atOnce(readConfiguration(root, [systemd]));
    expect(read.jobs).toHaveLength(10_000);
    expect(read.problems).toEqual([]);
    const { matches } = findJobs(root, { programs: ["/usr/bin/p7654"] }, read);
    expect(matches.map(({ job: { unit, line } }) => [unit, line])).toEqual([["u7654.service", 5]]);
  });
});

test("links in a circle, units that name each other and files that include themselves come to an end, and are told", () => {
  const unit = "[Unit]\nWants=b.service\nPartOf=a.service\n[Service]\nExecStart=/usr/bin/a\nRestart=always\n";
  const entries: Record<string, Entry> = {
    "/etc/systemd/system/loop.service": { link: "/etc/systemd/system/pool.service" },
    "/etc/systemd/system/pool.service": { link: "loop.service" },
    "/etc/systemd/system/self.service": { link: "self.service" },
    "/etc/systemd/system/a.service": unit,
    "/etc/systemd/system/a.service.d": { link: "a.service.d" },
    "/etc/systemd/system/b.service.wants/a.service": { link: "../b.service.wants/a.service" },
    "/etc/systemd/system/x.timer": "[Timer]\nOnCalendar=daily\nUnit=x.timer\n",
    "/etc/systemd/system/y.path": "[Path]\nPathExists=/\nUnit=y.path\n",
    "/etc/monitrc":
      "include /etc/monitrc\ninclude /etc/*\ncheck process d with pidfile /run/d start program = /usr/bin/d\n",
    "/etc/supervisord.conf": "[include]\nfiles = /etc/supervisord.conf\n[program:d]\ncommand=/usr/bin/d\n",
    "/etc/xinetd.conf": "includedir /etc/xinetd.d\n",
    "/etc/xinetd.d": { link: "/etc/xinetd.d" },
    "/etc/cron.d/jobs": { link: "jobs" },
    "/service/one": { link: "/service" },
    "/service/.s6-svscan": null,
    "/etc/inittab.d": { link: "../etc/inittab.d" },
  };
  withTree(entries, ({ root }) => {
    const read = atOnce(readConfiguration(root));
    const names = read.jobs.map(({ job: { supervisor, unit: name } }) => `${supervisor}:${name}`);
    expect(names.filter((name) => name === "systemd:a.service")).toHaveLength(1);
    expect(names).toEqual(expect.arrayContaining(["supervisord:d", "monit:d"]));
    expect(names.filter((name) => /loop|pool|self|x\.timer|y\.path/.test(name))).toEqual([]);
    expect(read.problems.length).toBeGreaterThan(0);
  });
});

test("a supervisor that dies during the look: its folders go away, and what is left is read", () => {
  const service = { mode: 0o755, content: "#!/bin/sh\nexec /usr/bin/d\n" };
  const entries = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`/run/service/s${i}/run`, service]));
  withTree(entries, ({ root, dir }) => {
    const steps = s6.jobs(root);
    for (let step = 0; step < 10; step++) expect(steps.next().done).toBe(false);
    fs.rmSync(`${dir}/run/service`, { recursive: true });
    let end = steps.next();
    while (end.done !== true) end = steps.next();
    const { jobs, problems } = end.value;
    expect(jobs.length).toBeGreaterThan(0);
    expect(jobs.length).toBeLessThan(50);
    expect(problems.length + jobs.length).toBeGreaterThanOrEqual(50);
  });
});
