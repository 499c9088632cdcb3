import { readFileSync } from "node:fs";
import { fromBytes, type Untrusted } from "../model/text.ts";
import { allPids } from "../platform/processes.ts";
import { freezers, mountsOf } from "./freezer.ts";

/** Where the cgroup of a unit of systemd lies: its folder, and the version of the hierarchy. */
export interface UnitCgroup {
  version: 1 | 2;
  folder: Untrusted;
  /** Whether this hierarchy can freeze; else it only tells who belongs to the unit. */
  freezes: boolean;
}

/** The cgroup that bears a unit's name, by the cgroups of all that live; null: nobody lives in one. */
export function cgroupOfUnit(unit: Untrusted): UnitCgroup | null {
  const escaped = unit.startsWith("_") ? `_${unit}` : unit;
  for (const pid of allPids()) {
    for (const line of cgroupLines(pid)) {
      const head = /^(\d+):([^:]*):/.exec(line);
      if (head === null || (head[1] !== "0" && head[2] !== "name=systemd")) continue;
      const parts = line.slice(head[0].length).split("/");
      const at = parts.findIndex((part) => part === unit || part === escaped || part === `_${unit}`);
      if (at < 0) continue;
      const version = head[1] === "0" ? 2 : 1;
      const mount = mountsOf(version === 2 ? "cgroup2" : "name=systemd");
      if (mount === null) continue;
      const path = parts.slice(0, at + 1).join("/");
      if (mount.root !== "/" && !path.startsWith(`${mount.root}/`)) continue;
      const folder = mount.dir + (mount.root === "/" ? path : path.slice(mount.root.length));
      return { version, folder, freezes: version === 2 && freezers().some((one) => one.version === 2) };
    }
  }
  return null;
}

function cgroupLines(pid: number): Untrusted[] {
  try {
    return fromBytes(readFileSync(`/proc/${pid}/cgroup`)).split("\n");
  } catch {
    // Gone.
    return [];
  }
}
