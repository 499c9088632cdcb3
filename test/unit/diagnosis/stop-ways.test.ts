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

  it("has nothing for a supervisor that it does not know", () => {
    for (const name of ["busybox", "constructor", "__proto__"])
      expect(stopWay(restart(name, "d", "/x"), "/")).toBeNull();
  });
});
