import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { atOnce } from "../../../src/model/steps.ts";
import { supervisors } from "../../../src/supervisors/index.ts";
import { needsProgram } from "../../support/needs.ts";
import { withTree, type Entry } from "./tree.ts";

const LIB = "/usr/lib/systemd/system";
/** Units as Debian's apt, man-db and openssh-server have them, and links as `systemctl enable` makes them. */
const files: Record<string, Entry> = {
  [`${LIB}/apt-daily.service`]: "[Service]\nType=oneshot\nExecStart=/usr/lib/apt/apt.systemd.daily update\n",
  [`${LIB}/apt-daily.timer`]: "[Timer]\nOnCalendar=*-*-* 6,18:00\n[Install]\nWantedBy=timers.target\n",
  [`${LIB}/man-db.service`]: "[Service]\nType=oneshot\nExecStart=/usr/bin/mandb\n",
  [`${LIB}/man-db.timer`]: "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n",
  [`${LIB}/ssh.service`]:
    "[Service]\nExecStart=/usr/sbin/sshd -D\n[Install]\nWantedBy=multi-user.target\nAlias=sshd.service\n",
  [`${LIB}/ssh@.service`]: "[Service]\nExecStart=/usr/sbin/sshd -i\n",
  [`${LIB}/ssh.socket`]: "[Socket]\nListenStream=22\nAccept=yes\n[Install]\nWantedBy=sockets.target\n",
  [`${LIB}/spool.path`]: "[Path]\nPathExists=/var/x\n[Install]\nRequiredBy=multi-user.target\n",
  [`${LIB}/spool.service`]: "[Service]\nExecStart=/bin/true\n",
  "/etc/systemd/system/timers.target.wants/apt-daily.timer": { link: `${LIB}/apt-daily.timer` },
  "/etc/systemd/system/sockets.target.wants/ssh.socket": { link: `${LIB}/ssh.socket` },
  "/etc/systemd/system/sshd.service": { link: `${LIB}/ssh.service` },
  "/etc/systemd/system/multi-user.target.wants/sshd.service": { link: `${LIB}/ssh.service` },
  "/etc/systemd/system/multi-user.target.requires/spool.path": { link: `${LIB}/spool.path` },
};
/** No name of a unit: systemd never starts it, so it starts nothing. */
const odd: Record<string, Entry> = {
  "/etc/systemd/system/odd name.wants/man-db.timer": { link: `${LIB}/man-db.timer` },
  "/etc/systemd/system/multi-user.target.wants/\n.timer": { link: "/dev/null" },
};

const wanted = (tree = files): Map<string, string[] | undefined> =>
  withTree(tree, ({ root }) => {
    const { jobs } = atOnce(supervisors.find(({ id }) => id === "systemd")!.jobs(root));
    return new Map(jobs.map(({ unit, wantedBy }) => [unit, wantedBy]));
  });

describe("whether a unit is enabled", () => {
  it("is told by the links that want it, under any of its names", () => {
    expect(Object.fromEntries(wanted({ ...files, ...odd }))).toEqual({
      "apt-daily.service": [],
      "apt-daily.timer": ["timers.target"],
      "man-db.service": [],
      "man-db.timer": [],
      "ssh.service": ["multi-user.target"],
      "ssh.socket": ["sockets.target"],
      "ssh@.service": [],
      "spool.path": ["multi-user.target"],
      "spool.service": [],
    });
  });

  it("is what systemctl says of the same root", (context) => {
    needsProgram(context, "systemctl");
    withTree(files, ({ dir }) => {
      for (const [unit, by] of wanted()) {
        if (!/\.(?:timer|socket|path)$/.test(unit)) continue;
        const { stdout } = spawnSync("systemctl", [`--root=${dir}`, "is-enabled", unit], { encoding: "utf8" });
        expect(stdout.trim(), unit).toBe((by?.length ?? 0) > 0 ? "enabled" : "disabled");
      }
    });
  });
});
