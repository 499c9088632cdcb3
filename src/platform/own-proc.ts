import { closeSync } from "node:fs";
import { libC } from "./ffi.ts";

/** FSOPEN_CLOEXEC, FSMOUNT_CLOEXEC; MOUNT_ATTR_RDONLY, _NOSUID, _NODEV, _NOEXEC (include/uapi/linux/mount.h). */
const CLOEXEC = 1;
const ATTRIBUTES = 0x1 | 0x2 | 0x4 | 0x8;

/** A procfs that nobody else has: nothing can be mounted over its directories, and no option hides anything in it. */
export interface OwnProc {
  /** Path by which this process reads it. */
  dir: string;
  close(): void;
}

/**
 * Makes one with fsopen(2) and fsmount(2) (Linux 5.2). It is mounted nowhere: nobody else sees it, and it goes with its
 * descriptor, also when the process is killed. Gives the reason in English when it cannot be had.
 */
export function openOwnProc(): OwnProc | string {
  const c = libC();
  if ("missing" in c) return c.why;
  const context = c.fsopen("proc", CLOEXEC);
  if (context < 0) return `fsopen: errno ${c.errno()} (Linux 5.2 and root are needed)`;
  try {
    if (c.fsCreate(context) < 0) return `fsconfig: errno ${c.errno()}`;
    const fd = c.fsmount(context, CLOEXEC, ATTRIBUTES);
    if (fd < 0) return `fsmount: errno ${c.errno()}`;
    return { dir: `/proc/self/fd/${fd}`, close: () => closeSync(fd) };
  } finally {
    closeSync(context);
  }
}
