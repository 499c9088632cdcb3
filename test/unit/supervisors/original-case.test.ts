import { describe, expect, it } from "vitest";
import {
  findJobs,
  jobOwnerMismatch,
  limitAllowsRate,
  resolveCommand,
  toRestart,
} from "../../../src/supervisors/index.ts";
import { SYSTEMD_PATH } from "../../../src/supervisors/systemd/systemd.ts";
import { SYSVINIT_PATH } from "../../../src/supervisors/sysvinit.ts";
import { upstart } from "../../../src/supervisors/upstart/upstart.ts";
import { withTree } from "./tree.ts";
import { atOnce } from "../../../src/model/steps.ts";

// A job with the stanzas of Ubuntu's atd.conf: the command is a bare name.
const ATD_CONF = `# runs jobs at the time somebody asked for

description "runs jobs later"

start on runlevel [2345]
stop on runlevel [!2345]

expect fork
respawn

exec atd
`;

const SERVER = {
  "/etc/init/atd.conf": ATD_CONF,
  "/usr/bin/atd": { mode: 0o711, content: "impostor" },
  "/usr/sbin/atd": "genuine",
  "/sbin/init": "\0/com/ubuntu/Upstart\0com.ubuntu.Upstart\0",
};
const owners = (path: string) =>
  path === "/usr/sbin/atd" || path === "/etc/init/atd.conf"
    ? { manager: "dpkg", package: "at", version: "3.1.14-1ubuntu1" }
    : null;

describe("the server whose atd was not atd", () => {
  it("finds file, line and directive, the program that really starts, and the one it keeps from starting", () => {
    withTree(SERVER, ({ root }) => {
      const search = findJobs(root, {
        programs: ["/usr/bin/atd"],
        spawner: { pid: 1, comm: "init", exe: "/sbin/init" },
        environment: { UPSTART_JOB: "atd" },
      });
      expect(search.looked).toEqual(["upstart"]);
      expect(search.problems).toEqual([]);
      const [match, ...others] = search.matches;
      expect(others).toEqual([]);
      expect(match).toMatchObject({
        how: "search-path",
        also: ["search-path", "environment"],
        program: "/usr/bin/atd",
        spawnerFits: true,
      });
      const rate = limitAllowsRate(match!.job, 12_000, 5);
      expect(rate).toMatchObject({
        allowed: false,
        maxSustainedPerSecond: 2,
        why: { code: "limit.would-have-stopped" },
      });
      expect(toRestart("storm-1", match!.job, match!.resolution, rate)).toEqual({
        storm: "storm-1",
        supervisor: "upstart",
        unit: "atd",
        file: "/etc/init/atd.conf",
        line: 9,
        directive: "respawn",
        limit: { starts: 10, seconds: 5 },
        limitAllowsRate: false,
        command: "atd",
        searchPath: ["/usr/local/sbin", "/usr/local/bin", "/usr/bin", "/usr/sbin", "/sbin", "/bin"],
        resolvesTo: "/usr/bin/atd",
        shadows: ["/usr/sbin/atd"],
      });
      expect(jobOwnerMismatch(match!.job, match!.resolution, owners)).toEqual({
        jobOwner: owners("/usr/sbin/atd"),
        programOwner: null,
        expected: "/usr/sbin/atd",
      });
    });
  });

  it("starts the real one with the same job after the other is taken away, and the owners agree", () => {
    const { "/usr/bin/atd": _gone, ...rest } = SERVER;
    withTree(rest, ({ root }) => {
      const [job] = atOnce(upstart.jobs(root)).jobs;
      const resolution = resolveCommand(root, job!);
      expect(resolution).toMatchObject({ resolvesTo: "/usr/sbin/atd", shadows: [], why: null });
      expect(jobOwnerMismatch(job!, resolution, owners)).not.toHaveProperty("expected");
      // The job is still found when asked about the file that was renamed away.
      expect(findJobs(root, { programs: ["/usr/bin/atd"] }).matches[0]).toMatchObject({
        how: "shadowed",
        job: { unit: "atd" },
      });
    });
  });

  it("would have started the real one under the search order of sysvinit and of systemd", () => {
    withTree(SERVER, ({ root }) => {
      for (const searchPath of [SYSVINIT_PATH, SYSTEMD_PATH])
        expect(resolveCommand(root, { program: "atd", searchPath: [...searchPath] })).toMatchObject({
          resolvesTo: "/usr/sbin/atd",
          shadows: ["/usr/bin/atd"],
        });
    });
  });

  it("tells for an absolute command that nothing is shadowed, and what the bare name would have been", () => {
    withTree({ ...SERVER, "/etc/init/atd.conf": ATD_CONF.replace("exec atd", "exec /usr/sbin/atd") }, ({ root }) => {
      const [job] = atOnce(upstart.jobs(root)).jobs;
      expect(resolveCommand(root, job!)).toMatchObject({
        resolvesTo: "/usr/sbin/atd",
        shadows: [],
        wouldResolveTo: "/usr/bin/atd",
      });
      expect(findJobs(root, { programs: ["/usr/bin/atd"] }).matches).toEqual([]);
      expect(findJobs(root, { programs: ["/usr/sbin/atd"] }).matches[0]).toMatchObject({ how: "command" });
    });
  });
});
