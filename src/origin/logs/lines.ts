import * as fs from "node:fs";
import { isUnpackable, packing, readHead, readUnpacked } from "../../formats/input-bytes.ts";
import { rotatedSets } from "../../formats/rotation.ts";
import { fromBytes, type Untrusted } from "../../model/text.ts";
import { errnoOf, reasonOf } from "../../platform/errno.ts";
import type { Root } from "../../platform/root.ts";
import type { Place, Telling } from "../told.ts";

/** Bytes of one log, unpacked, all its rotated files together. Newer files come first, of a longer file its end. */
export const MOST_BYTES = 96 << 20;
/** Of one file: a log of empty lines costs more than its bytes. */
const MOST_LINES = 4_000_000;
const LONGEST_LINE = 16_384;
const CHUNK = 1 << 20;

export interface LogFile {
  path: Untrusted;
  /** Milliseconds since 1970. */
  modified: number;
}

/** Gets the lines of a log. `place` stands for the line; its quote is the line. */
export type TakeLine = (line: Untrusted, place: Place & { quote: Untrusted }, file: LogFile) => void;

/**
 * Reads a log and its rotated files (`dpkg.log`, `dpkg.log.1`, `dpkg.log.2.gz`, `dnf.log-20260101.xz`), the newest first, each
 * from its beginning. Bounded; what was left out, and what could not be opened, is told as a gap. Only regular files are
 * opened, never out of the root. False: there is no file of this log; where its folder could not be listed that is not known.
 */
export async function readLog(
  root: Root,
  log: Untrusted,
  telling: Telling,
  take: TakeLine,
  most = MOST_BYTES,
): Promise<boolean> {
  const files = filesOf(root, log, telling);
  if (files === null) return true;
  let left = most;
  for (const path of files) {
    if (left <= 0) {
      telling.gap("origin.too-long", path, `only the newest ${most} bytes of this log are read`);
      continue;
    }
    telling.nextFile();
    left -= await readFile(root, path, left, telling, take);
  }
  return files.length > 0;
}

/** The files of a log, newest first; null: a gap says why they are not known. */
function filesOf(root: Root, log: Untrusted, telling: Telling): Untrusted[] | null {
  const folder = log.slice(0, log.lastIndexOf("/"));
  const base = log.slice(folder.length + 1);
  let names: Untrusted[];
  try {
    names = root.list(folder) ?? [];
  } catch (error) {
    telling.gap("origin.unreadable", folder, reasonOf(error));
    return null;
  }
  const paths = names.filter((name) => name.startsWith(base)).map((name) => `${folder}/${name}`);
  const set = rotatedSets(paths).find(({ name }) => name === log);
  return [...(set?.paths ?? [])].reverse();
}

/** @returns bytes, unpacked */
async function readFile(root: Root, path: Untrusted, most: number, telling: Telling, take: TakeLine): Promise<number> {
  let fd: number | null = null;
  try {
    fd = root.open(path);
    if (fd === null) {
      if (root.lstat(path) !== null) telling.gap("origin.no-regular-file", path, "not a regular file");
      return 0;
    }
    const { size, mtimeMs } = fs.fstatSync(fd);
    const splitter = new Splitter({ path, modified: mtimeMs }, most, take);
    telling.files.push(path);
    const packed = packing(readHead(fd));
    if (packed === "plain") readPlain(fd, size, most, splitter);
    else if (isUnpackable(packed))
      await readUnpacked(
        packed,
        fd,
        (bytes) => splitter.push(bytes),
        () => undefined,
      );
    else telling.gap("origin.packed", path, `packed by ${packed}`);
    splitter.end();
    if (splitter.cut || (packed === "plain" && size > most))
      telling.gap("origin.too-long", path, `only ${splitter.bytes} bytes of it are read`);
    return splitter.bytes;
  } catch (error) {
    // What was unpacked before the damage has been told.
    telling.gap(errnoOf(error).startsWith("Z_") ? "origin.damaged" : "origin.unreadable", path, reasonOf(error));
    return 0;
  } finally {
    if (fd !== null) fs.closeSync(fd);
  }
}

/** From `size - most` on: a log that grows meanwhile ends where it ended. */
function readPlain(fd: number, size: number, most: number, splitter: Splitter): void {
  const buffer = Buffer.allocUnsafe(CHUNK);
  if (size > most) splitter.begunInside();
  for (let at = Math.max(0, size - most); at < size;) {
    const got = fs.readSync(fd, buffer, 0, Math.min(CHUNK, size - at), at);
    if (got === 0 || !splitter.push(buffer.subarray(0, got))) return;
    at += got;
  }
}

const NOTHING = new Uint8Array();

/** Cuts bytes into lines, each of bounded length. */
class Splitter {
  bytes = 0;
  cut = false;
  readonly #file: LogFile;
  readonly #most: number;
  readonly #take: TakeLine;
  #rest: Uint8Array = NOTHING;
  #line = 0;
  #inside = false;
  /** The end of a line that was too long is left out. */
  #tooLong = false;

  constructor(file: LogFile, most: number, take: TakeLine) {
    this.#file = file;
    this.#most = most;
    this.#take = take;
  }

  /** The first line is not whole. */
  begunInside(): void {
    this.#inside = true;
    this.#tooLong = true;
  }

  push(chunk: Uint8Array): boolean {
    if (this.#line >= MOST_LINES) this.cut = true;
    if (this.cut) return false;
    const room = this.#most - this.bytes;
    const used = chunk.length > room ? chunk.subarray(0, room) : chunk;
    this.cut ||= used.length < chunk.length;
    this.bytes += used.length;
    let from = 0;
    for (let end = used.indexOf(0x0a); end !== -1; end = used.indexOf(0x0a, from)) {
      this.#add(used.subarray(from, end));
      this.#tell();
      from = end + 1;
    }
    // The chunk is only lent.
    this.#add(used.subarray(from));
    if (this.#rest.length > 0) this.#rest = Uint8Array.from(this.#rest);
    return !this.cut;
  }

  end(): void {
    if (this.#rest.length > 0) this.#tell();
  }

  #add(part: Uint8Array): void {
    const room = LONGEST_LINE - this.#rest.length;
    const kept = part.subarray(0, room);
    if (!this.#tooLong) this.#rest = this.#rest.length === 0 ? kept : Buffer.concat([this.#rest, kept]);
    this.#tooLong ||= part.length > room;
  }

  #tell(): void {
    this.#line++;
    const line = fromBytes(this.#rest);
    this.#rest = NOTHING;
    const skip = this.#tooLong && line === "";
    this.#tooLong = false;
    if (skip) return;
    const at = this.#inside ? `line ${this.#line} from where reading began` : `line ${this.#line}`;
    this.#take(line.endsWith("\r") ? line.slice(0, -1) : line, { file: this.#file.path, at, quote: line }, this.#file);
  }
}
