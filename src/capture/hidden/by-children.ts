import { existsSync } from "node:fs";
import { monotonicNs } from "../../platform/clock.ts";
import { readSmall } from "../procfs/read-small.ts";
import type { Asked } from "./types.ts";

/** The children of each listed process, as its own entry names them (CONFIG_PROC_CHILDREN, proc_pid_children(5)). */
export const byChildren: Asked = {
  witness: "children",
  ask({ listed, until }) {
    if (!existsSync(`/proc/self/task/${process.pid}/children`)) return "this kernel has no lists of children";
    return childrenOf(listed, until);
  },
};

function* childrenOf(listed: ReadonlySet<number>, until: number): Generator<number> {
  for (const pid of listed) {
    if (monotonicNs() >= until) return;
    const text = readSmall(`/proc/${pid}/task/${pid}/children`)?.toString("latin1") ?? "";
    for (const [number] of text.matchAll(/[1-9]\d*/g)) yield Number(number);
  }
}
