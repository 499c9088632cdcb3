import type { CouldNotLook } from "../types.ts";
import { link } from "./facts.ts";

/** Inode of the initial PID namespace: fixed in the kernel (include/linux/proc_ns.h PROC_PID_INIT_INO). */
const INITIAL = "pid:[4026531836]";

/**
 * Inside a PID namespace /proc numbers processes otherwise than kernel events do, and shows only some of them.
 * Null when this process is in the initial one or the kernel does not tell.
 */
export function insideContainer(): CouldNotLook | null {
  const own = link("/proc/self/ns/pid");
  if (own === null || own === INITIAL) return null;
  return {
    code: "procfs.pid-namespace",
    what: "processes outside this container",
    why: `this process is in a PID namespace of its own (${own}): /proc shows only its processes, numbered otherwise than in kernel events`,
    remedy: "run whoforks on the host, or start the container with: --pid=host",
  };
}
