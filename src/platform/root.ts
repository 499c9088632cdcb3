import * as fs from "node:fs";
import * as path from "node:path";
import { fromBytes, isUtf8, toBytes, type Untrusted } from "../model/text.ts";

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
  /** Content of a regular file, cut after `limit` bytes (16 MiB unless told); null when not there or not regular. */
  read(inside: Untrusted, limit?: number): Buffer | null;
  /** Names in a directory, sorted by bytes; null when it is not there or no directory. */
  list(inside: Untrusted): Untrusted[] | null;
  /** Opens a regular file for reading, never blocking on a FIFO or device; null when not there or not regular. Caller closes. */
  open(inside: Untrusted): number | null;
}

const MAX_LINKS = 40;

/** `/proc/812/root`, `/proc/812/task/815/root`, also of a /proc mounted elsewhere: magic links, see proc_pid_root(5). */
const MAGIC_ROOT = /^(.*\/proc\/(?:self|thread-self|\d+)(?:\/task\/\d+)?\/root)(\/.*)?$/;

/** Opens a root. `dir` must be an existing directory on this host; it throws what `realpath(2)` would otherwise. */
export function openRoot(dir: string): Root {
  const base = baseOf(path.resolve(dir));
  fs.readdirSync(base);
  return new DirectoryRoot(base === "/" ? "" : base);
}

/**
 * A magic link leads to the other process's root, but its text reads "/": resolved by name it would be the host's own
 * root. So it keeps its name, and what follows is resolved inside it.
 */
function baseOf(dir: string): string {
  const magic = MAGIC_ROOT.exec(dir);
  if (magic === null) return fs.realpathSync(dir);
  const prefix = magic[1] as string;
  const below = new DirectoryRoot(prefix).realpath(magic[2] ?? "/");
  // The name does not exist below: readdir will say so.
  return below === null ? dir : below === "/" ? prefix : prefix + below;
}

class DirectoryRoot implements Root {
  readonly dir: string;
  readonly #base: string;
  readonly #directories = new Map<string, string>();

  constructor(base: string) {
    this.#base = base;
    this.dir = base === "" ? "/" : base;
  }

  hostPath(inside: Untrusted): Uint8Array {
    return toBytes(this.#base + inside);
  }

  realpath(inside: Untrusted): Untrusted | null {
    return this.#locate(inside)?.path ?? null;
  }

  canonical(inside: Untrusted): Untrusted | null {
    const plain = IRREGULAR.test(inside) ? "/" + splitPath(inside).join("/") : inside;
    if (plain === "/" || plain.endsWith("/..")) return this.#directory(plain);
    const slash = plain.lastIndexOf("/");
    const parent = this.#directory(plain.slice(0, slash));
    return parent === null ? null : join(parent, plain.slice(slash + 1));
  }

  lstat(inside: Untrusted): fs.BigIntStats | null {
    const entry = this.canonical(inside);
    return entry === null ? null : this.#lstat(entry);
  }

  stat(inside: Untrusted): fs.BigIntStats | null {
    const real = this.realpath(inside);
    return real === null ? null : this.#lstat(real);
  }

  readlink(inside: Untrusted): Untrusted | null {
    const entry = this.canonical(inside);
    return entry === null ? null : this.#readlink(entry);
  }

  read(inside: Untrusted, limit = 16 << 20): Buffer | null {
    const opened = this.#open(inside);
    if (opened === null) return null;
    const { fd, size } = opened;
    try {
      // Files of /proc say size 0, so only a read of nothing is the end; one byte more than the size saves a turn.
      let buffer: Buffer = Buffer.allocUnsafe(Math.min(size > 0 ? size + 1 : 65_536, limit));
      let total = 0;
      while (total < limit) {
        if (total === buffer.length) buffer = grown(buffer, Math.min(total * 2, limit));
        const got = fs.readSync(fd, buffer, total, buffer.length - total, null);
        if (got === 0) break;
        total += got;
      }
      return buffer.subarray(0, total);
    } finally {
      fs.closeSync(fd);
    }
  }

  list(inside: Untrusted): Untrusted[] | null {
    const real = this.realpath(inside);
    if (real === null) return null;
    try {
      const names = fs.readdirSync(this.#host(real), { encoding: "buffer" });
      return names.sort((a, b) => a.compare(b)).map(fromBytes);
    } catch (error) {
      return absent(error);
    }
  }

  open(inside: Untrusted): number | null {
    return this.#open(inside)?.fd ?? null;
  }

  #open(inside: Untrusted): { fd: number; size: number } | null {
    const found = this.#locate(inside);
    // Looked at before it is opened: to open a device can already do harm (/dev/watchdog starts a count-down to reset).
    if (found === null || !found.stat.isFile()) return null;
    let fd: number;
    try {
      fd = fs.openSync(this.#host(found.path), OPEN_FLAGS);
    } catch (error) {
      return absent(error);
    }
    const stat = fs.fstatSync(fd);
    if (stat.isFile()) return { fd, size: stat.size };
    fs.closeSync(fd);
    return null;
  }

  /** Where a path leads, and what is there. */
  #locate(inside: Untrusted): { path: Untrusted; stat: fs.Stats } | null {
    const entry = this.canonical(inside);
    const stat = entry === null ? null : this.#look(entry);
    if (entry === null || stat === null) return null;
    if (!stat.isSymbolicLink()) return { path: entry, stat };
    const real = this.#resolve(entry);
    const there = real === null ? null : this.#look(real);
    return real === null || there === null ? null : { path: real, stat: there };
  }

  /** As `hostPath`, for node's functions: names that are UTF-8, nearly all, need no bytes made of them. */
  #host(inside: Untrusted): string | Buffer {
    const text = this.#base + inside;
    return isUtf8(text) ? text : Buffer.from(toBytes(text));
  }

  /** lstat for type and size only: cheaper than one with nanoseconds. */
  #look(inside: Untrusted): fs.Stats | null {
    try {
      return fs.lstatSync(this.#host(inside), { throwIfNoEntry: false }) ?? null;
    } catch (error) {
      return absent(error);
    }
  }

  #lstat(inside: Untrusted): fs.BigIntStats | null {
    try {
      return fs.lstatSync(this.#host(inside), { bigint: true, throwIfNoEntry: false }) ?? null;
    } catch (error) {
      return absent(error);
    }
  }

  #readlink(inside: Untrusted): Untrusted | null {
    try {
      return fromBytes(fs.readlinkSync(this.#host(inside), { encoding: "buffer" }));
    } catch (error) {
      return absent(error);
    }
  }

  /** Real directory of a directory's path; remembered, because ownership look-ups ask for the same few again and again. */
  #directory(inside: Untrusted): Untrusted | null {
    const known = this.#directories.get(inside);
    if (known !== undefined) return known;
    const resolved = this.#resolve(inside);
    if (resolved !== null && this.#directories.size < 65_536) this.#directories.set(inside, resolved);
    return resolved;
  }

  #resolve(inside: Untrusted): Untrusted | null {
    const pending = splitPath(inside).reverse();
    let here = "";
    let isDirectory = true;
    for (let links = 0; ;) {
      const name = pending.pop();
      if (name === undefined) return here === "" ? "/" : here;
      if (!isDirectory) return null;
      if (name === "..") {
        here = here.slice(0, Math.max(0, here.lastIndexOf("/")));
        continue;
      }
      const next = here + "/" + name;
      const stat = this.#look(next);
      if (stat === null) return null;
      if (!stat.isSymbolicLink()) {
        isDirectory = stat.isDirectory();
        here = next;
        continue;
      }
      const target = ++links > MAX_LINKS ? null : this.#readlink(next);
      if (target === null) return null;
      if (target.startsWith("/")) here = "";
      pending.push(...splitPath(target).reverse());
    }
  }
}

/** `//`, `/./`, a slash at the end, or no slash at the beginning. */
const IRREGULAR = /\/\.?(?:\/|$)|^[^/]|^$/;

const OPEN_FLAGS = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOFOLLOW | fs.constants.O_NOCTTY;

function grown(buffer: Buffer, size: number): Buffer {
  const larger = Buffer.allocUnsafe(size);
  buffer.copy(larger);
  return larger;
}

function splitPath(path: Untrusted): Untrusted[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

function join(directory: Untrusted, name: Untrusted): Untrusted {
  return directory === "/" ? "/" + name : directory + "/" + name;
}

const ABSENT = new Set([
  "ENOENT",
  "ENOTDIR",
  "ELOOP",
  "EINVAL",
  "ENAMETOOLONG",
  "ENXIO",
  "ENODEV",
  "ERR_INVALID_ARG_VALUE",
]);

/**
 * Null for "not there" (and, of readlink, EINVAL for "no link"); every other error is thrown on. A name that no bytes
 * can spell (NUL inside, or a surrogate that stands for no byte) is not there either.
 */
function absent(error: unknown): null {
  if (error instanceof RangeError) return null;
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (ABSENT.has(code)) return null;
  throw error;
}
