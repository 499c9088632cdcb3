import * as fs from "node:fs";
import { fromBytes, type Untrusted } from "../../model/text.ts";

/** Enough for 30,000 sockets or maps. */
const MOST_TEXT = 4 << 20;

/** Up to 4 MiB of a file of /proc, and whether there is more; "" when it is gone or may not be read. */
export function largeText(path: string): { text: Untrusted; cut: boolean } {
  let fd: number;
  try {
    fd = fs.openSync(path, "r");
  } catch {
    return { text: "", cut: false };
  }
  const parts: Buffer[] = [];
  let total = 0;
  try {
    while (total < MOST_TEXT) {
      const part = Buffer.alloc(65_536);
      const length = fs.readSync(fd, part, 0, part.length, null);
      if (length === 0) break;
      parts.push(part.subarray(0, length));
      total += length;
    }
  } catch {
    // It ended meanwhile: what was read stands.
  } finally {
    fs.closeSync(fd);
  }
  return { text: fromBytes(Buffer.concat(parts)), cut: total >= MOST_TEXT };
}

/** The inode of a socket by the link of a file descriptor, `socket:[12345]`; null: it is none. */
export function socketInode(target: Untrusted): string | null {
  return /^socket:\[(\d{1,20})\]$/.exec(target)?.[1] ?? null;
}

/** A line of a table in /proc/PID/net with its words and the inode of its socket (proc_pid_net(5)). */
export interface SocketLine {
  words: string[];
  inode: string | undefined;
  line: Untrusted;
}

/**
 * The lines of one table of sockets. The path of a Unix socket is written as it is, line breaks too, so that lines of
 * `unix` can be forged by whoever binds one.
 */
export function* socketLines(kind: string, text: Untrusted): Generator<SocketLine> {
  const at = kind === "unix" ? 6 : 9;
  for (let from = text.indexOf("\n") + 1; from > 0 && from < text.length;) {
    const end = text.indexOf("\n", from);
    const line = text.slice(from, end < 0 ? text.length : end).trim();
    from = end < 0 ? text.length : end + 1;
    const words = line.split(/\s+/);
    yield { words, inode: words[at], line };
  }
}
