import { createHash } from "node:crypto";
import * as fs from "node:fs";

/** A new folder that only its owner may enter, reached by its descriptor: nobody can put another in its place meanwhile. */
export interface NewFolder {
  /** Creates a file in it; one that is there already, or a link, is refused. */
  create(name: string): number;
  /** A file to write and read that has no name any more: it is gone with this program. */
  createNameless(name: string): number;
  rename(from: string, to: string): void;
  makeFolder(name: string): void;
  remove(name: string): void;
  close(): void;
}

/** Makes the folder, mode 0700. Throws the system's error; EEXIST when anything, a dangling link too, has the name. */
export function makeFolder(path: string): NewFolder {
  fs.mkdirSync(path, 0o700);
  const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW);
  const stat = fs.fstatSync(fd);
  if (stat.uid !== process.geteuid?.() || fs.readdirSync(`/proc/self/fd/${fd}`).length > 0) {
    fs.closeSync(fd);
    throw Object.assign(new Error(`EEXIST: another folder was put in its place, ${path}`), { code: "EEXIST" });
  }
  // The umask may have taken more than it should.
  fs.fchmodSync(fd, 0o700);
  const inside = (name: string): string => `/proc/self/fd/${fd}/${name}`;
  const create = (name: string, access: number): number => {
    const { O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;
    const file = fs.openSync(inside(name), access | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    fs.fchmodSync(file, 0o600);
    return file;
  };
  return {
    create: (name) => create(name, fs.constants.O_WRONLY),
    createNameless(name) {
      const file = create(name, fs.constants.O_RDWR);
      fs.rmSync(inside(name));
      return file;
    },
    rename: (from, to) => fs.renameSync(inside(from), inside(to)),
    makeFolder: (name) => fs.mkdirSync(inside(name), 0o700),
    remove: (name) => fs.rmSync(inside(name), { force: true }),
    close: () => fs.closeSync(fd),
  };
}

/** Writes all of it, or throws the system's error (ENOSPC, EDQUOT, EIO, …). */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += fs.writeSync(fd, bytes, at);
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Opens a regular file of a folder for reading; a link, FIFO or device there is refused (ELOOP, EINVAL). */
export function openInside(dir: string, name: string): number {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = fs.constants;
  const parent = name.includes("/") ? `${dir}/${name.slice(0, name.lastIndexOf("/"))}` : null;
  const fd =
    parent !== null && fs.lstatSync(parent).isSymbolicLink()
      ? null
      : fs.openSync(`${dir}/${name}`, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (fd !== null && fs.fstatSync(fd).isFile()) return fd;
  if (fd !== null) fs.closeSync(fd);
  throw Object.assign(new Error(`EINVAL: not a regular file, ${name}`), { code: "EINVAL" });
}

/** Content of a regular file of a folder. Throws the system's error, or EFBIG when it is larger than `limit` bytes. */
export function readInside(dir: string, name: string, limit: number): Buffer {
  const fd = openInside(dir, name);
  try {
    if (fs.fstatSync(fd).size > limit) throw Object.assign(new Error(`EFBIG: too large, ${name}`), { code: "EFBIG" });
    return fs.readFileSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
