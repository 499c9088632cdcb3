import { describe, expect, it } from "vitest";
import { stopWay } from "../../../src/diagnosis/stop-ways.ts";
import type { Restart } from "../../../src/supervisors/types.ts";

function restart(supervisor: string, unit: string, file: string, line: number | null = 3): Restart {
  return {
    storm: "storm-1",
    supervisor,
    unit,
    file,
    line,
    directive: "",
    limit: null,
    limitAllowsRate: null,
    command: "d",
    searchPath: null,
    resolvesTo: null,
    shadows: null,
  };
}

describe("how to stop a job for now, and take that back", () => {
  it("asks systemd where it is this host's, and nobody for another root", () => {
    const unit = restart("systemd", "d.service", "/etc/systemd/system/d.service");
    expect(stopWay(unit, "/")).toEqual({
      command: ["systemctl", "mask", "--runtime", "--now", "d.service"],
      undo: ["systemctl", "unmask", "--runtime", "d.service"],
    });
    expect(stopWay(unit, "/proc/7/root")).toBeNull();
  });

  it("writes an override beside upstart's job", () => {
    expect(stopWay(restart("upstart", "d", "/etc/init/d.conf"), "/mnt/disk")).toEqual({
      command: ["sh", "-c", 'echo manual >> "$1"', "sh", "/mnt/disk/etc/init/d.override"],
      undo: ["sed", "-i", "/^manual$/d", "/mnt/disk/etc/init/d.override"],
    });
  });

  it("makes a comment of a line of inittab", () => {
    expect(stopWay(restart("sysvinit", "d", "/etc/inittab"), "/")).toEqual({
      command: ["sed", "-i", "3s/^/#/", "/etc/inittab"],
      undo: ["sed", "-i", "3s/^#//", "/etc/inittab"],
    });
    expect(stopWay(restart("sysvinit", "d", "/etc/inittab", null), "/")).toBeNull();
  });

  it("asks the running daemon of this host, and of no other root", () => {
    for (const [supervisor, file, command, undo] of [
      ["runit", "/etc/sv/d/run", ["sv", "down", "/etc/sv/d"], ["sv", "up", "/etc/sv/d"]],
      ["s6", "/run/service/d/run", ["s6-svc", "-d", "/run/service/d"], ["s6-svc", "-u", "/run/service/d"]],
      ["supervisord", "/etc/supervisord.conf", ["supervisorctl", "stop", "d"], ["supervisorctl", "start", "d"]],
      ["openrc", "/etc/init.d/d", ["rc-service", "d", "stop"], ["rc-service", "d", "start"]],
      ["monit", "/etc/monitrc", ["monit", "unmonitor", "d"], ["monit", "monitor", "d"]],
    ] as const) {
      expect(stopWay(restart(supervisor, "d", file), "/")).toEqual({ command, undo });
      expect(stopWay(restart(supervisor, "d", file), "/proc/7/root")).toBeNull();
    }
    for (const supervisor of ["supervisord", "openrc", "monit"])
      expect(stopWay(restart(supervisor, "--all", "/x"), "/")).toBeNull();
  });

  it("makes a comment of a line, or takes the execute bit of a file that is started whole", () => {
    for (const supervisor of ["cron", "anacron", "rc.local"])
      expect(stopWay(restart(supervisor, "d", "/etc/x"), "/mnt")?.command).toEqual([
        "sed",
        "-i",
        "3s/^/#/",
        "/mnt/etc/x",
      ]);
    for (const [supervisor, directive] of [
      ["cron", "run-parts"],
      ["anacron", "run-parts"],
      ["rc.local", "#!"],
      ["at", "at"],
    ] as const)
      expect(stopWay({ ...restart(supervisor, "d", "/etc/x"), directive }, "/")).toEqual({
        command: ["chmod", "a-x", "--", "/etc/x"],
        undo: ["chmod", "a+x", "--", "/etc/x"],
      });
    expect(stopWay(restart("inetd", "d", "/etc/inetd.conf"), "/")?.undo).toEqual([
      "sh",
      "-c",
      '"$@" && pkill -HUP -x inetd',
      "sh",
      "sed",
      "-i",
      "3s/^#//",
      "/etc/inetd.conf",
    ]);
  });

  it("has nothing for a supervisor that it does not know", () => {
    for (const name of ["busybox", "constructor", "__proto__"])
      expect(stopWay(restart(name, "d", "/x"), "/")).toBeNull();
  });
});
