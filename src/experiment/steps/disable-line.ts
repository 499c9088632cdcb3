import * as fs from "node:fs";
import { z } from "zod";
import { StepRefused, stepKind, type StepKind } from "../../journal/types.ts";
import { toBytes } from "../../model/text.ts";
import { isAlive } from "../../platform/process-identity.ts";

const data = z.object({
  /** As the host sees it. */
  file: z.string(),
  line: z.int().positive(),
  dev: z.string(),
  inode: z.string(),
  /** Both contents, whole: at whatever byte a crash comes, one of them is written back. */
  before: z.base64(),
  after: z.base64(),
  mtimeNs: z.string(),
  /** Who reads it again at SIGHUP (sysvinit, inetd), if anybody has to be told. */
  tell: z.object({ pid: z.int().positive(), startTicks: z.string() }).nullable(),
});
type Data = z.infer<typeof data>;

/** Larger tables are nobody's crontab. */
export const LARGEST_TABLE = 1 << 20;

/**
 * Makes one line of a table a comment that bears the marker, in place: owner, mode, ACLs, extended attributes and hard
 * links stay. Undone by writing back what was there, unless somebody else has changed the file meanwhile.
 */
export const disableLine: StepKind<Data> = {
  kind: "config.disable-line",
  data,
  apply(step) {
    if (!isSame(step, read(step), "before")) throw new StepRefused("experiment.refused.changed", { file: step.file });
    write(step, Buffer.from(step.after, "base64"));
    tell(step);
  },
  undo(step) {
    const now = read(step);
    if (isSame(step, now, "before")) return { outcome: "nothing-to-undo" };
    if (!isOurs(step, now))
      return {
        outcome: "refused",
        why: { code: "experiment.refused.changed", args: { file: step.file } },
        byHand: disableLine.byHand(step),
      };
    write(step, Buffer.from(step.before, "base64"));
    const time = Number(BigInt(step.mtimeNs) / 1000n) / 1e6;
    fs.utimesSync(bytesOf(step.file), time, time);
    tell(step);
    return { outcome: "undone" };
  },
  verify(step) {
    const now = read(step);
    return isSame(step, now, "before")
      ? "before"
      : isSame(step, now, "after")
        ? "after"
        : isOurs(step, now)
          ? "between"
          : "lost";
  },
  effect: ({ file, line }) => ({ code: "experiment.step.disable-line", args: { file, line } }),
  undoing: ({ file, line }) => ({ code: "experiment.undo.disable-line", args: { file, line } }),
  byHand: ({ file, line }) => [["sed", "-i", `${line}s/^#whoforks: //`, file]],
};

export const disableLineStep = stepKind(disableLine);

/** What a line becomes. */
export const MARKER = "#whoforks: ";

/** The table with that line made a comment; null: it has no such line, or that is a comment already. */
export function withoutLine(bytes: Buffer, line: number): Buffer | null {
  let at = 0;
  for (let number = 1; number < line; number++) {
    const end = bytes.indexOf(0x0a, at);
    if (end < 0) return null;
    at = end + 1;
  }
  const end = bytes.indexOf(0x0a, at);
  const text = bytes
    .subarray(at, end < 0 ? bytes.length : end)
    .toString("latin1")
    .trim();
  if (text === "" || text.startsWith("#")) return null;
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(MARKER), bytes.subarray(at)]);
}

/** An ordinary file of that device and inode, opened without following a link and without waiting; null: it is not there. */
function open(step: Data, flags: number): number | null {
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

function read(step: Data): Buffer | null {
  const fd = open(step, fs.constants.O_RDONLY);
  if (fd === null) return null;
  try {
    return fs.readFileSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function write(step: Data, bytes: Buffer): void {
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

function isSame(step: Data, now: Buffer | null, which: "before" | "after"): boolean {
  return now !== null && now.equals(Buffer.from(step[which], "base64"));
}

/** What a write of ours leaves, whole or cut off: the beginning of one content and the end of the other. */
function isOurs(step: Data, now: Buffer | null): boolean {
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

function tell({ tell: whom }: Data): void {
  if (whom !== null && isAlive(whom)) process.kill(whom.pid, "SIGHUP");
}

function bytesOf(path: string): Buffer {
  return Buffer.from(toBytes(path));
}
