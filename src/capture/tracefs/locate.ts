import { accessSync, constants, existsSync, readFileSync, readdirSync } from "node:fs";
import { errnoOf } from "../../platform/errno.ts";
import { kernelKnows, mounts, mountVirtual, unmount, type Mount } from "../../platform/mount.ts";
import type { CouldNotLook } from "../types.ts";

/** Instance directories that this program makes: `whoforks-PID-STARTTICKS`, and `-N` for the N-th of the same process. */
export const INSTANCE_NAME = /^whoforks-(\d+)-(\d+)(?:-\d+)?$/;
/** The name that a mount of ours bears in /proc/mounts: also a run that was killed can be recognised by it. */
const SOURCE = "whoforks";
const PLACES = new Set(["/sys/kernel/tracing", "/sys/kernel/debug/tracing"]);
const WHAT = "kernel events (forks, execs, exits) through tracefs";

/** Where tracefs is, and whether a run of this program has mounted it. */
export interface Tracefs {
  dir: string;
  ours: boolean;
}

/** Finds tracefs, mounting it at /sys/kernel/tracing where it is not yet. */
export function locateTracefs(): Tracefs | CouldNotLook {
  const found = findMounted(mounts());
  if (found !== null) return readable(found);
  if (process.geteuid?.() !== 0) return noRoot("tracefs is not mounted, and only root can mount it");
  const locked = lockdown();
  if (locked !== null) return locked;
  if (!kernelKnows("tracefs")) {
    return fail(
      "missing",
      "this kernel has no tracefs (CONFIG_TRACING is off, or it is older than 4.1 with debugfs not mounted)",
      null,
    );
  }
  const dir = "/sys/kernel/tracing";
  if (!existsSync(dir))
    return fail("missing", `${dir} does not exist: /sys is not mounted here`, "mount -t sysfs sysfs /sys");
  const said = mountVirtual("tracefs", SOURCE, dir);
  // Another run may have been quicker: then mount(8) says busy, and it is there.
  const now = findMounted(mounts());
  if (now !== null) return readable(now);
  return fail(
    "mount-refused",
    `mounting tracefs failed: ${said ?? "it is not there afterwards"}`,
    "run whoforks on the host instead of in the container, or start the container with: --privileged --pid=host",
  );
}

/**
 * Picks tracefs out of the mounts; kernels before 4.1 have it as a directory of debugfs. Never looks into
 * /sys/kernel/debug/tracing where tracefs has a place of its own, since looking would mount it there too.
 */
export function findMounted(all: readonly Mount[]): Tracefs | null {
  // Only the usual places: a mount elsewhere is somebody's private one and may go at any time.
  const own = all.findLast((mount) => mount.type === "tracefs" && PLACES.has(mount.dir));
  if (own !== undefined) return { dir: own.dir, ours: own.source === SOURCE };
  if (kernelKnows("tracefs")) return null;
  const debug = all.find((mount) => mount.type === "debugfs" && existsSync(`${mount.dir}/tracing/instances`));
  return debug === undefined ? null : { dir: `${debug.dir}/tracing`, ours: false };
}

/**
 * Unmounts a tracefs that this program had mounted, unless another run uses it. Returns a sentence about what was left, or null.
 */
export function releaseTracefs(dir: string): string | null {
  const top = mounts().findLast((mount) => mount.dir === dir);
  if (top === undefined || top.type !== "tracefs" || top.source !== SOURCE) return null;
  // The last run that ends unmounts.
  if (ourInstances(dir).length > 0) return null;
  const said = unmount(dir);
  return said === null ? null : `tracefs stays mounted at ${dir}, because something else uses it by now (${said})`;
}

/** Names of the instances made by this program, living or left over. */
export function ourInstances(dir: string): string[] {
  try {
    return readdirSync(`${dir}/instances`).filter((name) => INSTANCE_NAME.test(name));
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
}

function readable(found: Tracefs): Tracefs | CouldNotLook {
  const locked = lockdown();
  if (locked !== null) return locked;
  try {
    accessSync(`${found.dir}/instances`, constants.W_OK | constants.X_OK);
    return found;
  } catch (error) {
    const code = errnoOf(error);
    if (process.geteuid?.() !== 0) return noRoot(`${found.dir} may not be written (${code})`);
    if (code === "EROFS")
      return fail("read-only", `${found.dir} is mounted read-only`, `mount -o remount,rw ${found.dir}`);
    return fail("no-instances", `${found.dir}/instances cannot be used (${code}); kernels before 3.10 have none`, null);
  }
}

/** Lockdown in confidentiality mode forbids tracefs even to root (security/lockdown, LOCKDOWN_TRACEFS). */
function lockdown(): CouldNotLook | null {
  let state: string;
  try {
    state = readFileSync("/sys/kernel/security/lockdown", "latin1");
  } catch {
    // No such file: no lockdown in this kernel, or securityfs is not mounted, and then opening will tell.
    return null;
  }
  if (!state.includes("[confidentiality]")) return null;
  return fail(
    "lockdown",
    "kernel lockdown (confidentiality) forbids tracefs even to root; it ends only with a boot without lockdown=confidentiality",
    null,
  );
}

function noRoot(why: string): CouldNotLook {
  return fail("no-root", why, "sudo whoforks diagnose");
}

/** A `CouldNotLook` about tracefs. */
export function fail(code: string, why: string, remedy: string | null): CouldNotLook {
  return { code: `tracefs.${code}`, what: WHAT, why, remedy };
}
