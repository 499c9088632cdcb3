import { CALLS, type ArgumentKind } from "./call-kinds.ts";
import { capabilities, flagsOf, modeName, nameOf, signalName } from "./constants.ts";
import type { Value } from "./event.ts";
import type { Names } from "./names.ts";

const AT_FDCWD = 0xffffff9cn;
const NAMES: Readonly<Record<string, readonly string[]>> = {
  seek: ["SEEK_SET", "SEEK_CUR", "SEEK_END", "SEEK_DATA", "SEEK_HOLE"],
  shutdown: ["SHUT_RD", "SHUT_WR", "SHUT_RDWR"],
  priority: ["PRIO_PROCESS", "PRIO_PGRP", "PRIO_USER"],
  itimer: ["ITIMER_REAL", "ITIMER_VIRTUAL", "ITIMER_PROF"],
  clock: [
    "CLOCK_REALTIME",
    "CLOCK_MONOTONIC",
    "CLOCK_PROCESS_CPUTIME_ID",
    "CLOCK_THREAD_CPUTIME_ID",
    "CLOCK_MONOTONIC_RAW",
    "CLOCK_REALTIME_COARSE",
    "CLOCK_MONOTONIC_COARSE",
    "CLOCK_BOOTTIME",
    "CLOCK_REALTIME_ALARM",
    "CLOCK_BOOTTIME_ALARM",
  ],
  epoll: ["", "EPOLL_CTL_ADD", "EPOLL_CTL_DEL", "EPOLL_CTL_MOD"],
  seccomp: [
    "SECCOMP_SET_MODE_STRICT",
    "SECCOMP_SET_MODE_FILTER",
    "SECCOMP_GET_ACTION_AVAIL",
    "SECCOMP_GET_NOTIF_SIZES",
  ],
  madvise: ["MADV_NORMAL", "MADV_RANDOM", "MADV_SEQUENTIAL", "MADV_WILLNEED", "MADV_DONTNEED"],
};
const BITS: Readonly<Record<string, readonly (readonly [number, string])[]>> = {
  wait: [
    [1, "WNOHANG"],
    [2, "WUNTRACED"],
    [4, "WEXITED"],
    [8, "WCONTINUED"],
    [0x1000000, "WNOWAIT"],
    [0x20000000, "__WNOTHREAD"],
    [0x40000000, "__WALL"],
    [0x80000000, "__WCLONE"],
  ],
  unlinkat: [[0x200, "AT_REMOVEDIR"]],
  at: [
    [0x100, "AT_SYMLINK_NOFOLLOW"],
    [0x200, "AT_EACCESS"],
    [0x400, "AT_SYMLINK_FOLLOW"],
    [0x800, "AT_NO_AUTOMOUNT"],
    [0x1000, "AT_EMPTY_PATH"],
  ],
  lock: [
    [1, "LOCK_SH"],
    [2, "LOCK_EX"],
    [4, "LOCK_NB"],
    [8, "LOCK_UN"],
  ],
  memfd: [
    [1, "MFD_CLOEXEC"],
    [2, "MFD_ALLOW_SEALING"],
    [4, "MFD_HUGETLB"],
    [8, "MFD_NOEXEC_SEAL"],
    [16, "MFD_EXEC"],
  ],
};
const SOCKET_FLAGS = 0x80800n;

/**
 * What the arguments `a0` to `a3` of a call mean. Audit writes them as hexadecimal words; those that are addresses, or of a call
 * not known here, become `0x…`.
 * @param raw the four as written, null where the record has none
 */
export function readArguments(
  call: string,
  raw: readonly (string | null)[],
  names: Names,
): { readonly [name: string]: Value } {
  const words = raw.map((text) => (text !== null && /^[0-9a-f]{1,16}$/.test(text) ? BigInt(`0x${text}`) : null));
  const kinds = CALLS[call] ?? [];
  const fields: Record<string, Value> = {};
  for (const [index, text] of raw.entries()) {
    if (text === null) continue;
    const word = words[index] ?? null;
    const kind = kinds[index] ?? null;
    fields[`a${index}`] =
      word === null ? text : kind === null ? hex(word) : (readArgument(kind, word, words, names) ?? hex(word));
  }
  return fields;
}

function hex(word: bigint): string {
  return `0x${word.toString(16)}`;
}

function readArgument(kind: ArgumentKind, word: bigint, words: readonly (bigint | null)[], names: Names): Value {
  const low = Number(word & 0xffffffffn);
  const bits = word & 0xffffffffn;
  switch (kind) {
    case "fd-or-cwd":
      return bits === AT_FDCWD ? "AT_FDCWD" : null;
    case "open": {
      const access = ["O_RDONLY", "O_WRONLY", "O_RDWR", "O_WRONLY|O_RDWR"][low & 3] as string;
      const flags = flagsOf("open", bits & ~3n);
      return flags === "" ? access : `${access}|${flags}`;
    }
    case "mode":
      return modeArgument(low);
    case "mode-of-1":
    case "mode-of-2":
      // Without O_CREAT and O_TMPFILE there is no such argument.
      return ((words[kind === "mode-of-1" ? 1 : 2] ?? 0n) & 0x400040n) === 0n ? null : modeArgument(low);
    case "ioctl":
      return nameOf("ioctl", low);
    case "access":
      return low === 0 ? "F_OK" : flagsOf("access", bits);
    case "protection":
      return low === 0 ? "PROT_NONE" : flagsOf("protection", bits);
    case "map":
      return mapFlags(bits);
    case "clone":
      return low === 0 ? null : flagsOf("clone", bits);
    case "clone-signal": {
      // The low byte is the signal that the parent gets at the child's end.
      const flags = flagsOf("clone", bits & ~0xffn);
      const signal = low & 0xff;
      return [flags, signal === 0 ? "" : signalName(signal)].filter((part) => part !== "").join("|") || null;
    }
    case "mount":
      return low === 0 ? null : flagsOf("mount", bits);
    case "umount":
      return low === 0 ? null : flagsOf("umount", bits);
    case "signal":
      return signalName(low);
    case "uid":
      return names.uid(low);
    case "gid":
      return names.gid(low);
    case "prctl":
      return nameOf("prctl", low);
    case "prctl-argument":
      return prctlArgument(Number(words[0] ?? 0n), low);
    case "sched":
      return nameOf("sched", low & 0xffff);
    case "fcntl":
      return nameOf("fcntl", low);
    case "fcntl-argument":
      return fcntlArgument(Number(words[1] ?? 0n), bits);
    case "family":
      return nameOf("family", low);
    case "socket": {
      const type = nameOf("socket", Number(bits & 0xfn));
      const flags = [bits & 0x80000n ? "SOCK_CLOEXEC" : "", bits & 0x800n ? "SOCK_NONBLOCK" : ""];
      if ((bits & ~SOCKET_FLAGS & ~0xfn) !== 0n || (type === null && low !== 0 && Number(bits & 0xfn) !== 0))
        return null;
      return [type ?? "", ...flags].filter((part) => part !== "").join("|") || null;
    }
    case "protocol":
      // The numbers are IP's only where the family is.
      return words[0] === 2n || words[0] === 10n ? nameOf("protocol", low) : null;
    case "message":
      return low === 0 ? null : flagsOf("message", bits);
    case "level":
      return low === 1 ? "SOL_SOCKET" : (nameOf("level", low) ?? nameOf("protocol", low));
    case "option":
      return socketOption(Number(words[1] ?? 0n), low);
    case "trace":
      return nameOf("trace", low);
    case "limit":
      return nameOf("limit", low);
    case "bpf":
      return nameOf("bpf", low);
    case "exit":
      // The kernel keeps one byte of it.
      return low & 0xff;
    case "dirty-decimal":
      // A number of a process: 32 bits with a sign, in a word whose upper half may hold anything.
      return low | 0;
    case "pipe":
      return low === 0 ? null : flagsOf("open", bits);
    case "wait":
    case "unlinkat":
    case "at":
    case "lock":
    case "memfd":
      return low === 0 ? null : named(BITS[kind] as readonly (readonly [number, string])[], low);
    case "seek":
    case "shutdown":
    case "priority":
    case "itimer":
    case "clock":
    case "epoll":
    case "seccomp":
    case "madvise":
      return NAMES[kind]?.[low] ?? null;
  }
}

/** As `modeName`, its permissions with a leading 0. */
function modeArgument(mode: number): string {
  return modeName(mode & 0o177777).replace(/(\d+)$/, "0$1");
}

function named(bits: readonly (readonly [number, string])[], value: number): string {
  const names: string[] = [];
  let left = value >>> 0;
  for (const [bit, name] of bits)
    if ((left & bit) !== 0) {
      names.push(name);
      left = (left & ~bit) >>> 0;
    }
  if (left !== 0) names.push(`0x${left.toString(16)}`);
  return names.join("|");
}

/** Flags of mmap(2): the low four bits are one choice. */
export function mapFlags(bits: bigint): string {
  const kind = ["", "MAP_SHARED", "MAP_PRIVATE", "MAP_SHARED_VALIDATE"][Number(bits & 0xfn)] ?? hex(bits & 0xfn);
  return [kind, flagsOf("map", bits & ~0xfn)].filter((part) => part !== "").join("|") || "0x0";
}

function prctlArgument(operation: number, argument: number): Value {
  switch (nameOf("prctl", operation)) {
    case "PR_SET_PDEATHSIG":
      return signalName(argument);
    case "PR_CAPBSET_READ":
    case "PR_CAPBSET_DROP":
      return argument < 64 ? capabilities(1n << BigInt(argument)) : null;
    default:
      return null;
  }
}

function fcntlArgument(command: number, bits: bigint): Value {
  switch (nameOf("fcntl", command)) {
    case "F_SETFD":
      return bits === 1n ? "FD_CLOEXEC" : null;
    case "F_SETFL":
      return bits === 0n ? null : flagsOf("open", bits);
    default:
      return null;
  }
}

function socketOption(level: number, option: number): Value {
  if (level === 1) return nameOf("option", option);
  if (level === 6) return nameOf("tcp", option);
  if (level === 0) return nameOf("ip", option);
  return level === 41 ? nameOf("ipv6", option) : null;
}
