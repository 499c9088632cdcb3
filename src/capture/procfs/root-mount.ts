import { fromBytes, type Untrusted } from "../../model/text.ts";
import { readSmall } from "./read-small.ts";

/**
 * What is mounted at "/" of a process: device and directory within its file system, `0:55 /`. By this two mount namespaces
 * are told apart that show different roots (containers), and not those that show the same one (services with PrivateTmp).
 * The kernel makes it up: nothing of that file system is touched. Null: "/" is no mount (a chroot). Undefined: the process
 * is gone, or may not be looked at.
 */
export function rootMountOf(pid: number | string): Untrusted | null | undefined {
  const text = readSmall(`/proc/${pid}/mountinfo`);
  return text === null || text.length === 0 ? undefined : parseRootMount(fromBytes(text));
}

/** From lines `25 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw` (proc_pid_mountinfo(5)); what is mounted later hides the rest. */
export function parseRootMount(mountinfo: Untrusted): Untrusted | null {
  let found: Untrusted | null = null;
  for (const line of mountinfo.split("\n")) {
    const [, , device, root, point] = line.split(" ", 5);
    if (point === "/" && device !== undefined && root !== undefined) found = `${device} ${root}`;
  }
  return found;
}

/** Remembers what is mounted at the root of each mount namespace, for one look at many processes. */
export class RootMounts {
  readonly #known = new Map<string, Untrusted | null>();

  of(pid: number | string, mountNamespace: string | null, root: Untrusted | null): Untrusted | null {
    return mountNamespace === null || root !== "/" ? null : (this.lookUp(pid, mountNamespace) ?? null);
  }

  /** The same for a process whose root directory is "/", and undefined where it cannot be told (`rootMountOf`). */
  lookUp(pid: number | string, mountNamespace: string | null): Untrusted | null | undefined {
    const known = mountNamespace === null ? undefined : this.#known.get(mountNamespace);
    if (known !== undefined) return known;
    const mount = rootMountOf(pid);
    if (mount !== undefined && mountNamespace !== null) this.#known.set(mountNamespace, mount);
    return mount;
  }
}
