import { describe, expect, it } from "vitest";
import { atOnce } from "../../../src/model/steps.ts";
import { findJobs } from "../../../src/supervisors/index.ts";
import { limitAllowsRate } from "../../../src/supervisors/limits.ts";
import { systemd } from "../../../src/supervisors/systemd/systemd.ts";
import type { Job } from "../../../src/supervisors/types.ts";
import { withTree, type Entry } from "./tree.ts";

const UNITS = "/etc/systemd/system";
const jobs = (entries: Record<string, Entry>): Job[] =>
  withTree(entries, ({ root }) => atOnce(systemd.jobs(root)).jobs);
const unit = (all: readonly Job[], name: string): Job | undefined => all.find((job) => job.unit === name);

describe("sockets of systemd", () => {
  it("with Accept=yes: a service of a template for each connection, 200 in two seconds, then the socket fails", () => {
    const entries = {
      [`${UNITS}/echo@.service`]: "[Service]\nExecStart=-/usr/bin/echod\nStandardInput=socket\n",
      [`${UNITS}/echo.socket`]:
        "[Unit]\nDescription=x\n[Socket]\nAccept=yes\nListenStream=7\nListenStream=127.0.0.1:8\n",
      "/usr/bin/echod": "",
    };
    const socket = unit(jobs(entries), "echo.socket") as Job;
    expect(socket).toMatchObject({
      activates: "echo@.service",
      file: `${UNITS}/echo.socket`,
      line: 5,
      directive: "ListenStream=7",
      restarts: "on-demand",
      limit: { starts: 200, seconds: 2 },
      atLimit: { action: "stop" },
      command: "-/usr/bin/echod",
    });
    expect(limitAllowsRate(socket, 50, 30).allowed).toBe(true);
    expect(limitAllowsRate(socket, 150, 30)).toMatchObject({
      allowed: false,
      why: { code: "limit.would-have-stopped" },
    });
    // The cgroup of one connection's service names both.
    withTree(entries, ({ root }) => {
      const { matches } = findJobs(root, { programs: ["/usr/bin/echod"], cgroup: "/system.slice/echo@4-1.service" });
      expect(matches.map(({ job, how }) => [job.unit, how])).toEqual(
        expect.arrayContaining([
          ["echo.socket", "cgroup"],
          ["echo@.service", "cgroup"],
        ]),
      );
      expect(matches[0]?.job.unit).toBe("echo.socket");
    });
  });

  it("without: the service's own start limit takes the socket along", () => {
    const entries = {
      [`${UNITS}/d.service`]: "[Service]\nExecStart=/usr/bin/d\n",
      [`${UNITS}/d.socket`]: "[Socket]\nListenStream=/run/d.sock\nTriggerLimitBurst=0\n",
      [`${UNITS}/e.socket`]:
        "[Socket]\nListenStream=\nListenFIFO=/run/e\nService=d.service\nTriggerLimitIntervalSec=1h\n",
    };
    const all = jobs(entries);
    expect(unit(all, "d.socket")?.limit).toEqual({ starts: 5, seconds: 10 });
    expect(unit(all, "e.socket")).toMatchObject({ activates: "d.service", limit: { starts: 20, seconds: 3600 } });
  });

  it("that listens to nothing, or whose service is not there, starts nothing", () => {
    const entries = {
      [`${UNITS}/d.service`]: "[Service]\nExecStart=/usr/bin/d\n",
      [`${UNITS}/d.socket`]: "[Socket]\nListenStream=1\nListenStream=\n",
      [`${UNITS}/gone.socket`]: "[Socket]\nListenStream=1\n",
    };
    expect(jobs(entries).map((job) => job.unit)).toEqual(["d.service"]);
  });
});

describe("paths of systemd", () => {
  it("start their service for what they wait for; a drop-in may say what", () => {
    const entries = {
      [`${UNITS}/spool.service`]: "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/usr/bin/spool\n",
      [`${UNITS}/spool.path`]: "[Path]\nUnit=spool.service\n",
      [`${UNITS}/spool.path.d/a.conf`]: "[Path]\nDirectoryNotEmpty=/var/spool/x\nTriggerLimitBurst=x\n",
    };
    expect(unit(jobs(entries), "spool.path")).toMatchObject({
      activates: "spool.service",
      file: `${UNITS}/spool.path.d/a.conf`,
      line: 2,
      definition: `${UNITS}/spool.path`,
      directive: "DirectoryNotEmpty=/var/spool/x",
      restarts: "on-demand",
      limit: { starts: 200, seconds: 2 },
    });
  });
});
