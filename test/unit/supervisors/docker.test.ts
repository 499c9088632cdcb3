import { describe, expect, it } from "vitest";
import { atOnce } from "../../../src/model/steps.ts";
import { docker } from "../../../src/supervisors/containers/docker.ts";
import { findJobs, limitAllowsRate } from "../../../src/supervisors/index.ts";
import type { Job } from "../../../src/supervisors/types.ts";
import { withTree, type Entry } from "./tree.ts";

const ID = "3f4e".repeat(16);
const OTHER = "0a".repeat(32);

/** The two files that dockerd keeps of a container, as docker 24 writes them (shortened). */
function container(id: string, policy: object, config: object = {}, folder = "/var/lib/docker"): Record<string, Entry> {
  const state = { Running: true, Paused: false, Restarting: false, Pid: 4711, ExitCode: 0 };
  return {
    [`${folder}/containers/${id}/hostconfig.json`]: JSON.stringify({
      Binds: null,
      NetworkMode: "default",
      RestartPolicy: policy,
      AutoRemove: false,
    }),
    [`${folder}/containers/${id}/config.v2.json`]: JSON.stringify({
      State: state,
      ID: id,
      Name: "/web",
      Path: "nginx",
      Args: ["-g", "daemon off;"],
      Config: { Env: ["PATH=/opt/nginx/bin:/usr/bin", "A=b"], Image: "nginx" },
      HasBeenManuallyStopped: false,
      ...config,
    }),
  };
}

function read(entries: Record<string, Entry>): { jobs: Job[]; problems: string[] } {
  return withTree(entries, ({ root }) => {
    expect(docker.present(root)).toBe(true);
    const { jobs, problems } = atOnce(docker.jobs(root));
    return { jobs, problems: problems.map(({ why }) => why) };
  });
}

describe("containers and their restart policies", () => {
  it("always: by name, the file and line of the policy, what it starts in which search path", () => {
    const { jobs, problems } = read(container(ID, { Name: "always", MaximumRetryCount: 0 }));
    expect(problems).toEqual([]);
    expect(jobs).toMatchObject([
      {
        supervisor: "docker",
        unit: "web",
        file: `/var/lib/docker/containers/${ID}/hostconfig.json`,
        line: 1,
        directive: "RestartPolicy=always",
        restarts: "always",
        limit: null,
        delaySeconds: 0.1,
        command: "nginx -g daemon off;",
        program: "nginx",
        searchPath: ["/opt/nginx/bin", "/usr/bin"],
        container: ID,
      },
    ]);
    // 100 ms lie between an end and the next start at the least.
    expect(limitAllowsRate(jobs[0]!, 50, 10, 0.01)).toMatchObject({ allowed: false });
  });

  it("on-failure:3 gives up after four starts; a run of ten seconds does not count", () => {
    const [job] = read(container(ID, { Name: "on-failure", MaximumRetryCount: 3 })).jobs;
    expect(job).toMatchObject({
      restarts: "on-failure",
      limit: { starts: 4, seconds: 0.7 },
      atLimit: { action: "stop" },
      minimumLifeSeconds: 10,
    });
  });

  it.each([
    [{ Name: "no", MaximumRetryCount: 0 }, "never", "RestartPolicy=no"],
    [{ Name: "", MaximumRetryCount: 0 }, "never", "RestartPolicy=no"],
    [{ Name: "on-failure", MaximumRetryCount: 0 }, "on-failure", "RestartPolicy=on-failure"],
    [{ Name: "unless-stopped", MaximumRetryCount: 0 }, "always", "RestartPolicy=unless-stopped"],
  ])("%j", (policy, restarts, directive) => {
    expect(read(container(ID, policy)).jobs[0]).toMatchObject({ restarts, directive, limit: null, atLimit: null });
  });

  it("a container that was stopped by hand is not started by itself", () => {
    const { jobs } = read(
      container(ID, { Name: "unless-stopped" }, { HasBeenManuallyStopped: true, State: { Running: false } }),
    );
    expect(jobs[0]?.inactive).toBe("manual");
  });

  it("a process belongs to the container whose id its cgroup bears, by every driver, and to no other", () => {
    withTree(
      { ...container(ID, { Name: "always" }), ...container(OTHER, { Name: "no" }, { Name: "/other" }) },
      ({ root }) => {
        const unitsOf = (cgroup: string): string[] =>
          findJobs(root, { programs: [], cgroup }).matches.map(({ job, how }) => `${job.unit} ${how}`);
        expect(unitsOf(`/system.slice/docker-${ID}.scope`)).toEqual(["web cgroup"]);
        expect(unitsOf(`/docker/${ID}`)).toEqual(["web cgroup"]);
        expect(unitsOf(`/docker/${OTHER}`)).toEqual(["other cgroup"]);
        expect(unitsOf(`/docker/${"b".repeat(64)}`)).toEqual([]);
        expect(unitsOf("/system.slice/docker.service")).toEqual([]);
      },
    );
  });

  it("another data root; what is no container, no JSON or no file is told or passed over", () => {
    const { jobs, problems } = read({
      "/etc/docker/daemon.json": '{"data-root": "/srv/docker/"}',
      ...container(ID, { Name: "always" }, {}, "/srv/docker"),
      [`/srv/docker/containers/${OTHER}/hostconfig.json`]: "{",
      "/srv/docker/containers/not-an-id/hostconfig.json": "{",
      [`/srv/docker/containers/${"c".repeat(64)}/hostconfig.json`]: '{"RestartPolicy":{"Name":"sometimes"}}',
      [`/srv/docker/containers/${"d".repeat(64)}/hostconfig.json`]: '[{"__proto__": 1}]',
    });
    expect(jobs.map(({ unit }) => unit)).toEqual(["web", "cccccccccccc", "dddddddddddd"]);
    expect(problems).toEqual(["no JSON", "a restart policy of no known name"]);
  });
});
