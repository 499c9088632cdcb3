import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { basename, dirname, join } from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { pack, type Pack } from "tar-stream";
import type { CaseAccount } from "./case-writer.ts";
import { openInside, writeAll } from "./folder.ts";
import { MANIFEST, MANIFEST_DIGEST } from "./names.ts";

const SUFFIX = /\.(?:tar\.gz|tgz)$/i;
/** The archive while it is written: inside the folder, where nobody but its owner gets at it. */
const UNFINISHED = "packed";

/** Whether a case of this name is to be one packed file. */
export function isPackedName(path: string): boolean {
  return SUFFIX.test(path);
}

/** Where a case is kept until it is packed: beside the file that it becomes, so on the same file system. */
export function unfinishedFolder(path: string): string {
  return `${path}.unfinished-${randomBytes(4).toString("hex")}`;
}

/**
 * Packs a case that lies whole in `account.path` into the file `path`, mode 0600, and removes the folder. The file appears
 * under its name when it is whole and on the disk; one that is there already is never replaced. Never rejects for what the
 * disk does: then `notPacked` says why, nothing has the name, and the case stays what it is, a folder.
 */
export async function packCase(account: CaseAccount, path: string): Promise<CaseAccount> {
  try {
    const size = await packed(account.path, path);
    remove(account.path);
    return { ...account, path, size };
  } catch (error) {
    const notPacked = { path, why: error instanceof Error ? error.message : String(error) };
    return { ...account, path: keptAs(account.path, folderName(path)), notPacked };
  }
}

/** `web1.case` for web1.tar.gz and web1.case.tgz: the folder in the archive, too. */
function folderName(path: string): string {
  const stem = basename(path).replace(SUFFIX, "");
  return stem.endsWith(".case") ? stem : `${stem}.case`;
}

async function packed(folder: string, path: string): Promise<number> {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_CREAT, O_EXCL, O_WRONLY } = fs.constants;
  // By its descriptor, as it was written: nobody can put another folder in its place meanwhile.
  const dir = fs.openSync(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  const inside = `/proc/self/fd/${dir}`;
  const unfinished = `${inside}/${UNFINISHED}`;
  try {
    if (fs.fstatSync(dir).uid !== process.geteuid?.()) throw new Error("another folder was put in its place");
    const names = partsIn(inside);
    const fd = fs.openSync(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      fs.fchmodSync(fd, 0o600);
      const tar = pack();
      await Promise.all([addAll(tar, inside, names, folderName(path)), pipeline(tar, createGzip(), writesTo(fd))]);
      fs.fsyncSync(fd);
      appear(unfinished, path);
      return fs.fstatSync(fd).size;
    } finally {
      fs.closeSync(fd);
    }
  } finally {
    fs.rmSync(unfinished, { force: true });
    fs.closeSync(dir);
  }
}

/** Unlike a stream of node:fs it leaves the file open when it fails: it is the caller's. */
function writesTo(fd: number): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      try {
        writeAll(fd, chunk);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
}

/** The manifest first: who looks into the archive sees it at once. */
function partsIn(folder: string): string[] {
  const names = fs.readdirSync(folder).filter((name) => name !== "files" && !name.startsWith("manifest."));
  const files = fs.existsSync(`${folder}/files`) ? fs.readdirSync(`${folder}/files`) : [];
  return [MANIFEST, MANIFEST_DIGEST, ...names.sort(), ...files.sort().map((name) => `files/${name}`)];
}

async function addAll(tar: Pack, folder: string, names: readonly string[], top: string): Promise<void> {
  try {
    for (const name of names) {
      const fd = openInside(folder, name);
      const { size, mtime } = fs.fstatSync(fd);
      const entry = tar.entry({ name: `${top}/${name}`, size, mtime, mode: 0o600 });
      await pipeline(fs.createReadStream("", { fd }), entry);
    }
    tar.finalize();
  } catch (error) {
    // Ends the other half, too: it would wait for more for ever.
    tar.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}

/** A link, unlike a rename, takes no name that somebody else has (link(2), rename(2)). */
function appear(unfinished: string, path: string): void {
  try {
    fs.linkSync(unfinished, path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // File systems without links, such as FAT.
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "EOPNOTSUPP" && code !== "ENOSYS") throw error;
    // Takes the name first, or fails because it is taken; then only our own is replaced.
    fs.closeSync(fs.openSync(path, "wx", 0o600));
    fs.renameSync(unfinished, path);
  }
  const dir = fs.openSync(dirname(path), fs.constants.O_RDONLY);
  try {
    fs.fsyncSync(dir);
  } finally {
    fs.closeSync(dir);
  }
}

/** What cannot be removed is left where it is: the packed case is whole all the same. */
function remove(folder: string): void {
  fs.rmSync(folder, { recursive: true, force: true });
}

/** Gives the folder a name that says what it is, unless that is taken. @returns where it is now */
function keptAs(folder: string, name: string): string {
  const to = join(dirname(folder), name);
  try {
    if (fs.lstatSync(to, { throwIfNoEntry: false }) !== undefined) return folder;
    fs.renameSync(folder, to);
    return to;
  } catch {
    return folder;
  }
}
