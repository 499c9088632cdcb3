import { readlinkSync } from "node:fs";
import { fromBytes } from "../../model/text.ts";
import { parseMounts } from "../../platform/mount.ts";
import { readSmall } from "../procfs/read-small.ts";
import type { CouldNotLook } from "../types.ts";

const WHAT = "processes that /proc does not show";
/** Bit of CAP_SYS_PTRACE in a set of capabilities (include/uapi/linux/capability.h). */
const CAP_SYS_PTRACE = 19n;

/** Why hidden processes cannot be looked for: /proc rightly leaves some out for this process. Null when it would show all. */
export function whyNotLook(): CouldNotLook | null {
  if (process.geteuid?.() !== 0) {
    return {
      code: "hidden.needs-root",
      what: WHAT,
      why: "only root sees all of /proc, so that what is missing from it tells something",
      remedy: "sudo whoforks diagnose",
    };
  }
  if (ownNumber() !== String(process.pid)) {
    return {
      code: "hidden.other-proc",
      what: WHAT,
      why: "/proc is that of another PID namespace and numbers processes otherwise than this one",
      remedy: "mount -t proc proc /proc",
    };
  }
  const option = hidepid();
  if (option === null || mayTraceAll()) return null;
  return {
    code: "hidden.hidepid",
    what: WHAT,
    why: `/proc is mounted with ${option} and this process lacks CAP_SYS_PTRACE: it is not shown what it may not trace`,
    remedy: "give the container CAP_SYS_PTRACE, or run whoforks on the host",
  };
}

function ownNumber(): string | null {
  try {
    return readlinkSync("/proc/self");
  } catch {
    // This process is not in the PID namespace of /proc, or there is no /proc.
    return null;
  }
}

/** The option of the mount of /proc that hides processes (proc(5)): `hidepid=2`, `hidepid=invisible`, … */
function hidepid(): string | null {
  const text = readSmall("/proc/self/mounts");
  if (text === null) return null;
  const mount = parseMounts(text).findLast(({ dir, type }) => dir === "/proc" && type === "proc");
  const option = mount?.options.split(",").find((each) => /^hidepid=./.test(each)) ?? null;
  return option === null || /^hidepid=(?:0|off)$/.test(option) ? null : option;
}

function mayTraceAll(): boolean {
  const status = readSmall("/proc/self/status");
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status === null ? "" : fromBytes(status))?.[1];
  return effective !== undefined && ((BigInt(`0x${effective}`) >> CAP_SYS_PTRACE) & 1n) === 1n;
}
