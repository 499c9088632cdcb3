import { describe, expect, it } from "vitest";
import { atOnce } from "../../../src/model/steps.ts";
import { findJobs, readConfiguration, type JobQuestion } from "../../../src/supervisors/index.ts";
import { withTree, type Entry } from "./tree.ts";

const files: Record<string, Entry> = {
  "/etc/supervisord.conf":
    "[program:web]\ncommand=/opt/web\n[program:one]\ncommand=/opt/one\n[group:all]\nprograms=one\n",
  "/etc/monitrc": 'set daemon 5\ncheck process db with pidfile /run/db.pid\n start program = "/opt/start-db"\n',
  "/etc/systemd/system/d.service": "[Service]\nType=forking\nExecStart=/opt/d\nPIDFile=d.pid\nRestart=always\n",
  "/run/db.pid": "812\n",
  "/run/d.pid": "900",
};

function told(question: Partial<JobQuestion>, more: Record<string, Entry> = {}): string[] {
  return withTree({ ...files, ...more }, ({ root }) =>
    findJobs(root, { programs: [], ...question }, atOnce(readConfiguration(root))).matches.map(
      ({ job, how }) => `${job.supervisor} ${job.unit}: ${how}`,
    ),
  );
}

const ofSupervisord = (group: string, name: string) => ({
  SUPERVISOR_GROUP_NAME: group,
  SUPERVISOR_PROCESS_NAME: name,
});

describe("what a process says of its job", () => {
  it("by its environment counts for a job that exists, of that supervisor", () => {
    expect(told({ environment: ofSupervisord("web", "web") })).toEqual(["supervisord web: environment"]);
    expect(told({ environment: ofSupervisord("all", "one") })).toEqual(["supervisord all:one: environment"]);
    expect(told({ environment: ofSupervisord("other", "web") })).toEqual([]);
    expect(told({ environment: { MONIT_SERVICE: "db" } })).toEqual(["monit db: environment"]);
    for (const environment of [{ MONIT_SERVICE: "web" }, ofSupervisord("", ""), { UPSTART_JOB: "web" }, null])
      expect(told({ environment })).toEqual([]);
  });

  it("by the number of its unit's run, as systemd keeps it", () => {
    const [id, other] = ["0123456789abcdef".repeat(2), "f".repeat(32)];
    const unit = { "/etc/systemd/system/x.service": "[Service]\nExecStart=/opt/x\n" };
    const run = "/run/systemd/units/invocation:x.service";
    const claims = (claimed: string, link: Record<string, Entry>): string[] =>
      told({ environment: { INVOCATION_ID: claimed } }, { ...unit, ...link });
    expect(claims(id, { [run]: { link: id } })).toEqual(["systemd x.service: environment"]);
    expect(claims(other, { [run]: { link: id } })).toEqual([]);
    expect(claims("../x", { [run]: { link: "../x" } })).toEqual([]);
    expect(claims(id, { [run]: id })).toEqual([]);
    expect(claims(id, {})).toEqual([]);
  });

  it("by the name that pm2 gives it, with pm2's number", () => {
    const dump = { "/root/.pm2/dump.pm2": '[{"name":"api","pm_exec_path":"/opt/api.js"}]' };
    expect(told({ environment: { name: "api", pm_id: "0" } }, dump)).toEqual(["pm2 api: environment"]);
    for (const environment of [{ name: "api" }, { name: "api", pm_id: "x" }, { name: "other", pm_id: "0" }])
      expect(told({ environment }, dump)).toEqual([]);
  });

  it("by the file that keeps its number, whatever else stands there", () => {
    expect(told({ pid: 812 })).toEqual(["monit db: pidfile"]);
    expect(told({ pid: 900 })).toEqual(["systemd d.service: pidfile"]);
    expect(told({ pid: 81 })).toEqual([]);
    for (const content of [
      "812 813",
      "",
      "0x32c",
      "812".padStart(40),
      null,
      { link: "/dev/zero" },
      { link: "db.pid" },
    ] as Entry[])
      expect(told({ pid: 812 }, { "/run/db.pid": content })).toEqual([]);
  });
});
