import { auditArch } from "../../../syscalls/abi.ts";
import { fromBytes, type Untrusted } from "../../../model/text.ts";
import { fromLatin1 } from "../../text/latin1.ts";
import { mapFlags } from "./call-arguments.ts";
import { capabilities, errorName, flagsOf, modeName, nameOf, signalName } from "./constants.ts";
import type { Value } from "./event.ts";
import type { FieldKind } from "./field-kinds.ts";
import type { Names } from "./names.ts";
import { readAddress } from "./sockaddr.ts";

const NONE = new Set(["(null)", "(none)", "?"]);

/**
 * Understands one value as written (in Latin-1). What does not have the form of its kind stays text, so nothing is lost or
 * made up. A quoted value is never decoded, whatever it looks like.
 */
export function readValue(kind: FieldKind | null, raw: string, names: Names): Value {
  if (raw.startsWith('"')) {
    const text = fromLatin1(raw.endsWith('"') && raw.length > 1 ? raw.slice(1, -1) : raw.slice(1));
    return kind === "key" ? keyList(text) : kind === "title" ? [text] : text;
  }
  if (kind === null) return NONE.has(raw) ? null : fromLatin1(raw);
  const bytes = kind === "encoded" || kind === "key" || kind === "title" || kind === "address" ? fromHex(raw) : null;
  if (bytes !== null) {
    if (kind === "address") return readAddress(bytes);
    if (kind === "title") return title(bytes);
    return kind === "key" ? keyList(fromBytes(bytes)) : fromBytes(bytes);
  }
  if (kind === "key") return NONE.has(raw) ? [] : keyList(fromLatin1(raw));
  if (NONE.has(raw)) return null;
  const small = BY_DECIMAL.has(kind) ? smallDecimal(raw) : null;
  if (small !== null) return meaningOfSmall(kind, small, names);
  const number = numberOf(kind, raw);
  return number === null ? fromLatin1(raw) : (meaning(kind, number, names) ?? fromLatin1(raw));
}

/** Upper-case hexadecimal of whole bytes; only such counts as encoded. */
export function fromHex(raw: string): Uint8Array | null {
  return raw.length > 0 && raw.length % 2 === 0 && /^[0-9A-F]+$/.test(raw) ? Buffer.from(raw, "hex") : null;
}

function keyList(text: Untrusted): Untrusted[] {
  // auditctl joins several keys by a byte 1.
  return text.split("\u0001").filter((key) => key !== "");
}

/** NUL-separated arguments. The kernel cuts them at 128 bytes, so the last may be a beginning. */
function title(bytes: Uint8Array): Untrusted[] {
  let end = bytes.length;
  if (end > 0 && bytes[end - 1] === 0) end--;
  return Buffer.from(bytes.subarray(0, end)).toString("latin1").split("\0").map(fromLatin1);
}

const HEXADECIMAL: ReadonlySet<FieldKind> = new Set(["arch", "capabilities", "seccomp", "personality"]);
const OCTAL: ReadonlySet<FieldKind> = new Set(["mode"]);

/** The number a value stands for, in the base of its kind; `0x` and, for flags, a leading 0 say their base themselves. */
function numberOf(kind: FieldKind, raw: string): bigint | null {
  if (/^0x[0-9a-fA-F]{1,16}$/.test(raw)) return BigInt(raw);
  if (HEXADECIMAL.has(kind)) return /^[0-9a-fA-F]{1,16}$/.test(raw) ? BigInt(`0x${raw}`) : null;
  if (OCTAL.has(kind) || (kind === "open" && raw.startsWith("0")))
    return /^[0-7]{1,11}$/.test(raw) ? BigInt(`0o${raw}`) : null;
  return /^-?\d{1,19}$/.test(raw) ? BigInt(raw) : null;
}

/** Kinds whose numbers are nearly always decimal ones that a double holds: what records have most of. */
const BY_DECIMAL: ReadonlySet<FieldKind> = new Set(["uid", "gid", "session", "exit", "decimal", "call"]);
const SMALL_DIGITS = 15;

function smallDecimal(raw: string): number | null {
  const negative = raw.charCodeAt(0) === 0x2d;
  const first = negative ? 1 : 0;
  if (raw.length === first || raw.length - first > SMALL_DIGITS) return null;
  let value = 0;
  for (let at = first; at < raw.length; at++) {
    const digit = raw.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return null;
    value = value * 10 + digit;
  }
  return negative ? 0 - value : value;
}

function meaningOfSmall(kind: FieldKind, number: number, names: Names): Value {
  switch (kind) {
    case "uid":
      return names.uid(number);
    case "gid":
      return names.gid(number);
    case "session":
      return number === -1 || number === 0xffffffff ? "unset" : number;
    case "exit":
      return number < 0 ? (errorName(-number) ?? number) : number;
    default:
      return number;
  }
}

function meaning(kind: FieldKind, big: bigint, names: Names): Value {
  const number = Number(big);
  switch (kind) {
    case "uid":
    case "gid":
    case "session":
      return meaningOfSmall(kind, number, names);
    case "arch":
      return auditArch(number >>> 0).abi.machine;
    case "exit":
      return number < 0 ? (errorName(-number) ?? number) : safe(big);
    case "signal":
      return signalName(number);
    case "mode":
      return modeName(number);
    case "capabilities":
      return capabilities(big);
    case "capability":
      return nameOf("capability", number) ?? number;
    case "result":
      return number === 1 ? "yes" : number === 0 ? "no" : number;
    case "seccomp":
      return seccompAction(number);
    case "filter-list":
      return ["user", "task", "entry", "watch", "exit", "exclude", "filesystem", "io_uring"][number] ?? number;
    case "permissions":
      return permissions(number);
    case "map":
      return mapFlags(big);
    case "open":
      return [["O_RDONLY", "O_WRONLY", "O_RDWR"][number & 3] ?? "", flagsOf("open", big & ~3n)]
        .filter((part) => part !== "")
        .join("|");
    case "uring":
      return nameOf("uring", number) ?? number;
    case "hook":
      return ["prerouting", "input", "forward", "output", "postrouting"][number] ?? number;
    case "netfilter-family":
      return { 0: "unspec", 1: "inet", 2: "ipv4", 3: "arp", 5: "netdev", 7: "bridge", 10: "ipv6" }[number] ?? number;
    case "protocol":
      return nameOf("protocol", number) ?? number;
    case "verdict":
      return ["drop", "accept", "stolen", "queue", "repeat", "stop"][number] ?? number;
    case "personality":
      return [nameOf("personality", number & 0xff) ?? hexOf(big & 0xffn), flagsOf("personalityFlag", big & ~0xffn)]
        .filter((part) => part !== "")
        .join("|");
    case "failure":
      return ["silent", "printk", "panic"][number] ?? number;
    case "promiscuous":
      // The flag IFF_PROMISC of the device, or 0 (net/core/dev.c).
      return number === 0x100 ? "yes" : number === 0 ? "no" : number;
    case "decimal":
    case "call":
      return safe(big);
    case "encoded":
    case "address":
    case "key":
    case "title":
      return null;
  }
}

function hexOf(big: bigint): string {
  return `0x${big.toString(16)}`;
}

/** A number where a double holds it, else text: an inode or an address may need 64 bits. */
function safe(big: bigint): Value {
  const number = Number(big);
  return Number.isSafeInteger(number) ? number : String(big);
}

/** SECCOMP_RET_*: the upper half is the action, the lower its data (include/uapi/linux/seccomp.h). */
function seccompAction(code: number): string {
  const data = code & 0xffff;
  switch (code >>> 16) {
    case 0x8000:
      return "kill_process";
    case 0:
      return "kill_thread";
    case 3:
      return "trap";
    case 5:
      return `errno(${errorName(data) ?? data})`;
    case 0x7fc0:
      return "user_notif";
    case 0x7ff0:
      return `trace(${data})`;
    case 0x7ffc:
      return "log";
    case 0x7fff:
      return "allow";
    default:
      return `0x${(code >>> 0).toString(16)}`;
  }
}

/** AUDIT_PERM_*: what a watch looks for. */
function permissions(bits: number): string {
  const names = ["exec", "write", "read", "attr"].filter((_, bit) => bits & (1 << bit));
  return names.join(",") || String(bits);
}
