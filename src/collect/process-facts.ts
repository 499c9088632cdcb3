import * as fs from "node:fs";
import { factsOf } from "../capture/procfs/facts.ts";
import { largeText, socketInode, socketLines } from "../capture/procfs/sockets.ts";
import { redactArguments } from "../model/redact.ts";
import type { ProcFacts } from "../model/snapshot.ts";
import { fromBytes, type Untrusted } from "../model/text.ts";

const MOST_FDS = 1024;
const MOST_MAPS = 512;

/** A socket by its number, as /proc/PID/net tells it. */
export interface Socket {
  fd: number;
  kind: string;
  /** The line of the table, addresses in the kernel's hexadecimal; null: it is in no table that was read. */
  line: Untrusted | null;
}

export interface ProcessFacts {
  process: ProcFacts;
  openFiles: { fd: number; target: Untrusted }[];
  sockets: Socket[];
  /** Files mapped into it. */
  mapped: Untrusted[];
}

/** What one living process has open, by /proc; null: it is gone. Its environment is not read. Secrets in arguments are taken out if asked. */
export function processFacts(pid: number, redact: boolean): ProcessFacts | null {
  const process = factsOf(pid, null);
  if (process === null) return null;
  const openFiles: ProcessFacts["openFiles"] = [];
  for (const fd of numbersIn(`/proc/${pid}/fd`).slice(0, MOST_FDS)) {
    const target = link(`/proc/${pid}/fd/${fd}`);
    if (target !== null) openFiles.push({ fd, target });
  }
  const argv = process.argv === null || !redact ? process.argv : [...redactArguments(process.argv)];
  return { process: { ...process, argv }, openFiles, sockets: socketsOf(pid, openFiles), mapped: mappedBy(pid) };
}

/** `socket:[12345]` → the line with that inode in the tables of its network namespace (proc_pid_net(5)). */
function socketsOf(pid: number, openFiles: ProcessFacts["openFiles"]): Socket[] {
  const wanted = new Map<string, number>();
  for (const { fd, target } of openFiles) {
    const inode = socketInode(target);
    if (inode !== null) wanted.set(inode, fd);
  }
  const found: Socket[] = [];
  for (const kind of wanted.size === 0 ? [] : ["tcp", "tcp6", "udp", "udp6", "unix", "raw", "netlink"])
    for (const { inode, line } of socketLines(kind, largeText(`/proc/${pid}/net/${kind}`).text)) {
      const fd = inode === undefined ? undefined : wanted.get(inode);
      if (inode === undefined || fd === undefined) continue;
      found.push({ fd, kind, line });
      wanted.delete(inode);
    }
  for (const fd of wanted.values()) found.push({ fd, kind: "socket", line: null });
  return found;
}

function mappedBy(pid: number): Untrusted[] {
  const files = new Set<Untrusted>();
  for (const line of largeText(`/proc/${pid}/maps`).text.split("\n")) {
    const at = line.indexOf("/");
    if (at > 0 && files.size < MOST_MAPS) files.add(line.slice(at));
  }
  return [...files];
}

function numbersIn(folder: string): number[] {
  try {
    return fs
      .readdirSync(folder)
      .map(Number)
      .filter(Number.isSafeInteger)
      .sort((a, b) => a - b);
  } catch {
    return [];
  }
}

function link(path: string): Untrusted | null {
  try {
    return fromBytes(fs.readlinkSync(path, { encoding: "buffer" }));
  } catch {
    return null;
  }
}

/** Whether a program has no file any more: deleted, or made by memfd_create(2). */
export function hasNoFile(exe: Untrusted): boolean {
  return exe.endsWith(" (deleted)") || exe.startsWith("/memfd:");
}

/** The program that a process runs, by /proc/PID/exe, up to `limit` bytes; null: it is gone. */
export function programBytes(pid: number, limit: number): { bytes: Buffer; cut: boolean } | null {
  return readBounded(() => fs.openSync(`/proc/${pid}/exe`, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK), limit);
}

/** Content of what `open` opens, which is a regular file; null: it cannot be had. */
export function readBounded(open: () => number | null, limit: number): { bytes: Buffer; cut: boolean } | null {
  let fd: number | null = null;
  try {
    fd = open();
    if (fd === null || !fs.fstatSync(fd).isFile()) return null;
    const size = fs.fstatSync(fd).size;
    const bytes = Buffer.alloc(Math.min(size, limit));
    let at = 0;
    while (at < bytes.length) {
      const got = fs.readSync(fd, bytes, at, bytes.length - at, at);
      if (got === 0) break;
      at += got;
    }
    return { bytes: bytes.subarray(0, at), cut: size > limit };
  } catch {
    return null;
  } finally {
    if (fd !== null) fs.closeSync(fd);
  }
}
