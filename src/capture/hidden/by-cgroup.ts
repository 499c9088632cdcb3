import { readdirSync } from "node:fs";
import { toBytes, type Untrusted } from "../../model/text.ts";
import { monotonicNs } from "../../platform/clock.ts";
import { hierarchies } from "../cgroup/hierarchies.ts";
import { readSmall } from "../procfs/read-small.ts";
import type { Asked } from "./types.ts";

/** cgroup.procs of every cgroup of one hierarchy: each process is in exactly one of them (cgroups(7)). */
export const byCgroup: Asked = {
  witness: "cgroup",
  ask({ until }) {
    const found = hierarchies();
    const hierarchy = found.find(({ kind }) => kind === "unified") ?? found[0];
    if (hierarchy === undefined) return "no cgroup hierarchy is mounted";
    return processesBelow(hierarchy.dir, until);
  },
};

function* processesBelow(top: Untrusted, until: number): Generator<number> {
  const waiting = [top];
  for (let dir = waiting.shift(); dir !== undefined && monotonicNs() < until; dir = waiting.shift()) {
    const procs = readSmall(bytes(`${dir}/cgroup.procs`))?.toString("latin1") ?? "";
    // 0 stands for a process of a PID namespace that is not below the reader's.
    for (const [line] of procs.matchAll(/^[1-9]\d*$/gm)) yield Number(line);
    for (const name of folders(dir)) waiting.push(`${dir}/${name}`);
  }
}

function folders(dir: Untrusted): string[] {
  try {
    return readdirSync(bytes(dir), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    // Removed meanwhile.
    return [];
  }
}

function bytes(path: Untrusted): Buffer {
  return Buffer.from(toBytes(path));
}
