import * as fs from "node:fs";
import type { Untrusted } from "../model/text.ts";
import { APPEND_ONLY, IMMUTABLE, inodeFlagsOf } from "../platform/attributes.ts";
import { errnoOf } from "../platform/errno.ts";
import type { Root } from "../platform/root.ts";
import { fileSource } from "../platform/file-source.ts";
import { LARGEST_READ, readContent, type Content } from "./content.ts";
import { readElf } from "../elf/read-elf.ts";
import { capabilityText } from "./capabilities.ts";
import { rightsOf, type Rights } from "./rights.ts";
import type { DigestAlgorithm } from "./digests.ts";
import type { ElfFacts, FileFacts } from "./types.ts";

/** A file that was looked at: metadata, content and format. */
export interface InspectedFile {
  facts: FileFacts;
  /** Device and inode: the same for every name of one file. */
  identity: string;
  /** Type by stat: `file`, `directory`, `socket`, … */
  type: string;
  /** st_mode. */
  mode: number;
  mtime: bigint;
  ctime: bigint;
  /** Null when it is no regular file, may not be read, or is larger than `LARGEST_READ`. */
  content: Content | null;
  elf: ElfFacts | null;
  /** What was damaged in the ELF file. */
  elfProblems: string[];
  /** Bytes that are allocated for it. */
  allocated: number;
  /** It changed each time it was read. */
  changing: boolean;
  /** Null where it was not opened. */
  rights: Rights | null;
  /** errno name (`EACCES`, `EIO`) that kept it from being read, or null. */
  error: string | null;
}

/**
 * Looks at the file that a path leads to, reading its whole content once, for its SHA-256 and the digests asked for. Null
 * when there is none.
 */
export function inspect(
  root: Root,
  path: Untrusted,
  algorithms: readonly DigestAlgorithm[] = [],
): InspectedFile | null {
  const stat = root.stat(path);
  if (stat === null) return null;
  if (!stat.isFile() || isTooLarge(stat)) return withoutContent(stat, null);
  let fd: number | null = null;
  try {
    fd = root.open(path);
    if (fd === null) return withoutContent(stat, null);
    // From the open file, so that facts and content belong together even when the name is changed meanwhile.
    return readOpen(fd, algorithms);
  } catch (error) {
    return withoutContent(stat, errnoOf(error) || "unreadable");
  } finally {
    if (fd !== null) fs.closeSync(fd);
  }
}

/**
 * The same for a file that a link of this host's /proc leads to (`/proc/812/exe`), which need not have a name any more.
 * Null when the process has ended; what the kernel refuses is in `error`.
 */
export function inspectLinked(link: string, algorithms: readonly DigestAlgorithm[] = []): InspectedFile | null {
  let fd: number;
  try {
    fd = fs.openSync(link, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY);
  } catch {
    // ENOENT, ESRCH: gone. EACCES: nothing can be told of it either.
    return null;
  }
  try {
    const stat = fs.fstatSync(fd, { bigint: true });
    return stat.isFile() ? readOpen(fd, algorithms) : withoutContent(stat, null);
  } catch {
    return null;
  } finally {
    fs.closeSync(fd);
  }
}

/** How often a file is read that changes meanwhile. */
const READINGS = 3;

/** A digest of bytes of two moments is that of no content: what changes while it is read is read again. */
function readOpen(fd: number, algorithms: readonly DigestAlgorithm[]): InspectedFile {
  for (let reading = 1; ; reading++) {
    const before = fs.fstatSync(fd, { bigint: true });
    if (isTooLarge(before)) return withoutContent(before, null);
    const key = [before.dev, before.ino, before.size, before.mtimeNs, before.ctimeNs, ...algorithms].join(":");
    const known = lately.get(key);
    if (known !== undefined) return { ...known, facts: { ...known.facts, flags: [...known.facts.flags] } };
    const inspected = readOnce(fd, before, algorithms);
    const after = fs.fstatSync(fd, { bigint: true });
    const steady = after.size === before.size && after.mtimeNs === before.mtimeNs && after.ctimeNs === before.ctimeNs;
    if (steady && inspected.content?.size === Number(after.size)) {
      keep(key, inspected);
      return { ...inspected, facts: { ...inspected.facts, flags: [...inspected.facts.flags] } };
    }
    if (reading === READINGS) return { ...withoutContent(after, null), changing: true };
  }
}

/** The large files that were read last: an interpreter that runs ten scripts is read once. */
const lately = new Map<string, InspectedFile>();
const KEPT = 8;
const KEPT_FROM = 1 << 20;
/** A file that is younger may change again within the tick of the clock that stamps it. */
const SETTLED_MS = 2000;

function keep(key: string, inspected: InspectedFile): void {
  const young = Date.now() - Number(inspected.ctime / 1_000_000n) < SETTLED_MS;
  if (young || inspected.facts.size < KEPT_FROM) return;
  lately.set(key, inspected);
  const [oldest] = lately.keys();
  if (lately.size > KEPT && oldest !== undefined) lately.delete(oldest);
}

/** Too long to read, or hardly anything but holes: a sparse file of gigabytes costs an enemy nothing. */
export function isTooLarge(stat: fs.BigIntStats): boolean {
  return stat.size > LARGEST_READ || isSparse(stat);
}

function isSparse({ size, blocks }: fs.BigIntStats): boolean {
  return size > SPARSE_FROM && blocks * 512n < size / 16n;
}

const SPARSE_FROM = 256n << 20n;

function readOnce(fd: number, stat: fs.BigIntStats, algorithms: readonly DigestAlgorithm[]): InspectedFile {
  const content = readContent(fd, Number(stat.size), algorithms);
  const elf = readElf(fileSource(fd));
  const inspected = withoutContent(stat, null);
  const rights = rightsOf(fd, stat);
  const capabilities = rights.capabilities ? { capabilities: capabilityText(rights.capabilities) } : {};
  return {
    ...inspected,
    facts: { ...inspected.facts, sha256: content.sha256, ...capabilities },
    rights,
    content,
    elf: elf === null ? null : { ...elf.facts, entropy: Math.round(content.entropy * 1000) / 1000 },
    elfProblems: elf?.problems ?? [],
  };
}

function withoutContent(stat: fs.BigIntStats, error: string | null): InspectedFile {
  const flags: string[] = [];
  if ((stat.mode & 0o4000n) !== 0n) flags.push("setuid");
  if ((stat.mode & 0o2000n) !== 0n) flags.push("setgid");
  if ((stat.mode & 0o1000n) !== 0n) flags.push("sticky");
  const facts: FileFacts = {
    size: Number(stat.size),
    mode: modeString(Number(stat.mode)),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    mtime: isoTime(stat.mtimeNs),
    ctime: isoTime(stat.ctimeNs),
    birth: stat.birthtimeNs > 0n ? isoTime(stat.birthtimeNs) : null,
    inode: Number(stat.ino),
    sha256: "",
    flags,
  };
  const mode = Number(stat.mode);
  const type = typeName(mode);
  const identity = `${stat.dev}:${stat.ino}`;
  const rest = { mtime: stat.mtimeNs, ctime: stat.ctimeNs, content: null, elf: null, elfProblems: [], error };
  const more = { allocated: Number(stat.blocks) * 512, changing: false, rights: null };
  return { facts, identity, type, mode, ...rest, ...more };
}

/** Character of ls(1) and word for each S_IFMT value, see inode(7). */
const TYPES: Readonly<Record<number, readonly [string, string]>> = {
  1: ["p", "FIFO"],
  2: ["c", "character device"],
  4: ["d", "directory"],
  6: ["b", "block device"],
  8: ["-", "file"],
  10: ["l", "symbolic link"],
  12: ["s", "socket"],
};

/** `file`, `FIFO`, `directory`, … of st_mode. */
export function typeName(mode: number): string {
  return TYPES[(mode & 0o170000) >> 12]?.[1] ?? "unknown";
}

/** Mode as ls(1) writes it: 0o100711 is `-rwx--x--x`, 0o104755 is `-rwsr-xr-x`. */
export function modeString(mode: number): string {
  const bit = (mask: number, letter: string) => ((mode & mask) === 0 ? "-" : letter);
  const execute = (mask: number, special: number, letter: string) => {
    if ((mode & special) === 0) return bit(mask, "x");
    return (mode & mask) === 0 ? letter.toUpperCase() : letter;
  };
  return [
    TYPES[(mode & 0o170000) >> 12]?.[0] ?? "?",
    bit(0o400, "r") + bit(0o200, "w") + execute(0o100, 0o4000, "s"),
    bit(0o040, "r") + bit(0o020, "w") + execute(0o010, 0o2000, "s"),
    bit(0o004, "r") + bit(0o002, "w") + execute(0o001, 0o1000, "t"),
  ].join("");
}

/** ISO 8601 UTC of nanoseconds since 1970. Fractions are left out when zero, as tar leaves them: their absence is a fact. */
export function isoTime(time: bigint): string {
  const fraction = ((time % SECOND) + SECOND) % SECOND;
  const seconds = Number((time - fraction) / SECOND);
  // Beyond year 275760 there is no Date; a file may carry such a time all the same.
  const date = new Date(Math.max(-8.64e15, Math.min(8.64e15, seconds * 1000)));
  const text = date.toISOString().replace(".000Z", "");
  return fraction === 0n ? `${text}Z` : `${text}.${fraction.toString().padStart(9, "0")}Z`;
}

const SECOND = 1_000_000_000n;

/**
 * `immutable` and `append-only` of the regular file that a path leads to, as lsattr(1) shows them. Empty when none is set,
 * and also when that cannot be told: no koffi, not permitted, a file system without these flags.
 */
export function inodeFlags(root: Root, path: Untrusted): string[] {
  let fd: number | null = null;
  try {
    fd = root.open(path);
    const flags = (fd === null ? null : inodeFlagsOf(fd)) ?? 0;
    return [...(flags & IMMUTABLE ? ["immutable"] : []), ...(flags & APPEND_ONLY ? ["append-only"] : [])];
  } catch {
    return [];
  } finally {
    if (fd !== null) fs.closeSync(fd);
  }
}
