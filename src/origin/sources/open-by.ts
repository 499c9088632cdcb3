import * as fs from "node:fs";
import { fromBytes, type Untrusted } from "../../model/text.ts";
import { Telling } from "../told.ts";
import type { FileInQuestion, Source } from "../types.ts";

const MOST_DESCRIPTORS = 200_000;
const MOST_MAPS = 4 << 20;

/** Processes that run the file, have it open or mapped now. */
export const openBy: Source = {
  id: "processes",
  async look(question) {
    const { file, live } = question;
    if (!live || file === null) return null;
    const telling = new Telling(this.id, question);
    telling.files.push("/proc");
    let refused = 0;
    let left = MOST_DESCRIPTORS;
    for (const name of fs.readdirSync("/proc")) {
      if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
      const folder = `/proc/${name}`;
      const { uses, looked, isRefused } = usesOf(folder, file, left);
      left -= looked;
      if (isRefused) refused++;
      telling.ledger.events++;
      for (const how of uses) {
        const args = { pid: Number(name), comm: small(`${folder}/comm`)?.trimEnd() ?? "?", how };
        telling.event(question.now, "file", `origin.${how}-by`, args, { file: folder, at: how, quote: null });
      }
      if (left <= 0) {
        telling.gap("origin.too-many-open", "/proc", `${MOST_DESCRIPTORS} open files`, { count: MOST_DESCRIPTORS });
        break;
      }
    }
    if (refused > 0) telling.gap("origin.processes-refused", "/proc", `${refused} processes`, { processes: refused });
    return telling.end();
  },
};

type Use = "run" | "written" | "open" | "mapped";

/** How one process uses the file: by device and inode, so a name that was changed since does not matter. */
function usesOf(
  folder: string,
  file: FileInQuestion,
  most: number,
): { uses: Set<Use>; looked: number; isRefused: boolean } {
  const uses = new Set<Use>();
  let looked = 0;
  let isRefused = false;
  const isIt = (link: string): boolean => {
    try {
      // stat(2) of such a link opens nothing, so a FIFO or device behind it does no harm.
      const { dev, ino } = fs.statSync(link, { bigint: true });
      return dev === file.device && ino === file.inode;
    } catch {
      return false;
    }
  };
  if (isIt(`${folder}/exe`)) uses.add("run");
  try {
    for (const fd of fs.readdirSync(`${folder}/fd`)) {
      if (++looked > most) break;
      if (isIt(`${folder}/fd/${fd}`)) uses.add(isWriting(`${folder}/fdinfo/${fd}`) ? "written" : "open");
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    isRefused = code === "EACCES" || code === "EPERM";
  }
  if (!uses.has("run") && mapsInode(`${folder}/maps`, file)) uses.add("mapped");
  return { uses, looked, isRefused };
}

/** `flags:	0100002`: octal, O_ACCMODE is 3 (proc_pid_fdinfo(5)). */
function isWriting(path: string): boolean {
  const flags = /^flags:\s*([0-7]+)$/m.exec(small(path) ?? "")?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & 3) !== 0;
}

/** A line of maps has device and inode in its fourth and fifth field (proc_pid_maps(5)). */
function mapsInode(path: string, { device, inode }: FileInQuestion): boolean {
  const maps = small(path, MOST_MAPS);
  if (maps === null || !maps.includes(` ${inode} `)) return false;
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
  const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn);
  const spelt = `${major.toString(16).padStart(2, "0")}:${minor.toString(16).padStart(2, "0")}`;
  return maps.split("\n").some((line) => {
    const [, , , dev, ino] = line.split(/ +/);
    return dev === spelt && ino === String(inode);
  });
}

function small(path: string, most = 65_536): Untrusted | null {
  let fd: number | null = null;
  try {
    fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const parts: Buffer[] = [];
    for (let total = 0; total < most;) {
      const part = Buffer.allocUnsafe(65_536);
      const got = fs.readSync(fd, part, 0, part.length, null);
      if (got === 0) break;
      parts.push(part.subarray(0, got));
      total += got;
    }
    return fromBytes(Buffer.concat(parts));
  } catch {
    // It ended, or may not be looked at.
    return null;
  } finally {
    if (fd !== null) fs.closeSync(fd);
  }
}
