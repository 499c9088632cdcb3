import * as fs from "node:fs";
import { z } from "zod";
import { StepRefused, StepUntouched, type Standing, type UndoResult } from "../../journal/types.ts";
import { toBytes } from "../../model/text.ts";
import { setTimes } from "../../platform/attributes.ts";

/** A file that is rewritten where it is: owner, mode, ACLs, extended attributes and hard links stay. */
export const inPlace = z.object({
  /** As the host sees it. */
  file: z.string(),
  dev: z.string(),
  inode: z.string(),
  /** Both contents, whole: at whatever byte a crash comes, one of them is written back. */
  before: z.base64(),
  after: z.base64(),
  mtimeNs: z.string(),
});
export type InPlace = z.infer<typeof inPlace>;

/** Larger files are nobody's crontab. */
export const LARGEST_TABLE = 1 << 20;

/** Writes the content that is to be. Throws `StepRefused` when it is not the file of the plan any more. */
export function rewrite(step: InPlace): void {
  if (!isSame(step, read(step), "before")) throw new StepUntouched("experiment.refused.changed", { file: step.file });
  write(step, Buffer.from(step.after, "base64"));
}

/** Writes back what was there, with its time, unless somebody else has changed the file meanwhile. */
export function writeBack(step: InPlace, byHand: string[][]): UndoResult {
  const now = read(step);
  if (isSame(step, now, "before")) return { outcome: "nothing-to-undo" };
  if (!isOurs(step, now))
    return { outcome: "refused", why: { code: "experiment.refused.changed", args: { file: step.file } }, byHand };
  write(step, Buffer.from(step.before, "base64"));
  giveBackTime(step);
  return { outcome: "undone" };
}

export function standingOf(step: InPlace): Standing {
  const now = read(step);
  if (isSame(step, now, "before")) return "before";
  if (isSame(step, now, "after")) return "after";
  return isOurs(step, now) ? "between" : "lost";
}

/** What a file is and holds, to be rewritten as `change` says; a string says in English why it cannot be. Null: there is none. */
export function lookAt(file: string, change: (before: Buffer) => Buffer | string): InPlace | string | null {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  let fd: number;
  try {
    fd = fs.openSync(bytesOf(file), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    return (error as Error).message.split(",")[0] ?? "";
  }
  try {
    const stat = fs.fstatSync(fd, { bigint: true });
    if (!stat.isFile()) return "it is no ordinary file";
    if (stat.size > LARGEST_TABLE) return "it is too large for a table";
    const before = fs.readFileSync(fd);
    const after = change(before);
    if (typeof after === "string") return after;
    return {
      file,
      dev: String(stat.dev),
      inode: String(stat.ino),
      before: before.toString("base64"),
      after: after.toString("base64"),
      mtimeNs: String(stat.mtimeNs),
    };
  } finally {
    fs.closeSync(fd);
  }
}

/** An ordinary file of that device and inode, opened without following a link and without waiting; null: it is not there. */
function open(step: InPlace, flags: number): number | null {
  let fd: number;
  try {
    fd = fs.openSync(bytesOf(step.file), flags | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
  } catch {
    return null;
  }
  const stat = fs.fstatSync(fd, { bigint: true });
  if (
    stat.isFile() &&
    String(stat.dev) === step.dev &&
    String(stat.ino) === step.inode &&
    stat.size <= 2 * LARGEST_TABLE
  )
    return fd;
  fs.closeSync(fd);
  return null;
}

function read(step: InPlace): Buffer | null {
  const fd = open(step, fs.constants.O_RDONLY);
  if (fd === null) return null;
  try {
    return fs.readFileSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function write(step: InPlace, bytes: Buffer): void {
  const fd = open(step, fs.constants.O_RDWR);
  if (fd === null) throw new StepRefused("experiment.refused.changed", { file: step.file });
  try {
    for (let at = 0; at < bytes.length;) at += fs.writeSync(fd, bytes, at, bytes.length - at, at);
    fs.ftruncateSync(fd, bytes.length);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** In nanoseconds; without the optional package koffi Node knows microseconds only. */
function giveBackTime(step: InPlace): void {
  const fd = open(step, fs.constants.O_RDWR);
  if (fd === null) return;
  const [{ atimeNs }, mtimeNs] = [fs.fstatSync(fd, { bigint: true }), BigInt(step.mtimeNs)];
  try {
    setTimes(fd, atimeNs, mtimeNs);
  } catch {
    fs.futimesSync(fd, Number(atimeNs / 1000n) / 1e6, Number(mtimeNs / 1000n) / 1e6);
  } finally {
    fs.closeSync(fd);
  }
}

function isSame(step: InPlace, now: Buffer | null, which: "before" | "after"): boolean {
  return now !== null && now.equals(Buffer.from(step[which], "base64"));
}

/** What a write of ours leaves, whole or cut off: the beginning of one content and the end of the other. */
function isOurs(step: InPlace, now: Buffer | null): boolean {
  if (now === null) return false;
  const contents = [Buffer.from(step.before, "base64"), Buffer.from(step.after, "base64")];
  return contents.some((begin) =>
    contents.some((end) => {
      let same = 0;
      while (same < now.length && same < begin.length && now[same] === begin[same]) same++;
      return now.length === end.length ? now.subarray(same).equals(end.subarray(same)) : same === now.length;
    }),
  );
}

/** A path of the host, byte for byte. */
export function bytesOf(path: string): Buffer {
  return Buffer.from(toBytes(path));
}
