import { describe, expect, it } from "vitest";
import { atOnce } from "../../../src/model/steps.ts";
import { findJobs, readConfiguration, userUnitOfCgroup, type JobQuestion } from "../../../src/supervisors/index.ts";
import { withTree, type Entry } from "./tree.ts";

const OWN = "/home/u/.config/systemd/user";
const cgroupOf = (uid: number, unit: string): string =>
  `/user.slice/user-${uid}.slice/user@${uid}.service/app.slice/${unit}`;

const files: Record<string, Entry> = {
  "/usr/lib/systemd/systemd": "x",
  "/etc/passwd":
    "root:x:0:0:root:/root:/bin/bash\nu:x:1000:1000::/home/u:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n",
  // As Debian's packages of dbus and at-spi have theirs.
  "/usr/lib/systemd/user/dbus.service":
    "[Unit]\nRequires=dbus.socket\n[Service]\nType=notify\nExecStart=/usr/bin/dbus-daemon --session --address=systemd: --nofork\n",
  "/usr/lib/systemd/user/agent.service": "[Service]\nExecStart=/usr/bin/agent\n",
  "/usr/lib/systemd/system/user@.service": "[Service]\nExecStart=/lib/systemd/systemd --user\n",
  "/usr/lib/systemd/system/agent.service": "[Service]\nExecStart=/usr/bin/agent --system\n",
  "/usr/bin/agent": "x",
  "/usr/bin/dbus-daemon": "x",
  "/home/u/bin/poll": "x",
  [`${OWN}/poll.service`]: "[Service]\nExecStart=%h/bin/poll\nRestart=always\nRestartSec=100ms\n",
  [`${OWN}/poll.timer`]: "[Timer]\nOnUnitActiveSec=1s\n",
  [`${OWN}/agent.service.d/often.conf`]: "[Service]\nRestart=always\n",
  [`${OWN}/loop.service`]: { link: "loop.service" },
  "/run/user/1000/systemd/transient/run-1.service": "[Service]\nExecStart=/usr/bin/agent --once\n",
};

function units(question: JobQuestion, tree = files): [string, string, string | undefined, string | null][] {
  return withTree(tree, ({ root }) =>
    findJobs(root, question, atOnce(readConfiguration(root))).matches.map(({ job, how }) => [
      `${job.supervisor} ${job.unit}`,
      how,
      job.file,
      job.directive,
    ]),
  );
}

describe("a unit of a user's manager", () => {
  it("is the one that the cgroup below user@UID.service names, and not that service", () => {
    expect(units({ programs: ["/home/u/bin/poll"], cgroup: cgroupOf(1000, "poll.service") })).toEqual([
      ["systemd-user poll.service", "cgroup", `${OWN}/poll.service`, "Restart=always"],
      ["systemd-user poll.timer", "cgroup", `${OWN}/poll.timer`, "OnUnitActiveSec=1s"],
    ]);
    expect(units({ programs: [], cgroup: cgroupOf(1000, "dbus.service") })).toEqual([
      ["systemd-user dbus.service", "cgroup", "/usr/lib/systemd/user/dbus.service", "ExecStart="],
    ]);
  });

  it("is that of the user's own files, and of the shared ones for another user", () => {
    const mine = [["systemd-user agent.service", "cgroup", `${OWN}/agent.service.d/often.conf`, "Restart=always"]];
    const shared = [["systemd-user agent.service", "cgroup", "/usr/lib/systemd/user/agent.service", "ExecStart="]];
    expect(units({ programs: [], cgroup: cgroupOf(1000, "agent.service") })).toEqual(mine);
    expect(units({ programs: [], cgroup: cgroupOf(1001, "agent.service") })).toEqual(shared);
    // Nothing of that name: the manager's own service is all that can be told.
    expect(units({ programs: [], cgroup: cgroupOf(1001, "poll.service") }).map(([unit]) => unit)).toEqual([
      "systemd user@.service",
    ]);
    expect(units({ programs: [], cgroup: cgroupOf(1000, "run-1.service") }).map(([unit]) => unit)).toEqual([
      "systemd-user run-1.service",
    ]);
  });

  it("is started by systemd --user, and a unit of the system is not", () => {
    const spawner = { pid: 900, comm: "systemd", exe: "/usr/lib/systemd/systemd", argv: ["systemd", "--user"] };
    withTree(files, ({ root }) => {
      const { matches } = findJobs(root, { programs: ["/usr/bin/agent"], spawner }, atOnce(readConfiguration(root)));
      const fits = matches.map(({ job, spawnerFits }) => `${job.supervisor} ${job.unit}: ${spawnerFits}`);
      expect(fits.sort()).toEqual([
        "systemd agent.service: false",
        "systemd-user agent.service: true",
        "systemd-user agent.service: true",
        "systemd-user run-1.service: true",
      ]);
    });
  });

  it("is not read where no systemd is, nor out of a home that leads away", () => {
    const { "/usr/lib/systemd/systemd": _, ...without } = files;
    withTree(without, ({ root }) => expect(atOnce(readConfiguration(root)).looked).not.toContain("systemd-user"));
    const away = { ...files, "/etc/passwd": "u:x:1000:1000::/home/../../etc:/bin/sh\nv:x:1::relative:\n::::\n\0\n" };
    expect(units({ programs: ["/home/u/bin/poll"] }, away)).toEqual([]);
  });
});

it("a cgroup names a user's unit below the user's manager only, and never in a container", () => {
  expect(userUnitOfCgroup(cgroupOf(1000, "poll.service"))).toEqual({ uid: 1000, unit: "poll.service" });
  expect(userUnitOfCgroup(cgroupOf(0, "app-x.slice/x@1.service/sub"))).toEqual({ uid: 0, unit: "x@1.service" });
  for (const none of [
    null,
    "/",
    "/user.slice/user-1000.slice/user@1000.service/init.scope",
    "/user.slice/user-1000.slice/user@1000.service",
    "/user.slice/user-1000.slice/session-3.scope",
    "/system.slice/user@x.service/y.service",
    `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${"a".repeat(64)}.scope/system.slice/x.service`,
  ])
    expect(userUnitOfCgroup(none)).toBeNull();
});
