import * as fs from "node:fs";
import { endianness } from "node:os";
import type { Listening, ListeningSocket } from "../../model/listening.ts";
import { fromBytes, type Untrusted } from "../../model/text.ts";
import { link, TICKS } from "./facts.ts";
import { readSmall } from "./read-small.ts";
import { largeText, socketInode, socketLines } from "./sockets.ts";
import { parseStatLine } from "./stat-line.ts";

/** A server has its listening sockets among the first; one with more descriptors is not looked through. */
const MOST_FDS = 16_384;
const MOST_SOCKETS = 8;
/** TCP_LISTEN of include/net/tcp_states.h as /proc/net/tcp writes it. */
const TCP_LISTEN = "0A";
/** __SO_ACCEPTCON of include/uapi/linux/net.h, as /proc/net/unix has it in its flags. */
const SO_ACCEPTCON = 0x10000;

/** The tables of one network namespace. */
interface Tables {
  /** Inode → the listening socket. */
  listening: Map<string, ListeningSocket>;
  /** Port pairs of TCP connections: the local one, and the other one where both ends are here. */
  connections: { port: number; peer: number | null }[];
  /** Whether they were longer than what is read of them. */
  cut: boolean;
}

/**
 * Tells on which sockets processes listen: the descriptors of the process asked about (/proc/PID/fd) against the tables
 * of its network namespace (/proc/PID/net/tcp, tcp6 and unix; proc_pid_net(5)). Tables are read once for each namespace.
 */
export class ListeningSockets {
  readonly #tables = new Map<string, Tables>();
  readonly #own = link("/proc/self/ns/net");

  /**
   * @param startedAfterBoot seconds, as the snapshot has it: with `pid` the identity of the process
   * @returns null: it is gone
   */
  of(pid: number, startedAfterBoot: number): Listening | null {
    if (!isStill(pid, startedAfterBoot)) return null;
    const read = inodesOf(pid);
    const network = link(`/proc/${pid}/ns/net`);
    const tables = "why" in read || network === null ? null : this.#tablesOf(pid, network);
    if (!isStill(pid, startedAfterBoot)) return null;
    if ("why" in read) return read;
    if (tables === null || network === null) return { why: "its network namespace may not be looked at" };
    const sockets = [...read.inodes].flatMap((inode) => tables.listening.get(inode) ?? []);
    if (sockets.length === 0 && read.more) return { why: `it has more than ${MOST_FDS} files open` };
    if (sockets.length === 0 && tables.cut) return { why: "the kernel's table of sockets is too long to be read" };
    const ports = new Set(sockets.flatMap(({ port }) => port ?? []));
    const connections = tables.connections.filter(
      ({ port, peer }) => ports.has(port) || (peer !== null && ports.has(peer)),
    ).length;
    return { sockets: sockets.slice(0, MOST_SOCKETS), connections, sameNetwork: network === this.#own };
  }

  #tablesOf(pid: number, network: string): Tables {
    let known = this.#tables.get(network);
    if (known === undefined) {
      known = readTables((kind) => largeText(`/proc/${pid}/net/${kind}`));
      this.#tables.set(network, known);
    }
    return known;
  }
}

/** Reads the three tables; `textOf` gives their text. */
export function readTables(textOf: (kind: "tcp" | "tcp6" | "unix") => { text: Untrusted; cut: boolean }): Tables {
  const tables: Tables = { listening: new Map(), connections: [], cut: false };
  for (const kind of ["tcp", "tcp6"] as const) {
    const { text, cut } = textOf(kind);
    let last: string | undefined;
    for (const { words, inode } of socketLines(kind, text)) {
      const [, local = "", remote = "", state] = words;
      last = state;
      const [host, port] = endpoint(local);
      if (inode === undefined || port === null) continue;
      if (state === TCP_LISTEN) {
        const address = `${kind === "tcp6" ? `[${ipv6(host)}]` : ipv4(host)}:${port}`;
        tables.listening.set(inode, { protocol: "tcp", address, port });
      } else {
        const [peerHost, peerPort] = endpoint(remote);
        tables.connections.push({ port, peer: peerHost === host ? peerPort : null });
      }
    }
    // The kernel writes those that listen first: behind the first connection there are no more of them.
    if (cut && last === TCP_LISTEN) tables.cut = true;
  }
  const { text, cut } = textOf("unix");
  tables.cut ||= cut;
  for (const { words, inode, line } of socketLines("unix", text)) {
    if (inode === undefined || (Number.parseInt(words[3] ?? "", 16) & SO_ACCEPTCON) === 0) continue;
    const path = /^(?:\S+\s+){7}(.*)$/s.exec(line)?.[1] ?? "";
    if (!tables.listening.has(inode)) tables.listening.set(inode, { protocol: "unix", address: path, port: null });
  }
  return tables;
}

/** `0100007F:0016` → the address's digits and the port. */
function endpoint(text: string): [host: string, port: number | null] {
  const parts = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(text);
  return parts === null ? ["", null] : [parts[1] as string, Number.parseInt(parts[2] as string, 16)];
}

/** The kernel prints each 32 bits of an address, which are in network order, as a number of the machine's own. */
function bytesOf(digits: string): number[] {
  const words = digits.match(/.{8}/g) ?? [];
  return words.flatMap((word) => {
    const bytes = (word.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16));
    return endianness() === "LE" ? bytes.reverse() : bytes;
  });
}

function ipv4(digits: string): string {
  return bytesOf(digits).join(".");
}

/** The shortest form of RFC 5952. */
function ipv6(digits: string): string {
  const groups = (Buffer.from(bytesOf(digits)).toString("hex").match(/.{4}/g) ?? []).map((group) =>
    group.replace(/^0{1,3}/, ""),
  );
  let at = -1;
  let length = 1;
  for (let from = 0; from < groups.length; from++) {
    let end = from;
    while (groups[end] === "0") end++;
    if (end - from > length) [at, length] = [from, end - from];
  }
  if (at < 0) return groups.join(":");
  return `${groups.slice(0, at).join(":")}::${groups.slice(at + length).join(":")}`;
}

function inodesOf(pid: number): { inodes: Set<string>; more: boolean } | { why: string } {
  const dir = `/proc/${pid}/fd`;
  const inodes = new Set<string>();
  try {
    const folder = fs.opendirSync(dir, { bufferSize: 256 });
    try {
      for (let read = 0; ; read++) {
        const entry = folder.readSync();
        if (entry === null) return { inodes, more: false };
        if (read >= MOST_FDS) return { inodes, more: true };
        const inode = socketInode(targetOf(`${dir}/${entry.name}`));
        if (inode !== null) inodes.add(inode);
      }
    } finally {
      folder.closeSync();
    }
  } catch (error) {
    return { why: `${dir}: ${error instanceof Error ? error.message.replace(/,.*$/s, "") : "cannot be read"}` };
  }
}

/** "": closed meanwhile. */
function targetOf(path: string): Untrusted {
  try {
    return fromBytes(fs.readlinkSync(path, { encoding: "buffer" }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

function isStill(pid: number, startedAfterBoot: number): boolean {
  const line = readSmall(`/proc/${pid}/stat`);
  const stat = line === null ? null : parseStatLine(line);
  return stat !== null && stat.startTicks / TICKS === startedAfterBoot;
}
