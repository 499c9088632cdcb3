import * as fs from "node:fs";
import { fromBytes, toBytes, type Untrusted } from "../model/text.ts";

/** O_PATH (include/uapi/asm-generic/fcntl.h; the same on every machine that Node runs on). */
const O_PATH = 0o10000000;
const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY, O_NONBLOCK, O_NOCTTY, O_NOATIME } = fs.constants;

/** Something on the way is not what it was taken for. */
export class NotBeneath extends Error {
  readonly path: Untrusted;
  readonly reason: "link" | "no-directory";

  constructor(path: Untrusted, reason: "link" | "no-directory") {
    super(`${path}: ${reason}`);
    this.name = "NotBeneath";
    this.path = path;
    this.reason = reason;
  }
}

/**
 * A directory that is held open. Names are looked up in it, whatever becomes of the path that led to it: /proc/self/fd/N/NAME
 * is openat(2) (proc_pid_fd(5): a magic link, not a path).
 */
export class OpenDirectory {
  readonly fd: number;

  constructor(fd: number) {
    this.fd = fd;
  }

  /** Path by which this process reaches an entry. The last place is followed unless the call is told not to. */
  entry(name: Untrusted): Buffer {
    return Buffer.concat([Buffer.from(`/proc/self/fd/${this.fd}/`), toBytes(name)]);
  }

  /** Path of the directory itself. */
  get self(): string {
    return `/proc/self/fd/${this.fd}/.`;
  }

  /** lstat of an entry; null when it is not there. */
  lstat(name: Untrusted): fs.BigIntStats | null {
    return fs.lstatSync(this.entry(name), { bigint: true, throwIfNoEntry: false }) ?? null;
  }

  /** Holds an entry, whatever it is, without opening it (O_PATH): no device starts, no FIFO blocks, no link is followed. */
  hold(name: Untrusted): number {
    return fs.openSync(this.entry(name), O_PATH | O_NOFOLLOW);
  }

  /** fsync(2) of the directory. */
  sync(): void {
    const fd = fs.openSync(this.self, O_RDONLY | O_DIRECTORY);
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  }

  close(): void {
    fs.closeSync(this.fd);
  }
}

/** Opens for reading what `hold` gave, which must be a regular file. Its access time stays as it is. */
export function openHeld(held: number): number {
  const path = `/proc/self/fd/${held}`;
  const flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
  try {
    return fs.openSync(path, flags | O_NOATIME);
  } catch (error) {
    // EPERM: another's file, and this user is not root (open(2)).
    if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error;
    return fs.openSync(path, flags);
  }
}

/**
 * Opens a directory beneath a root, one name after the other, and follows no link: not in the last place, and not in any
 * other. `path` is absolute as seen from the root, and canonical (no `.`, no `..`). Throws `NotBeneath`, or an error of
 * open(2).
 */
export function openDirectory(root: Untrusted, path: Untrusted): OpenDirectory {
  let here = new OpenDirectory(fs.openSync(Buffer.from(toBytes(root)), O_PATH | O_DIRECTORY));
  let walked = "";
  try {
    for (const name of path.split("/").filter((part) => part !== "")) {
      walked += `/${name}`;
      if (name === "." || name === "..") throw new NotBeneath(walked, "link");
      const next = here.hold(name);
      const stat = fs.fstatSync(next);
      here.close();
      here = new OpenDirectory(next);
      if (stat.isSymbolicLink()) throw new NotBeneath(walked, "link");
      if (!stat.isDirectory()) throw new NotBeneath(walked, "no-directory");
    }
    return here;
  } catch (error) {
    here.close();
    throw error;
  }
}

/** The directory and the name of an absolute path. */
export function splitLast(path: Untrusted): { parent: Untrusted; name: Untrusted } {
  const slash = path.lastIndexOf("/");
  return { parent: path.slice(0, slash) || "/", name: path.slice(slash + 1) };
}

/** The mount that an open file or directory was reached by (`mnt_id:` of proc_pid_fdinfo(5)); null where it is not told. */
export function mountIdOf(fd: number): number | null {
  const id = /^mnt_id:\s*(\d+)$/m.exec(fs.readFileSync(`/proc/self/fdinfo/${fd}`, "latin1"))?.[1];
  return id === undefined ? null : Number(id);
}

/** Names in a directory. */
export function namesIn(directory: OpenDirectory): Untrusted[] {
  return fs.readdirSync(directory.self, { encoding: "buffer" }).map(fromBytes);
}
