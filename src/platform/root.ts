import * as fs from "node:fs";
import { toBytes, fromBytes, type Untrusted } from "../model/text.ts";

/**
 * The file system that paths belong to: this host's ("/"), a container's or chroot's (`/proc/PID/root`), a mounted
 * disk's or a made tree's. All paths given to a `Root` are absolute paths as seen from inside it. Symbolic links are
 * resolved inside it as chroot(2) would, so an absolute or `..` link in a hostile tree never leads out to the host.
 */
export interface Root {
  /** Where it lies on the host: "/", "/proc/812/root", "/mnt/disk". */
  readonly dir: string;
  /** Path on the host of an inside path whose parents hold no links (a result of `realpath` or `canonical`). */
  hostPath(inside: Untrusted): Uint8Array;
  /** Inside path with every link resolved, or null when something on the way is missing or loops (40 links, as ELOOP). */
  realpath(inside: Untrusted): Untrusted | null;
  /** As `realpath`, but a link in the last place stays: the directory is real, the name is the entry's own. */
  canonical(inside: Untrusted): Untrusted | null;
  /** lstat of the entry; null when it is not there. Other errors (EACCES, EIO) throw. */
  lstat(inside: Untrusted): fs.BigIntStats | null;
  /** stat through links, inside the root; null when it is not there. */
  stat(inside: Untrusted): fs.BigIntStats | null;
  /** Target of a link, as stored; null when the entry is not there or is no link. */
  readlink(inside: Untrusted): Untrusted | null;
  /** Whole content of a regular file of at most `limit` bytes (16 MiB unless told), or null when not there or not regular. */
  read(inside: Untrusted, limit?: number): Buffer | null;
  /** Names in a directory, sorted by bytes; null when it is not there or no directory. */
  list(inside: Untrusted): Untrusted[] | null;
  /** Opens a regular file for reading, never blocking on a FIFO or device; null when not there or not regular. Caller closes. */
  open(inside: Untrusted): number | null;
}

const MAX_LINKS = 40;

/** Opens a root. `dir` must be an existing directory on this host; it throws what `realpath(2)` would otherwise. */
export function openRoot(dir: string): Root {
  // `/proc/PID/root` is a magic link: resolving it by name would give "/" of the host, so its own name is kept.
  const base = /^\/proc\/\d+\/root\/?$/.test(dir) ? dir.replace(/\/$/, "") : fs.realpathSync(dir);
  fs.readdirSync(base);
  return new DirectoryRoot(base === "/" ? "" : base);
}

class DirectoryRoot implements Root {
  readonly dir: string;
  readonly #base: string;
  readonly #directories = new Map<string, string | null>();

  constructor(base: string) {
    this.#base = base;
    this.dir = base === "" ? "/" : base;
  }

  hostPath(inside: Untrusted): Uint8Array {
    return toBytes(this.#base + inside);
  }

  realpath(inside: Untrusted): Untrusted | null {
    return this.#resolve(inside, { links: 0 });
  }

  canonical(inside: Untrusted): Untrusted | null {
    const parts = splitPath(inside);
    const name = parts.pop();
    if (name === undefined) return "/";
    const parent = this.#directory("/" + parts.join("/"));
    return parent === null ? null : join(parent, name);
  }

  lstat(inside: Untrusted): fs.BigIntStats | null {
    const path = this.canonical(inside);
    return path === null ? null : this.#lstat(path);
  }

  stat(inside: Untrusted): fs.BigIntStats | null {
    const path = this.realpath(inside);
    return path === null ? null : this.#lstat(path);
  }

  readlink(inside: Untrusted): Untrusted | null {
    const path = this.canonical(inside);
    return path === null ? null : this.#readlink(path);
  }

  read(inside: Untrusted, limit = 16 << 20): Buffer | null {
    const fd = this.open(inside);
    if (fd === null) return null;
    try {
      const size = Math.min(Number(fs.fstatSync(fd, { bigint: true }).size), limit);
      // Files of /proc say size 0, so one read more than the size decides.
      const buffer = Buffer.allocUnsafe(Math.max(size, 65_536));
      const chunks: Buffer[] = [];
      let total = 0;
      while (total < limit) {
        const got = fs.readSync(fd, buffer, 0, Math.min(buffer.length, limit - total), null);
        if (got === 0) break;
        chunks.push(Buffer.from(buffer.subarray(0, got)));
        total += got;
      }
      return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
    } finally {
      fs.closeSync(fd);
    }
  }

  list(inside: Untrusted): Untrusted[] | null {
    const path = this.realpath(inside);
    if (path === null) return null;
    try {
      const names = fs.readdirSync(this.#host(path), { encoding: "buffer" });
      return names.sort(Buffer.compare).map(fromBytes);
    } catch (error) {
      return absent(error);
    }
  }

  open(inside: Untrusted): number | null {
    const path = this.realpath(inside);
    if (path === null) return null;
    let fd: number;
    try {
      fd = fs.openSync(this.#host(path), fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOFOLLOW | fs.constants.O_NOCTTY);
    } catch (error) {
      return absent(error);
    }
    if (fs.fstatSync(fd).isFile()) return fd;
    fs.closeSync(fd);
    return null;
  }

  #host(path: Untrusted): Buffer {
    return Buffer.from(this.hostPath(path));
  }

  #lstat(path: Untrusted): fs.BigIntStats | null {
    try {
      return fs.lstatSync(this.#host(path), { bigint: true });
    } catch (error) {
      return absent(error);
    }
  }

  #readlink(path: Untrusted): Untrusted | null {
    try {
      return fromBytes(fs.readlinkSync(this.#host(path), { encoding: "buffer" }));
    } catch (error) {
      return absent(error);
    }
  }

  /** Real directory of a directory's path; remembered, because ownership look-ups ask for the same few again and again. */
  #directory(inside: Untrusted): Untrusted | null {
    const known = this.#directories.get(inside);
    if (known !== undefined) return known;
    const resolved = this.#resolve(inside, { links: 0 });
    if (this.#directories.size < 65_536) this.#directories.set(inside, resolved);
    return resolved;
  }

  #resolve(inside: Untrusted, budget: { links: number }): Untrusted | null {
    let pending = splitPath(inside);
    let done: Untrusted[] = [];
    while (pending.length > 0) {
      const name = pending.shift() as Untrusted;
      if (name === "..") {
        done.pop();
        continue;
      }
      const here = "/" + [...done, name].join("/");
      const target = this.#readlink(here);
      if (target === null) {
        if (this.#lstat(here) === null) return null;
        done.push(name);
        continue;
      }
      if (++budget.links > MAX_LINKS) return null;
      if (target.startsWith("/")) done = [];
      pending = [...splitPath(target), ...pending];
    }
    return "/" + done.join("/");
  }
}

function splitPath(path: Untrusted): Untrusted[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

function join(directory: Untrusted, name: Untrusted): Untrusted {
  return directory === "/" ? "/" + name : directory + "/" + name;
}

const ABSENT = new Set(["ENOENT", "ENOTDIR", "ELOOP", "EINVAL", "ENAMETOOLONG", "ENXIO", "ENODEV"]);

/** Null for "not there" (and, of readlink, EINVAL for "no link"); every other error is thrown on. */
function absent(error: unknown): null {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (ABSENT.has(code)) return null;
  throw error;
}
