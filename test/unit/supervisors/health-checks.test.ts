import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packOf } from "../../../src/diagnosis/packs/index.ts";
import { atOnce } from "../../../src/model/steps.ts";
import { findJobs, limitAllowsRate, readConfiguration, toRestart } from "../../../src/supervisors/index.ts";
import { haproxy } from "../../../src/supervisors/health-checks/haproxy.ts";
import { keepalived } from "../../../src/supervisors/health-checks/keepalived.ts";
import type { Job } from "../../../src/supervisors/types.ts";
import { withTree, type Entry } from "./tree.ts";

function checks(entries: Record<string, Entry>): Job[] {
  return withTree(entries, ({ root }) =>
    atOnce(readConfiguration(root))
      .jobs.map(({ job }) => job)
      .filter(({ isCheck }) => isCheck === true),
  );
}
const told = (job: Job) => [job.unit, job.everySeconds, job.copies, job.line, job.directive, job.program];

const HAPROXY = `global
  external-check
  user haproxy # not root
defaults slow
  default-server inter 1m
defaults
  option external-check
  external-check command /usr/sbin/check
  default-server inter 3s
backend a
  default-server inter 200ms fastinter 1s
  server s1 127.0.0.1:1 check
  server s2 127.0.0.1:2 check inter 2000
  server s3 127.0.0.1:3
  server s4 127.0.0.1:4 check disabled
  server-template t 1-5 127.0.0.1:5 check
listen "b c"
  option external-check
  external-check command "/opt/a check"
  server s1 127.0.0.1:1 check
backend d from slow
  option external-check
  external-check command /usr/sbin/check
  server s1 127.0.0.1:1 check fall 2
backend off
  no option external-check
  server s1 127.0.0.1:1 check inter 1ms
frontend f
  bind :80
defaults
listen z
  option external-check
  external-check command /opt/z
  server s1 127.0.0.1:1 check
`;

describe("haproxy's external checks", () => {
  const files = { "/etc/haproxy/haproxy.cfg": HAPROXY, "/usr/sbin/check": "x" };

  it("are one job for all servers of a backend at one pace, with the line of that pace", () => {
    expect(checks(files).map(told)).toEqual([
      ["backend a", 0.2, 6, 11, "inter 200ms", "/usr/sbin/check"],
      ["backend a", 1, 1, 11, "fastinter 1s", "/usr/sbin/check"],
      ["listen b c", 3, 1, 9, "inter 3s", "/opt/a check"],
      ["backend d", 60, 1, 5, "inter 1m", "/usr/sbin/check"],
      ["listen z", 2, 1, 32, "option external-check", "/opt/z"],
    ]);
  });

  it("are found by their program, told by haproxy as its spawner, and may run as often as there are servers", () => {
    withTree(files, ({ root }) => {
      const spawner = { pid: 7, comm: "haproxy", exe: "/usr/sbin/haproxy" };
      const { matches } = findJobs(root, { programs: ["/usr/sbin/check"], spawner }, atOnce(readConfiguration(root)));
      expect(matches[0]).toMatchObject({ how: "command", spawnerFits: true, job: { unit: "backend a" } });
      expect(limitAllowsRate(matches[0]!.job, 30, 10)).toMatchObject({
        allowed: true,
        why: { code: "limit.schedule" },
      });
      expect(limitAllowsRate(matches[0]!.job, 40, 10)).toMatchObject({ allowed: false });
    });
  });
});

describe("keepalived's scripts", () => {
  it("are told by their interval, those of real servers by the delay_loop around them", () => {
    const files = {
      "/etc/keepalived/keepalived.conf": `! a comment { of its own
global_defs {
  script_user nobody
}
vrrp_script chk_web {
  script "/bin/sh -c 'exec /opt/web --x'"  # each second
  interval 0.5
}
vrrp_script plain { script /opt/plain
}
include conf.d/*.conf
`,
      "/etc/keepalived/conf.d/a.conf": `virtual_server 10.0.0.1 80 {
  delay_loop 3
  real_server 10.0.0.2 80 {
    MISC_CHECK {
      misc_path "/opt/misc 10.0.0.2"
    }
  }
}
include /etc/keepalived/conf.d/*.conf
`,
    };
    const found = checks(files);
    expect(found.map((job) => [job.unit, job.everySeconds, job.line, job.directive])).toEqual([
      ["vrrp_script chk_web", 0.5, 7, "interval 0.5"],
      ["vrrp_script plain", 1, 9, "interval (not set)"],
      ["MISC_CHECK of real_server 10.0.0.2 80", 3, 2, "delay_loop 3"],
    ]);
    expect(found[2]).toMatchObject({ file: "/etc/keepalived/conf.d/a.conf", program: "/opt/misc" });
    expect(found.map(({ command }) => command)[0]).toBe("/bin/sh -c 'exec /opt/web --x'");
  });
});

const ID = "7c0f".repeat(16);
const UID = "0f6a3c1e-9f0c-4b34-8d1c-2f6f3f0f0a11";

describe("the health check of a container", () => {
  const docker = (healthcheck: unknown): Record<string, Entry> => ({
    [`/var/lib/docker/containers/${ID}/hostconfig.json`]: JSON.stringify({ RestartPolicy: { Name: "always" } }),
    [`/var/lib/docker/containers/${ID}/config.v2.json`]: JSON.stringify(
      { Name: "/web", Path: "/bin/web", Config: { Healthcheck: healthcheck } },
      null,
      1,
    ),
  });

  it("of docker is told with its line and its interval, 30 s unless it is said", () => {
    const shell = { Test: ["CMD-SHELL", "curl -f http://localhost/ || exit 1"], Interval: 2e9 };
    const [check] = checks(docker(shell));
    expect(check).toMatchObject({ unit: "web", line: 5, everySeconds: 2, restarts: "on-schedule", container: ID });
    expect(check?.shellCommands).toEqual(["curl"]);
    expect(checks(docker({ Test: ["CMD", "/bin/check", "-f"], Interval: 0 }))[0]).toMatchObject({
      everySeconds: 30,
      program: "/bin/check",
    });
    for (const none of [undefined, null, { Test: ["NONE"] }, { Test: [] }, { Test: "CMD" }, { Test: ["CMD"] }, 7])
      expect(checks(docker(none))).toEqual([]);
    // Its restart policy is no business of the check.
    const { pack, job } = packOf(toRestart("s", check!, { candidates: [], resolvesTo: null, shadows: null, wouldResolveTo: null, why: null }, null), "/")!; // prettier-ignore
    expect([pack.stop(job), pack.limit?.(job)]).toEqual([null, null]);
  });

  it("is meant by the cgroup where that program runs, and the container itself elsewhere", () => {
    const cgroup = `/system.slice/docker-${ID}.scope`;
    withTree(docker({ Test: ["CMD", "/bin/check"], Interval: 1e9 }), ({ root }) => {
      const configuration = atOnce(readConfiguration(root));
      const directives = (inContainer: string) =>
        findJobs(root, { programs: [], cgroup, inContainer }, configuration).matches.map(({ job }) => job.directive);
      expect(directives("check")).toEqual(["Healthcheck", "RestartPolicy=always"]);
      expect(directives("web")).toEqual(["RestartPolicy=always"]);
    });
  });

  it("of podman is told by its database", () => {
    const db = gunzipSync(readFileSync("test/fixtures/sqlite/podman-5-schema.db.gz"));
    expect(checks({ "/var/lib/containers/storage/db.sql": db }).map(told)).toEqual([
      ["web", 2, undefined, null, "Healthcheck", "/bin/check"],
    ]);
  });

  it("of a static pod is each probe that runs a program", () => {
    const manifest = `kind: Pod
metadata: {name: web, namespace: kube-system}
spec:
  containers:
  - name: main
    command: [/bin/web]
    livenessProbe:
      exec: {command: [/bin/live, -q]}
      periodSeconds: 1
    readinessProbe:
      httpGet: {path: /}
    startupProbe:
      exec: {command: [sh, -c, exec /bin/up]}
`;
    const found = checks({
      "/etc/kubernetes/manifests/web.yaml": manifest,
      [`/var/log/pods/kube-system_web-node_${UID}/main/0.log`]: "",
    });
    expect(found.map(told)).toEqual([
      ["kube-system/web/main", 1, undefined, 8, "livenessProbe", "/bin/live"],
      ["kube-system/web/main", 10, undefined, 13, "startupProbe", "/bin/up"],
    ]);
    expect(found[0]?.pods).toEqual([UID]);
  });
});

it("no configuration of checks is too odd to be read", () => {
  const words = ["backend", "b", "server", "check", "inter", "9", "option", "external-check", "command", "{", "}", '"', "'", "#", "!", "\\", "\0", "vrrp_script", "script", "interval", "real_server", "MISC_CHECK", "misc_path", "include", "*", "/", "from", "defaults", "\n", "\n", " "]; // prettier-ignore
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...words), { maxLength: 60 }), (parts) => {
      const text = parts.join(" ");
      withTree({ "/etc/haproxy/haproxy.cfg": text, "/etc/keepalived/keepalived.conf": text }, ({ root }) => {
        for (const one of [haproxy, keepalived])
          for (const job of atOnce(one.jobs(root)).jobs) expect(job.everySeconds).toBeGreaterThan(0);
      });
    }),
    { numRuns: 60 },
  );
});
