import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stopWay } from "../../../src/diagnosis/packs/index.ts";
import { atOnce } from "../../../src/model/steps.ts";
import { shellQuote } from "../../../src/report/text/shell-quote.ts";
import { findJobs, readConfiguration, toRestart, type JobReading } from "../../../src/supervisors/index.ts";
import { podman } from "../../../src/supervisors/containers/podman.ts";
import { withTree, type Entry } from "./tree.ts";

/**
 * Made by sqlite3 3.40 with the tables of podman 5 (libpod/sqlite_state_internal.go), filled with the configuration that podman
 * 4.3.1 wrote for three containers, the first with a health check beside: podman 5 itself has not written it.
 */
const STATE = gunzipSync(readFileSync("test/fixtures/sqlite/podman-5-schema.db.gz"));
const BOLT = gunzipSync(readFileSync("test/fixtures/bolt/podman-bolt.db.gz"));
const ROOT = "/var/lib/containers/storage";
const HOME = "/home/u/.local/share/containers/storage";
const PASSWD = "root:x:0:0::/root:/bin/sh\nu:x:1000:1000::/home/u:/bin/sh\nw:x:1001:1001::/home/w:/bin/sh\n";

function read(entries: Record<string, Entry>): JobReading {
  return withTree(entries, ({ root }) =>
    podman.present(root) ? atOnce(podman.jobs(root)) : { jobs: [], problems: [] },
  );
}
const policies = ({ jobs }: JobReading): string[] =>
  jobs
    .filter(({ restarts }) => restarts !== "on-schedule")
    .map(({ unit, directive }) => `${unit} ${directive}`)
    .sort();
const THREE = ["few restart_policy=on-failure:3", "plain restart_policy=no", "web restart_policy=always"];

describe("podman 5", () => {
  it("has the same policies in its SQLite as before in bbolt", () => {
    const reading = read({ [`${ROOT}/db.sql`]: STATE });
    expect(reading.problems).toEqual([]);
    expect(policies(reading)).toEqual(THREE);
    expect(policies(read({ [`${ROOT}/libpod/bolt_state.db`]: BOLT }))).toEqual(THREE);
    expect(reading.jobs.find(({ directive }) => directive.endsWith("always"))).toMatchObject({
      file: `${ROOT}/db.sql`,
      command: "/bin/worker --fast",
      restarts: "always",
    });
  });

  it("says what is damaged, and never throws", () => {
    for (const bytes of ["", "SQLite format 3\0", STATE.subarray(0, 5000), STATE.subarray(0, 40_000)])
      expect(read({ [`${ROOT}/db.sql`]: bytes }).problems.length).toBeGreaterThan(0);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(STATE.length - 101), fc.nat(255)), { minLength: 1, maxLength: 30 }),
        (changes) => {
          const bytes = Buffer.from(STATE);
          for (const [place, byte] of changes) bytes[100 + place] = byte;
          for (const { container } of read({ [`${ROOT}/db.sql`]: bytes }).jobs)
            expect(container).toMatch(/^[0-9a-f]{64}$/);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("rootless podman", () => {
  const tree = { "/etc/passwd": PASSWD, [`${HOME}/db.sql`]: STATE };

  it("is read in the homes of users, and of nobody where there are none", () => {
    const reading = read(tree);
    expect(policies(reading)).toEqual(THREE);
    for (const job of reading.jobs)
      expect(job).toMatchObject({ file: `${HOME}/db.sql`, user: { uid: 1000, name: "u" } });
    expect(policies(read({ "/etc/passwd": PASSWD, "/home/w/.local/share/containers/storage/libpod/bolt_state.db": BOLT }))).toEqual(THREE); // prettier-ignore
    expect(read({ "/etc/passwd": PASSWD, "/home/u": null }).jobs).toEqual([]);
  });

  it("is told by the cgroup of its container, and stopped as its user", () => {
    withTree(tree, ({ root }) => {
      const configuration = atOnce(readConfiguration(root));
      const { container } = configuration.jobs.find(({ job }) => job.directive.endsWith("always"))!.job;
      const cgroup = `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${container}.scope/container`;
      const [match] = findJobs(root, { programs: [], cgroup }, configuration).matches;
      expect(match).toMatchObject({ how: "cgroup", job: { unit: "web" } });
      const way = stopWay(toRestart("storm-1", match!.job, match!.resolution, null), "/");
      const as = "runuser -u u -- env XDG_RUNTIME_DIR=/run/user/1000 podman";
      expect([way!.command, way!.undo].map((words) => shellQuote(words))).toEqual([
        `${as} stop web`,
        `${as} start web`,
      ]);
    });
  });

  it("does not follow a home out of the root, nor wait for a FIFO", () => {
    const outside = { ...tree, "/etc/passwd": "u:x:1000:1000::/home/../../x:/bin/sh\n" };
    expect(read(outside).jobs).toEqual([]);
    expect(read({ "/etc/passwd": PASSWD, [`${HOME}/db.sql`]: { link: "/dev/zero" } }).jobs).toEqual([]);
  });
});
