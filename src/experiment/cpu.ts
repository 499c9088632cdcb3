import { randomBytes } from "node:crypto";
import type { Untrusted } from "../model/text.ts";
import { LITTLE_CPU, type CpuWay } from "./cpu-files.ts";
import { membersBelow, mountsOf, settingOf, type Freezer } from "./freezer.ts";
import { lifeOf, originsOf, type Intervention } from "./intervention.ts";
import { membersNow, type Target } from "./members.ts";

/** The scheduler gives out what it has given already within a tenth of a second. */
const SETTLE = 0.2;
const REMAINDER = 0.1;

/**
 * Less CPU for whoever is meant. Version 1: a cgroup of our own below theirs. Version 2 gives a cgroup with processes no
 * controllers below it, so it has to be their own cgroup, with nobody else in it. A string says in English why not.
 */
export function limitingCpu(name: Untrusted, whom: Target, way: CpuWay): Intervention | string {
  const mount = mountsOf("cpu");
  return mount === null
    ? ofTheirOwn(name, whom, way)
    : ofOurOwn({ version: 1, ...mount, controller: "cpu" }, name, whom, way);
}

function ofOurOwn(hierarchy: Freezer, name: Untrusted, whom: Target, way: CpuWay): Intervention | string {
  const origins = originsOf(hierarchy, whom);
  if (origins.length === 0) return "nobody of it was met";
  const id = `whoforks-${randomBytes(4).toString("hex")}`;
  const owns = origins.map((origin) => ({ origin, own: `${origin}/${id}` }));
  const { file, whole, little } = LITTLE_CPU[1][way];
  return {
    ...shared(name, way),
    ...lifeOf(whom),
    prepare: owns.map((own) => ({ kind: "cgroup.own", data: { ...hierarchy, ...own, target: whom } })),
    hold: owns.map(({ own }) => ({ kind: "cgroup.cpu", data: { folder: own, file, before: whole, during: little } })),
  };
}

function ofTheirOwn(name: Untrusted, whom: Target, way: CpuWay): Intervention | string {
  const mount = mountsOf("cgroup2");
  if (mount === null) return "this host has no cgroups with a CPU controller";
  const folders = whom.by === "cgroup" ? [whom.folder] : originsOf({ version: 2, ...mount }, whom);
  const { file, little } = LITTLE_CPU[2][way];
  const hold: Intervention["hold"] = [];
  for (const folder of folders) {
    const before = settingOf(folder, file);
    if (before === null) return `the cgroup ${folder} has no CPU controller`;
    if (before === little) return `the cgroup ${folder} has as little already`;
    const meant = new Set(membersNow(whom));
    if (whom.by !== "cgroup" && membersBelow(folder).some((pid) => !meant.has(pid)))
      return `the cgroup ${folder} has others in it too`;
    hold.push({ kind: "cgroup.cpu", data: { folder, file, before, during: little } });
  }
  return hold.length === 0 ? "nobody of it was met" : { ...shared(name, way), ...lifeOf(whom), prepare: [], hold };
}

function shared(target: Untrusted, way: CpuWay): Omit<Intervention, "prepare" | "hold"> {
  return { kind: `cpu-${way}`, target, settleSeconds: SETTLE, remainder: REMAINDER, slows: true };
}
