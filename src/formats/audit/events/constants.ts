import { CONSTANTS } from "../tables/constants.ts";
import { unfold } from "../../text/unfold.ts";

type Group = keyof typeof CONSTANTS;

const tables = new Map<Group, Map<number, string>>();

function table(group: Group): Map<number, string> {
  let found = tables.get(group);
  if (found === undefined) tables.set(group, (found = unfold(CONSTANTS[group])));
  return found;
}

/** The kernel's name for a number, or null. */
export function nameOf(group: Group, number: number): string | null {
  return table(group).get(number) ?? null;
}

/** The kernel's number for a name, or null. */
export function numberOf(group: Group, name: string): number | null {
  for (const [number, known] of table(group)) if (known === name) return number;
  return null;
}

/** Names of the bits that are set, `|` between; bits without a name as one hexadecimal number. "" when none is set. */
export function flagsOf(group: Group, bits: bigint): string {
  const names: string[] = [];
  let left = bits;
  // The larger first: O_SYNC holds the bit of O_DSYNC, and O_TMPFILE that of O_DIRECTORY.
  for (const [value, name] of [...table(group)].reverse()) {
    const mask = BigInt(value);
    if (mask === 0n || (left & mask) !== mask) continue;
    names.push(name);
    left &= ~mask;
  }
  names.reverse();
  if (left !== 0n) names.push(`0x${left.toString(16)}`);
  return names.join("|");
}

/** Errors that the kernel keeps to itself (include/linux/errno.h): a traced or interrupted call shows them. */
const INTERNAL_ERRORS: Readonly<Record<number, string>> = {
  512: "ERESTARTSYS",
  513: "ERESTARTNOINTR",
  514: "ERESTARTNOHAND",
  515: "ENOIOCTLCMD",
  516: "ERESTART_RESTARTBLOCK",
  517: "EPROBE_DEFER",
  518: "EOPENSTALE",
  519: "ENOPARAM",
  521: "EBADHANDLE",
  522: "ENOTSYNC",
  523: "EBADCOOKIE",
  524: "ENOTSUPP",
  525: "ETOOSMALL",
  526: "ESERVERFAULT",
  527: "EBADTYPE",
  528: "EJUKEBOX",
  529: "EIOCBQUEUED",
  530: "ERECALLCONFLICT",
};

/** `ENOENT` for 2; null for numbers that are no error. */
export function errorName(number: number): string | null {
  return nameOf("errno", number) ?? INTERNAL_ERRORS[number] ?? null;
}

/** The number of an error's name, or null. */
export function errorNumber(name: string): number | null {
  const internal = Object.entries(INTERNAL_ERRORS).find(([, known]) => known === name)?.[0];
  return numberOf("errno", name) ?? (internal === undefined ? null : Number(internal));
}

const FIRST_REAL_TIME = 34;
const LAST_REAL_TIME = 64;

/** `SIGTERM`, `SIGRTMIN+3`, `SIG0` for none; the number where it is no signal. */
export function signalName(number: number): string {
  if (number === 0) return "SIG0";
  const name = nameOf("signal", number);
  if (name !== null) return name;
  if (number < FIRST_REAL_TIME || number > LAST_REAL_TIME) return String(number);
  return number === FIRST_REAL_TIME ? "SIGRTMIN" : `SIGRTMIN+${number - FIRST_REAL_TIME}`;
}

/** Capabilities of a mask in the kernel's order, commas between; `none`. */
export function capabilities(mask: bigint): string {
  if (mask === 0n) return "none";
  const names: string[] = [];
  for (let bit = 0; bit < 64; bit++)
    if ((mask >> BigInt(bit)) & 1n) names.push(nameOf("capability", bit) ?? `cap_${bit}`);
  return names.join(",");
}

const TYPES: Readonly<Record<number, string>> = {
  0o140000: "socket",
  0o120000: "link",
  0o100000: "file",
  0o060000: "block",
  0o040000: "dir",
  0o020000: "character",
  0o010000: "fifo",
};

/** `file,suid,755` as auparse writes a mode: type if there is one, special bits, permissions. */
export function modeName(mode: number): string {
  const parts: string[] = [];
  const kind = mode & 0o170000;
  if (kind !== 0) parts.push(TYPES[kind] ?? `0${kind.toString(8)}`);
  if (mode & 0o4000) parts.push("suid");
  if (mode & 0o2000) parts.push("sgid");
  if (mode & 0o1000) parts.push("sticky");
  parts.push((mode & 0o777).toString(8).padStart(3, "0"));
  return parts.join(",");
}
