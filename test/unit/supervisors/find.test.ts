import { describe, expect, it } from "vitest";
import { findJobs, initKind, type JobQuestion } from "../../../src/supervisors/index.ts";
import { withTree, type Entry } from "./tree.ts";

const SYSTEMD = { "/usr/lib/systemd/systemd": { mode: 0o755 }, "/sbin/init": { link: "/usr/lib/systemd/systemd" } };

function matches(entries: Record<string, Entry>, question: JobQuestion) {
  return withTree(entries, ({ root }) =>
    findJobs(root, question).matches.map(({ job, how, also, program, spawnerFits }) => ({
      id: `${job.supervisor}:${job.unit}`,
      how,
      also,
      program,
      spawnerFits,
    })),
  );
}

describe("finding the job behind a program", () => {
  it("puts the unit of the cgroup first, whatever its command says", () => {
    const found = matches(
      {
        "/etc/systemd/system/a.service": "[Service]\nExecStart=/opt/run.sh\nRestart=always\n",
        "/etc/systemd/system/b.service": "[Service]\nExecStart=/usr/bin/d\n",
        "/usr/bin/d": "",
      },
      { programs: ["/usr/bin/d"], cgroup: "/system.slice/a.service" },
    );
    expect(found).toEqual([
      { id: "systemd:a.service", how: "cgroup", also: ["cgroup"], program: null, spawnerFits: null },
      { id: "systemd:b.service", how: "command", also: ["command"], program: "/usr/bin/d", spawnerFits: null },
    ]);
  });

  it("finds the template of an instance that only the running system knows", () => {
    const found = matches(
      { "/lib/systemd/system/g@.service": "[Service]\nExecStart=/bin/g %i\n" },
      { programs: [], cgroup: "/system.slice/system-g.slice/g@x.service" },
    );
    expect(found.map(({ id }) => id)).toEqual(["systemd:g@.service"]);
  });

  it("prefers the supervisor that runs, known by its file and not by its name", () => {
    const tree = {
      ...SYSTEMD,
      "/etc/init/d.conf": "start on startup\nexec d\nrespawn\n",
      "/etc/inittab": "d:2:respawn:d\n",
      "/etc/systemd/system/d.service": "[Service]\nExecStart=d\nRestart=always\n",
      "/usr/sbin/d": "",
    };
    const ask = (exe: string) =>
      matches(tree, { programs: ["/usr/sbin/d"], spawner: { pid: 1, comm: "init", exe } }).map(
        ({ id, spawnerFits }) => [id, spawnerFits],
      );
    expect(ask("/sbin/init")[0]).toEqual(["systemd:d.service", true]);
    expect(
      ask("/sbin/init")
        .slice(1)
        .map(([, fits]) => fits),
    ).toEqual([false, false]);
    expect(ask("/tmp/init").map(([, fits]) => fits)).toEqual([null, null, null]);
  });

  it("follows links of either side: alternatives, another name of the same file", () => {
    const tree = {
      "/etc/inittab": "a:2:respawn:vi\nb:2:respawn:/opt/other\nc:2:respawn:/bin/unrelated\n",
      "/usr/bin/vi": { link: "/etc/alternatives/vi" },
      "/etc/alternatives/vi": { link: "/usr/bin/vim" },
      "/opt/other": { link: "/usr/bin/vim" },
      "/usr/bin/vim": "",
      "/bin/unrelated": "",
    };
    expect(matches(tree, { programs: ["/usr/bin/vim"] }).map(({ id, how }) => [id, how])).toEqual([
      ["sysvinit:b", "command"],
      ["sysvinit:a", "search-path"],
    ]);
  });

  it("finds shell commands and wrappers that mention it, after all better matches", () => {
    const tree = {
      "/etc/inittab":
        "a:2:respawn:/bin/sh -c 'while :; do /usr/sbin/atd; done'\nb:2:respawn:/usr/bin/nice atd\nc:2:once:atd\nd:2:respawn:/bin/echo atdx /usr/sbin/atd.conf\n",
      "/etc/init/x.conf": "script\n start-stop-daemon --exec /usr/sbin/atd\nend script\n",
      "/usr/sbin/atd": "",
      "/bin/sh": "",
      "/usr/bin/nice": "",
    };
    expect(matches(tree, { programs: ["/usr/sbin/atd"] }).map(({ id, how }) => [id, how])).toEqual([
      ["sysvinit:c", "search-path"],
      ["sysvinit:a", "shell"],
      ["sysvinit:b", "shell"],
      ["upstart:x", "shell"],
    ]);
  });

  it("takes the environment as a hint that ranks below what the files prove", () => {
    const tree = {
      "/etc/init/a.conf": "start on startup\nexec d\n",
      "/etc/init/b.conf": "start on startup\nexec e\n",
      "/usr/bin/d": "",
    };
    expect(
      matches(tree, { programs: ["/usr/bin/d"], environment: { UPSTART_JOB: "b" } }).map(({ id, how }) => [id, how]),
    ).toEqual([
      ["upstart:a", "search-path"],
      ["upstart:b", "environment"],
    ]);
    expect(
      matches(tree, { programs: [], environment: JSON.parse('{"__proto__":"b"}') as Record<string, string> }),
    ).toEqual([]);
  });

  it("tells a search without anything to look at from one that found nothing", () => {
    withTree({ "/usr/bin/d": "" }, ({ root }) =>
      expect(findJobs(root, { programs: ["/usr/bin/d"] })).toEqual({ matches: [], looked: [], problems: [] }),
    );
    withTree({ "/etc/inittab": "" }, ({ root }) =>
      expect(findJobs(root, { programs: ["/usr/bin/d"] })).toEqual({ matches: [], looked: ["sysvinit"], problems: [] }),
    );
  });
});

describe("which init a program is", () => {
  it("reads it from the file", () => {
    withTree(
      {
        ...SYSTEMD,
        "/a/init": "..com.ubuntu.Upstart..",
        "/b/init": "../etc/inittab..",
        "/c/init": "BusyBox v1.36.1 /etc/inittab",
        "/d/init": "nothing",
        "/e/other": "/etc/inittab",
      },
      ({ root }) => {
        expect(
          [
            "/sbin/init",
            "/a/init",
            "/b/init",
            "/c/init",
            "/d/init",
            "/e/other",
            "/gone",
            "/b/init (deleted)",
            null,
          ].map((exe) => initKind(root, exe)),
        ).toEqual(["systemd", "upstart", "sysvinit", "busybox", null, null, null, "sysvinit", null]);
      },
    );
  });
});
